import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { fileSink, streamSink } from '../../src/log/sinks.ts'

test('a full disk is an error', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async (t) => {
  const fd = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(fd))
  await t.rejects(fileSink(fd).write(Buffer.from('a\n')), { code: 'ENOSPC' })
})

test('a line that was cut off by a full disk is ended before the next', async (t) => {
  let disk = ''
  let room = 3
  const put = async (_fd: number, bytes: Uint8Array, from = 0) => {
    if (room === 0) throw new Error('no space left')
    const part = Buffer.from(bytes.subarray(from, from + room))
    room -= part.length
    disk += part
    return { bytesWritten: part.length, buffer: bytes }
  }
  const sink = fileSink(-1, put as Parameters<typeof fileSink>[1])
  await t.rejects(sink.write(Buffer.from('abcdef\n')))
  await t.rejects(sink.write(Buffer.from('lost\n')))
  room = 100
  await sink.write(Buffer.from('next\n'))
  await sink.write(Buffer.from('last\n'))
  t.equal(disk, 'abc\nnext\nlast\n')
})

test('at the end of the process a file is written to at once', async (t) => {
  const path = `${t.testdir()}/log`
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  fileSink(fd).writeNow(Buffer.from('last\n'))
  t.equal(readFileSync(path, 'utf8'), 'last\n')
})

test('a stream that takes its time is waited for', async (t) => {
  let take: (() => void) | undefined
  const stream = new Writable({
    write(_chunk, _encoding, callback) {
      take = callback
    },
  })
  const sink = streamSink(stream, -1)
  let isWritten = false
  const writing = sink.write(Buffer.from('a')).then(() => {
    isWritten = true
  })
  await sleep(20)
  t.equal(isWritten, false)
  take?.()
  await writing
  sink.writeNow(Buffer.from('nowhere'))
})

test('a stream whose reader has left is an error, and no more', async (t) => {
  const stream = new PassThrough()
  const sink = streamSink(stream, -1)
  stream.destroy(new Error('EPIPE'))
  await sleep(5)
  await t.rejects(sink.write(Buffer.from('a')))
})
