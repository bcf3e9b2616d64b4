import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

/** For V8, which reads some of them only when it starts. */
export const flags: readonly string[] = [
  '--max-semi-space-size=8',
  // large buffers lie outside its heap, and the service bounds them itself: they must not make V8 begin collections that stop
  // everything
  '--max-old-space-size=2048',
  '--heap-growing-percent=100',
  '--max-inlined-bytecode-size-cumulative=8000',
]
/** Where compiled code is kept between starts. */
export const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url))

export const variables: Readonly<Record<string, string>> = {
  // for the C library: where it is not set, the threshold rises, and memory of large bodies is kept
  MALLOC_MMAP_THRESHOLD_: '131072',
  // for the first file and for threads, too: a process that finds all files there does not load the compiler of TypeScript
  NODE_COMPILE_CACHE: compileCache,
}

export interface RelaunchableProcess
  extends Pick<NodeJS.Process, 'argv' | 'execArgv' | 'execPath' | 'env' | 'platform'> {
  readonly execve?: NodeJS.Process['execve'] | undefined
  readonly send?: NodeJS.Process['send'] | undefined
  readonly emitWarning: (warning: string) => void
}

/**
 * Replaces the process by the same program (execve) where a flag or a variable is missing that is read only at the start. What is
 * set otherwise stays as it is. Without execve, or where another process holds a channel to this one, it only sets the flags that
 * V8 also reads later; likewise, with a warning, where the program cannot be executed again, as under qemu or in a sandbox.
 *
 * @param setLater sets a flag of a process that runs
 */
export function relaunch(process: RelaunchableProcess, setLater: (flag: string) => void = setFlagsFromString): void {
  const { argv, execArgv, execPath, env, platform } = process
  const set = new Set([...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf))
  const missing = flags.filter((flag) => !set.has(nameOf(flag)))
  const unset = Object.entries(variables).filter(([name]) => env[name] === undefined)
  if (missing.length + unset.length === 0) return
  if (process.execve === undefined || platform === 'win32' || process.send !== undefined) {
    for (const flag of missing) setLater(flag)
    return
  }
  const args = [...missing, ...execArgv, ...argv.slice(1)]
  const variablesOfAll = { ...env, ...Object.fromEntries(unset) }
  const failure = failureOf(execPath, missing, variablesOfAll)
  if (failure === undefined) {
    process.execve(execPath, [execPath, ...args], variablesOfAll)
    return
  }
  for (const flag of missing) setLater(flag)
  const lacking = [...missing, ...unset.map((variable) => variable.join('='))].join(' ')
  process.emitWarning(
    `Node cannot be executed again with ${lacking}: ${failure}. The service goes on, and may need more memory.`,
  )
}

/** Why a program cannot be executed: a failed execve ends the process, so another process is the one to try. */
function failureOf(program: string, flags: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  const { error, status, signal } = spawnSync(program, [...flags, '--version'], { env, stdio: 'ignore' })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : `it ended with ${signal ?? `the exit code ${status}`}`
}

/** V8 takes a flag with dashes or underscores, and its value after `=` or as the next argument. */
function nameOf(flag: string): string {
  return flag.replace(/=.*/s, '').replaceAll('_', '-')
}
