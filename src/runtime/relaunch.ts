import { setFlagsFromString } from 'node:v8'

/** For V8, which reads some of them only when it starts. */
export const flags: readonly string[] = [
  // collections of the young take 3 ms instead of 12
  '--max-semi-space-size=8',
  // large buffers lie outside its heap, and the service counts them itself: V8 is not to stop everything when they take half of
  // what the heap may, and not to hurry a collection, which stops everything, too
  '--max-old-space-size=2048',
  '--heap-growing-percent=100',
  // a small request passes through many small functions: compiled into each other, they take some 7 % less time
  '--max-inlined-bytecode-size-cumulative=8000',
]
/** For the C library: the threshold stays where it is when it is set, else it rises, and what large bodies took is kept. */
export const variables: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '131072' }

/** What is needed of a process. */
export interface Launched extends Pick<NodeJS.Process, 'argv' | 'execArgv' | 'execPath' | 'env' | 'platform'> {
  readonly execve?: NodeJS.Process['execve'] | undefined
  readonly send?: NodeJS.Process['send'] | undefined
}

/**
 * Starts the program anew, in the same process, where a flag or a variable is missing that is read only at the start: so it has
 * them however it is started. What is set otherwise stays as it is.
 *
 * A process that has to stay as it is, because another holds a channel to it or the system knows no other way, gets the flags
 * that V8 reads later.
 *
 * @param setLater sets a flag of a process that runs
 */
export function relaunch(process: Launched, setLater: (flag: string) => void = setFlagsFromString): void {
  const { argv, execArgv, execPath, env, platform } = process
  const set = new Set([...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf))
  const missing = flags.filter((flag) => !set.has(nameOf(flag)))
  const unset = Object.entries(variables).filter(([name]) => env[name] === undefined)
  if (missing.length + unset.length === 0) return
  if (process.execve === undefined || platform === 'win32' || process.send !== undefined) {
    for (const flag of missing) setLater(flag)
    return
  }
  process.execve(execPath, [execPath, ...missing, ...execArgv, ...argv.slice(1)], {
    ...env,
    ...Object.fromEntries(unset),
  })
}

/** V8 takes a flag with either kind of stroke, and with its value behind it. */
function nameOf(flag: string): string {
  return flag.replace(/=.*/s, '').replaceAll('_', '-')
}
