import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import type { Sink } from '../../src/log/sinks.ts'
import { LogWriter } from '../../src/log/writer.ts'

/** A sink that takes, stalls or fails as it is told. */
class FakeSink implements Sink {
  readonly written: string[] = []
  readonly now: string[] = []
  mode: 'take' | 'stall' | 'fail' = 'take'
  release: (() => void) | undefined

  async write(bytes: Buffer): Promise<void> {
    if (this.mode === 'fail') throw new Error('no space left')
    if (this.mode === 'stall') {
      await new Promise<void>((resolve) => {
        this.release = resolve
      })
    }
    this.written.push(bytes.toString())
  }

  writeNow(bytes: Buffer): void {
    this.now.push(bytes.toString())
  }
}

function writing() {
  const sink = new FakeSink()
  return { sink, writer: new LogWriter(sink) }
}

const dropped = (count: number) =>
  new RegExp(
    `\\{"level":40,"time":\\d+,"pid":${process.pid},"hostname":"[^"]+","dropped":${count},"msg":"lines of the log were dropped because it did not take them"\\}\\n$`,
  )

test('lines are gathered for a while and written together', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { sink, writer } = writing()
  writer.write('a\n')
  writer.write('b\n')
  mock.timers.tick(49)
  t.same(sink.written, [])
  mock.timers.tick(1)
  await turn()
  t.same(sink.written, ['a\nb\n'])
  writer.write('c\n')
  mock.timers.tick(50)
  await turn()
  t.same(sink.written, ['a\nb\n', 'c\n'])
})

test('many are written at once', async (t) => {
  const { sink, writer } = writing()
  const line = `${'x'.repeat(39_999)}\n`
  writer.write(line)
  writer.write(line)
  await turn()
  t.same(sink.written, [line + line])
})

test('lines are written as UTF-8, however long they are', async (t) => {
  const { sink, writer } = writing()
  const line = `${'é한😀'.repeat(30_000)}\n`
  writer.write('a\n')
  writer.write(line)
  await turn()
  t.same(sink.written, [`a\n${line}`])
})

test('what comes during a write is written after it', async (t) => {
  const { sink, writer } = writing()
  sink.mode = 'stall'
  writer.write('x'.repeat(70_000))
  writer.write('y'.repeat(70_000))
  writer.write('z')
  sink.mode = 'take'
  sink.release?.()
  await turn()
  t.same(
    sink.written.map((text) => text.length),
    [70_000, 70_001],
  )
  sink.mode = 'stall'
  writer.write('x'.repeat(70_000))
  writer.write('late')
  sink.mode = 'take'
  sink.release?.()
  await turn()
  t.equal(sink.written.length, 3, 'a few lines are gathered again')
  await writer.flush()
  t.equal(sink.written.at(-1), 'late')
})

test('a log that stalls costs a MiB, and the lines beyond it', async (t) => {
  const { sink, writer } = writing()
  sink.mode = 'stall'
  const line = `${'x'.repeat(2 ** 14 - 1)}\n`
  for (let count = 0; count < 100; count++) writer.write(line)
  await writer.flush(20)
  t.same(sink.written, [])
  sink.mode = 'take'
  sink.release?.()
  await writer.flush()
  t.equal(sink.written.join('').split('\n').length, 64 + 2)
  t.match(sink.written.at(-1), dropped(36))
})

test('a log that fails is tried again later, and told what is missing', async (t) => {
  const { sink, writer } = writing()
  sink.mode = 'fail'
  writer.write('a\n')
  writer.write('b\n')
  await writer.flush(20)
  writer.write('c\n')
  sink.mode = 'take'
  await writer.flush(10_000)
  t.match(sink.written.join(''), dropped(2))
  t.match(sink.written.join(''), /^c\n/)
})

test('nothing to flush is flushed at once', async (t) => {
  const { sink, writer } = writing()
  await writer.flush()
  await writer.flush(0)
  writer.flushNow()
  t.same([sink.written, sink.now], [[], []])
})

test('at the end of the process what was gathered is written', async (t) => {
  const { sink, writer } = writing()
  writer.write('a\n')
  writer.write('b\n')
  writer.flushNow()
  t.same([sink.written, sink.now], [[], ['a\nb\n']])
  await writer.flush()
  t.same(sink.written, [])
})
