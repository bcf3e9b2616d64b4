import { spawnSync } from 'node:child_process'
import { test } from 'tap'
import type { RelaunchableProcess } from '../../src/runtime/relaunch.ts'
import { compileCache, relaunch } from '../../src/runtime/relaunch.ts'

const { execPath } = process
const flags = [
  '--max-semi-space-size=8',
  '--max-old-space-size=2048',
  '--heap-growing-percent=100',
  '--max-inlined-bytecode-size-cumulative=8000',
]
const variables = { MALLOC_MMAP_THRESHOLD_: '131072', NODE_COMPILE_CACHE: compileCache }

/** What a process that was launched like this becomes; undefined when it goes on as it is, with the flags that are set then. */
function becomes(launched: Partial<RelaunchableProcess>, set: string[] = []): unknown[] | undefined {
  let become: unknown[] | undefined
  const execve = (...asked: unknown[]) => {
    become = asked
    return undefined as never
  }
  const argv = [execPath, '/app/src/server.ts', 'rest']
  const usual = { execPath, argv, execArgv: [], env: {}, platform: 'linux', execve } as const
  relaunch({ ...usual, ...launched } as RelaunchableProcess, (flag) => set.push(flag))
  return become
}

test('a process without them gets all flags and variables, and keeps its own', async (t) => {
  const execArgv = ['--import', './probe.ts', '--no-deprecation']
  t.same(becomes({ execArgv, env: { PORT: '1' } }), [
    execPath,
    [execPath, ...flags, ...execArgv, '/app/src/server.ts', 'rest'],
    { PORT: '1', ...variables },
  ])
})

test('what was set otherwise stays', async (t) => {
  const cases: [name: string, launched: Partial<RelaunchableProcess>, flags: string[], env: Record<string, string>][] =
    [
      [
        'a flag',
        { execArgv: ['--max-old-space-size=300'] },
        [flags[0], flags[2], flags[3], '--max-old-space-size=300'],
        {},
      ],
      [
        'a flag with its value behind it, and the other strokes',
        { execArgv: ['--max_old_space_size', '300'] },
        [flags[0], flags[2], flags[3], '--max_old_space_size', '300'],
        {},
      ],
      [
        'flags of the environment',
        { env: { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=300' } },
        [flags[2], flags[3]],
        { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=300' },
      ],
      ['a variable', { env: { MALLOC_MMAP_THRESHOLD_: '1' } }, flags, { MALLOC_MMAP_THRESHOLD_: '1' }],
      ['a folder', { env: { NODE_COMPILE_CACHE: '/elsewhere' } }, flags, { NODE_COMPILE_CACHE: '/elsewhere' }],
    ]
  for (const [name, launched, has, env] of cases) {
    const [, args, environment] = becomes(launched) ?? []
    t.same(args, [execPath, ...has, '/app/src/server.ts', 'rest'], name)
    t.same(environment, { ...variables, ...env }, name)
  }
})

test('a process that has everything goes on', async (t) => {
  t.equal(becomes({ execArgv: flags, env: variables }), undefined)
  t.ok(becomes({ execArgv: flags }), 'all but the variables')
  t.ok(becomes({ execArgv: flags, env: { NODE_COMPILE_CACHE: '/elsewhere' } }), 'all but a variable')
  t.ok(becomes({ execArgv: flags.slice(1), env: variables }), 'all but a flag')
})

test('a process that has to stay as it is gets what is read later', async (t) => {
  const cases: [name: string, launched: Partial<RelaunchableProcess>][] = [
    ['its parent holds a channel to it', { send: () => true }],
    ['Windows', { platform: 'win32' }],
    ['a system without', { execve: undefined }],
  ]
  for (const [name, launched] of cases) {
    const set: string[] = []
    t.equal(becomes({ execArgv: ['--max-old-space-size=300'], ...launched }, set), undefined, name)
    t.same(set, [flags[0], flags[2], flags[3]], name)
  }
})

const source = new URL('../../src/runtime/relaunch.ts', import.meta.url).href

test('a process that cannot be executed again goes on, and says so', async (t) => {
  for (const [program, why] of [
    ['/no/such/node', 'ENOENT'],
    ['/dev/null', 'EACCES'],
    ['/bin/false', 'the exit code 1'],
  ]) {
    const script = `
      import { relaunch } from ${JSON.stringify(source)}
      process.execPath = ${JSON.stringify(program)}
      relaunch(process)
      console.log('goes on')`
    const options = { env: { ...process.env, NODE_OPTIONS: '' }, encoding: 'utf8' } as const
    const { status, stdout, stderr } = spawnSync(execPath, ['--input-type=module', '-e', script], options)
    t.same([status, stdout], [0, 'goes on\n'], program)
    t.match(
      stderr,
      /Warning: Node cannot be executed again with --max-semi-space-size=8 .*: .* The service goes on/,
      program,
    )
    t.ok(stderr.includes(why), why)
  }
})
