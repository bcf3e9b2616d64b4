import t from 'tap'
import { DocumentScanner, ScanLimitError, type ScanLimits, ScanSyntaxError } from '../../src/scanner/scanner.ts'
import { Ledger } from '../loss/support.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import { ended, generator, KEYS, LIMITS, outcome, piecesOf, scan, scanPieces } from './support.ts'

const LISTED = [...KEYS, 'inputs[].data']

function refusal(text: string | Uint8Array): [number, string] {
  try {
    scan(text)
  } catch (error) {
    if (error instanceof ScanSyntaxError) return [error.offset, error.message]
    throw error
  }
  return [-1, 'accepted']
}

/** A text with all its UTF-16 units escaped. */
function escaped(text: string): string {
  return Array.from(text.split(''), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['', "Unexpected end at byte 0; '{' was expected"],
  [' \t\r\n', "Unexpected end at byte 4; '{' was expected"],
  ['\ufeff{}', "Unexpected byte 0xEF at byte 0; '{' was expected"],
  ['\f{}', "Unexpected byte 0x0C at byte 0; '{' was expected"],
  ['\u00a0{}', "Unexpected byte 0xC2 at byte 0; '{' was expected"],
  ['[]', "Unexpected token '[' at byte 0; '{' was expected"],
  ['1', "Unexpected token '1' at byte 0; '{' was expected"],
  ['null', "Unexpected token 'n' at byte 0; '{' was expected"],
  ['{', "Unexpected end at byte 1; a key or '}' was expected"],
  ['{,', "Unexpected token ',' at byte 1; a key or '}' was expected"],
  ["{'a':1}", "Unexpected token ''' at byte 1; a key or '}' was expected"],
  ['{a:1}', "Unexpected token 'a' at byte 1; a key or '}' was expected"],
  ['{1:1}', "Unexpected token '1' at byte 1; a key or '}' was expected"],
  ['{]', "Unexpected token ']' at byte 1; a key or '}' was expected"],
  ['{"a"', "Unexpected end at byte 4; ':' was expected"],
  ['{"a" 1}', "Unexpected token '1' at byte 5; ':' was expected"],
  ['{"a",', "Unexpected token ',' at byte 4; ':' was expected"],
  ['{"a":', 'Unexpected end at byte 5; a value was expected'],
  ['{"a":}', "Unexpected token '}' at byte 5; a value was expected"],
  ['{"a"::1}', "Unexpected token ':' at byte 5; a value was expected"],
  ['{"a":1', 'Unexpected end at byte 6; the document is not complete'],
  ['{"a":1 ', "Unexpected end at byte 7; ',' or '}' was expected"],
  ['{"a":1]', "Unexpected token ']' at byte 6; ',' or '}' was expected"],
  ['{"a":1,}', "Unexpected token '}' at byte 7; a key was expected"],
  ['{"a":1,,"b":2}', "Unexpected token ',' at byte 7; a key was expected"],
  ['{"a":1 "b":2}', "Unexpected token '\"' at byte 7; ',' or '}' was expected"],
  ['{"a":1}}', "Unexpected token '}' at byte 7; nothing may follow the document"],
  ['{} {}', "Unexpected token '{' at byte 3; nothing may follow the document"],
  ['{}\0', 'Unexpected byte 0x00 at byte 2; nothing may follow the document'],
  ['{"a":{"b":1}', "Unexpected end at byte 12; ',' or '}' was expected"],
  ['{/**/}', "Unexpected token '/' at byte 1; a key or '}' was expected"],
  ['{"a', 'Unexpected end at byte 3; a character of a string was expected'],
]

/** Values that are none, wherever one may stand; the offset counts from the value's first byte. */
const REFUSED_VALUES: readonly (readonly [text: string, offset: number, what: string, expected: string])[] = [
  ['[1,]', 3, "token ']'", 'a value was expected'],
  ['[1,2', 4, 'end', 'the document is not complete'],
  ['[1,2 ', 5, 'end', "',' or ']' was expected"],
  ['[', 1, 'end', "a value or ']' was expected"],
  ['[,1]', 1, "token ','", "a value or ']' was expected"],
  ['[1,,2]', 3, "token ','", 'a value was expected'],
  ['[1}', 2, "token '}'", "',' or ']' was expected"],
  ['[1 2]', 3, "token '2'", "',' or ']' was expected"],
  ['[[1],]', 5, "token ']'", 'a value was expected'],
  ['[[1][2]]', 4, "token '['", "',' or ']' was expected"],
  ['[[1,],[2]]', 4, "token ']'", 'a value was expected'],
  ['[[1],[2,]]', 8, "token ']'", 'a value was expected'],
  ['[01]', 2, "token '1'", "',' or ']' was expected"],
  ['[1,00]', 4, "token '0'", "',' or ']' was expected"],
  ['[-01]', 3, "token '1'", "',' or ']' was expected"],
  ['[1.]', 3, "token ']'", 'a digit was expected'],
  ['[.5]', 1, "token '.'", "a value or ']' was expected"],
  ['[0,.5]', 3, "token '.'", 'a value was expected'],
  ['[1.e5]', 3, "token 'e'", 'a digit was expected'],
  ['[1e]', 3, "token ']'", 'a digit was expected'],
  ['[1e+]', 4, "token ']'", 'a digit was expected'],
  ['[1E-x]', 4, "token 'x'", 'a digit was expected'],
  ['[1e1.5]', 4, "token '.'", "',' or ']' was expected"],
  ['[1.2.3]', 4, "token '.'", "',' or ']' was expected"],
  ['[-]', 2, "token ']'", 'a digit was expected'],
  ['[--1]', 2, "token '-'", 'a digit was expected'],
  ['[+1]', 1, "token '+'", "a value or ']' was expected"],
  ['[-Infinity]', 2, "token 'I'", 'a digit was expected'],
  ['[Infinity]', 1, "token 'I'", "a value or ']' was expected"],
  ['[NaN]', 1, "token 'N'", "a value or ']' was expected"],
  ['[0x10]', 2, "token 'x'", "',' or ']' was expected"],
  ['[1_000]', 2, "token '_'", "',' or ']' was expected"],
  ['[1n]', 2, "token 'n'", "',' or ']' was expected"],
  ['[1\0]', 2, 'byte 0x00', "',' or ']' was expected"],
  ['[0.1\u00002]', 4, 'byte 0x00', "',' or ']' was expected"],
  ['[nul]', 4, "token ']'", 'true, false or null was expected'],
  ['[trux', 4, "token 'x'", 'true, false or null was expected'],
  ['[fals', 5, 'end', 'true, false or null was expected'],
  ['[nulll]', 5, "token 'l'", "',' or ']' was expected"],
  ['[True]', 1, "token 'T'", "a value or ']' was expected"],
  ['undefined', 0, "token 'u'", 'a value was expected'],
  ['"\t"', 1, 'byte 0x09', 'a character of a string was expected'],
  ['"a\nb"', 2, 'byte 0x0A', 'a character of a string was expected'],
  ['"\\x41"', 2, "token 'x'", 'an escape letter was expected'],
  ['"\\\'"', 2, "token '''", 'an escape letter was expected'],
  ['"\\u12g4"', 5, "token 'g'", 'a hexadecimal digit was expected'],
  ['"\\u 123"', 3, 'byte 0x20', 'a hexadecimal digit was expected'],
  ['"\\u00"', 5, "token '\"'", 'a hexadecimal digit was expected'],
  ['"\\', 2, 'end', 'a character of a string was expected'],
  ["'a'", 0, "token '''", 'a value was expected'],
  ['{"b":1,"c":}', 11, "token '}'", 'a value was expected'],
]

const BAD_UTF8: readonly (readonly [bytes: readonly number[], at: number, expected: string])[] = [
  [[0x80], 0, 'a character of a string was expected'],
  [[0xc0, 0x80], 0, 'a character of a string was expected'],
  [[0xc1, 0xbf], 0, 'a character of a string was expected'],
  [[0xc3], 1, 'a UTF-8 continuation byte was expected'],
  [[0xc3, 0x28], 1, 'a UTF-8 continuation byte was expected'],
  [[0xe0, 0x9f, 0xbf], 1, 'a UTF-8 continuation byte was expected'],
  [[0xe2, 0x82], 2, 'a UTF-8 continuation byte was expected'],
  [[0xed, 0xa0, 0x80], 1, 'a UTF-8 continuation byte was expected'],
  [[0xf0, 0x8f, 0xbf, 0xbf], 1, 'a UTF-8 continuation byte was expected'],
  [[0xf0, 0x9f, 0x98], 3, 'a UTF-8 continuation byte was expected'],
  [[0xf4, 0x90, 0x80, 0x80], 1, 'a UTF-8 continuation byte was expected'],
  [[0xf5, 0x80, 0x80, 0x80], 0, 'a character of a string was expected'],
  [[0xff], 0, 'a character of a string was expected'],
]

t.test('what is no JSON object, and where', async (t) => {
  for (const [text, message] of REFUSED) t.equal(refusal(text)[1], message, text)
})

t.test('values that are none, as an option, as a tensor and inside one', async (t) => {
  for (const [value, offset, what, expected] of REFUSED_VALUES) {
    for (const before of [
      '{"x":',
      '{"x":[1,',
      '{"x":{"y":',
      '{"labels":',
      '{"labels":[0,',
      '{"labels":[[0],[1,',
      '{"labels":[{"z":',
    ]) {
      const at = before.length + offset
      t.same(refusal(before + value), [at, `Unexpected ${what} at byte ${at}; ${expected}`], before + value)
    }
  }
})

t.test('bytes that are no UTF-8, in a key, an option and a tensor', async (t) => {
  for (const [bytes, offset, expected] of BAD_UTF8) {
    for (const before of ['{"x', '{"x":"ab', '{"labels":["', '{"labels":[{"']) {
      const all = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from('"')])
      const [at, message] = refusal(all)
      t.equal(at, before.length + offset, all.toString('latin1'))
      t.ok(message.endsWith(expected), message)
    }
  }
  t.same(
    scan(
      '{"\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}":"\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}"}',
    ).options,
    {
      '\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}':
        '\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
    },
  )
})

t.test('keys', async (t) => {
  const again = 'was given before in the same object'
  const proto = 'is __proto__, which is refused'
  const rows: readonly (readonly [text: string, at: number, what: string])[] = [
    ['{"a":1,"a":2}', 7, again],
    ['{"a":1,"\\u0061":2}', 7, again],
    ['{"\\u00e9":1, "é":2}', 13, again],
    ['{"\\ud83d\\ude00":1,"😀":2}', 18, again],
    ['{"\\n":1,"\\u000a":2}', 8, again],
    ['{"labels":[1],"labels":[2]}', 14, again],
    ['{"labels":[1],"l\\u0061bels":[2]}', 14, again],
    ['{"":1,"":2}', 6, again],
    ['{"x":{"a":1,"b":[{"a":1,"a":2}]}}', 24, again],
    ['{"labels":[{"a":1,"a":2}]}', 18, again],
    ['{"__proto__":1}', 1, proto],
    ['{"\\u005f_proto\\u005F_":1}', 1, proto],
    ['{"x":[{"__proto__":1}]}', 7, proto],
    ['{"labels":[[{"__proto__":1}]]}', 13, proto],
  ]
  for (const [text, at, what] of rows) t.same(refusal(text), [at, `The key at byte ${at} ${what}`], text)
  const { options, tensors } = scan(
    '{"b":{"a":1,"c":{"a":2}},"a":[{"a":1},{"a":1}],"l\\u0061bels":[1],"toString":{}, "é":"\\ud800"}',
  )
  t.same(options, { b: { a: 1, c: { a: 2 } }, a: [{ a: 1 }, { a: 1 }], toString: {}, é: '\ud800' })
  t.same(Object.keys(options), ['b', 'a', 'toString', 'é'])
  t.same(Object.keys(tensors), ['labels'])
})

t.test('keys are compared whole: another key with the same hash is another key', async (t) => {
  // Each has the 64-bit FNV-1a hash of the word, over its UTF-16 units.
  const twins = [
    ['predictions', '\u512c\u6055\uc18c\u52a7\u62e8'],
    ['labels', '\u4f8a\u5ef5\u1976\u55af\u6cd1'],
    ['a', '\u5003\u5a43\u53cb\u636b\u6a4d'],
  ]
  for (const [word, twin] of twins) {
    const alone = scan(JSON.stringify({ [twin]: [1] }))
    t.same([alone.options, alone.tensors], [{ [twin]: [1] }, {}])
    const { options, tensors } = scan(JSON.stringify({ [word]: [1], [twin]: [2] }))
    t.equal(Object.keys(options).length + Object.keys(tensors).length, 2, word)
    t.same(scan(JSON.stringify({ x: { [twin]: 1, [word]: 2 } })).options, { x: { [twin]: 1, [word]: 2 } })
  }
})

t.test('keys that differ in one place, or only in length, are different; the same one twice is not', async (t) => {
  const random = generator(13)
  const units = ['a', '\u0000', '\u007f', '\u0080', '\u00ff', '\u07ff', '\u8000', '\ud800', '\udc00', '\uffff', '😀']
  const escapedSome = (text: string): string =>
    [...text].map((point) => (random(2) === 0 ? escaped(point) : JSON.stringify(point).slice(1, -1))).join('')
  for (let i = 0; i < 3000; i++) {
    const key = Array.from({ length: random(40) }, () => units[random(units.length)])
    const other = [...key]
    if (random(4) === 0) other.splice(random(key.length + 1), random(2), units[random(units.length)])
    const isSame = key.join('') === other.join('')
    const bytes = Buffer.from(`{"x":{"${escapedSome(key.join(''))}":1,"${escapedSome(other.join(''))}":2}}`)
    const got = outcome(() => scanPieces(piecesOf(bytes, () => 1 + random(50))))
    if (isSame !== got.endsWith('was given before in the same object')) return t.fail(`${bytes}: ${got}`)
  }
})

t.test('as many and as long keys as the limits allow, in the longest form', async (t) => {
  const limits = { ...LIMITS, maxOptionBytes: 2 ** 20 }
  for (const filling of ['x'.repeat(1021), 'é'.repeat(510), '€'.repeat(340), '\ud83d\ude00'.repeat(255)]) {
    const keys = Array.from({ length: 255 }, (_, i) => `${i.toString(16).padStart(2, '0')}${filling}`)
    const text = JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, i])))
    for (const size of [65_536, 1000]) {
      const { options } = scanPieces(
        piecesOf(Buffer.from(text), () => size),
        limits,
      )
      t.same(Object.keys(options), keys)
    }
    const again = outcome(() => scan(`${text.slice(0, -1)},"${keys[254]}":1}`, limits))
    t.match(again, /was given before in the same object/)
    const more = outcome(() => scan(`${text.slice(0, -1)},"${filling}":1}`, limits))
    t.equal(more, 'ScanLimitError: The document exceeds maxKeys, which is 256')
  }
  const long = outcome(() => scan(`{"${'é'.repeat(30_000)}`))
  t.equal(long, 'ScanLimitError: The document exceeds maxKeyLength, which is 1024')
})

const EXCESSES: readonly (readonly [limits: Partial<ScanLimits>, good: string, bad: string])[] = [
  [{ maxDepth: 3 }, '{"a":[[1]]}', '{"a":[[[1]]]}'],
  [{ maxDepth: 3 }, '{"labels":[[1]]}', '{"labels":[[[1]]]}'],
  [{ maxDepth: 2 }, '{"labels":[1]}', '{"labels":[{}]}'],
  [{ maxDepth: 2 }, '{"labels":[1]}', '{"labels":[[1]]}'],
  [{ maxKeyLength: 3 }, '{"abc":1}', '{"abcd":1}'],
  [{ maxKeyLength: 6 }, '{"\\u0061":1}', '{"\\u0061b":1}'],
  [{ maxKeyLength: 3 }, '{"a":{"abc":1}}', '{"a":{"abcd'],
  [{ maxKeys: 3 }, '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}'],
  [{ maxKeys: 3 }, '{"a":{}}', '{"a":{},"b":{}}'],
  [{ maxOptionBytes: 13 }, '{"a":"345678"}', '{"a":"3456789"}'],
  [{ maxOptionBytes: 8 }, '{"labels":[1,2,3,4,5],"a":[1]}', '{"labels":[1,2,3,4,5],"a":[10]}'],
  [{ maxElements: 4 }, '{"labels":[1,2,3,4],"predictions":[1,2,3,4]}', '{"labels":[1,2,3,4,5]}'],
  [{ maxElements: 4 }, '{"labels":[[1,2],[3,4]]}', '{"labels":[[1,2],[3,4],[5'],
  [{ maxElements: 4 }, '{"labels":[null,null,null,null]}', '{"labels":[null,null,null,null,null'],
  [{ maxRows: 3 }, '{"labels":[1,2,3],"predictions":[[1],[2],[3]]}', '{"labels":[1,2,3,4]}'],
  [{ maxRows: 3 }, '{"labels":[[1,2],[3,4],[5,6]]}', '{"labels":[[1,2],[3,4],[5,6],[7'],
  [{ maxRows: 3 }, '{"labels":["a","b","c"]}', '{"labels":["a","b","c","d"'],
  [{ maxColumns: 2 }, '{"labels":[[1,2],[3,4]],"predictions":[1,2,3]}', '{"labels":[[1,2,3'],
  [{ maxColumns: 2 }, '{"labels":[[1,null]]}', '{"labels":[[1,2,null'],
  [{ maxNumberLength: 5 }, '{"labels":[1,-1.25,12345]}', '{"labels":[1,-12345'],
  [{ maxNumberLength: 5 }, '{"a":-1.25}', '{"a":-1.255}'],
]

t.test('limits, however the document is cut', async (t) => {
  for (const [changed, good, bad] of EXCESSES) {
    const limits = { ...LIMITS, ...changed }
    const [limit, allowed] = Object.entries(changed)[0]
    t.match(
      outcome(() => scan(good, limits)),
      /^\[/,
      good,
    )
    for (const length of [1000, 1, 2, 3]) {
      // A number is only known to be too long when one more byte of it is there.
      const bytes = Buffer.from(bad.endsWith('}') ? bad : `${bad}6,`)
      const run = () =>
        scanPieces(
          piecesOf(bytes, () => length),
          limits,
        )
      t.throws(
        run,
        { name: 'ScanLimitError', limit, allowed, message: `The document exceeds ${limit}, which is ${allowed}` },
        bad,
      )
    }
  }
})

t.test('a limit or an error, whichever comes first, however the document is cut', async (t) => {
  const random = generator(11)
  const limits = {
    ...LIMITS,
    maxOptionBytes: 20,
    maxKeyLength: 6,
    maxNumberLength: 8,
    maxDepth: 4,
    maxKeys: 6,
    maxElements: 5,
  }
  const parts = '{"a": [1, 123456 .5 e1 "abc def" \\u00 " , : { } ] "labels": [[1,2], null x'.split(' ').concat(' ')
  for (let i = 0; i < 20_000; i++) {
    let text = '{'
    for (let n = random(14); n > 0; n--) text += parts[random(parts.length)]
    const bytes = Buffer.from(text)
    const whole = outcome(() => scan(bytes, limits))
    const cut = outcome(() =>
      scanPieces(
        piecesOf(bytes, () => 1 + random(4)),
        limits,
      ),
    )
    if (cut !== whole) return t.equal(cut, whole, text)
  }
})

t.test('large documents, in slices of all sizes, with and without a true declaration', async (t) => {
  const random = generator(9)
  const rows = Array.from({ length: 12_000 }, () => Array.from({ length: 10 }, () => random() / 2 ** 32))
  const labels = Array.from({ length: 12_000 }, () => random(10))
  const bytes = Buffer.from(
    JSON.stringify({ loss: 'mse', labels, 'a key': 'x'.repeat(50_000), predictions: rows, last: [1] }),
  )
  for (const size of [1000, 65_536, 100_000, bytes.length]) {
    for (const declared of [0, 10, bytes.length, 1e15]) {
      const pieces = piecesOf(bytes, () => size)
      const { options, tensors } = scanPieces(pieces, LIMITS, unaccounted, declared)
      t.same(options, { loss: 'mse', 'a key': 'x'.repeat(50_000), last: [1] })
      t.ok(tensors.predictions.data.every((value, i) => value === rows[Math.floor(i / 10)][i % 10]))
      t.same(tensors.predictions.shape, [12_000, 10])
      t.equal(tensors.predictions.data.length, 120_000)
      t.ok(tensors.labels.data.every((value, i) => value === labels[i]))
    }
  }
})

t.test('many documents at the same time, some of them left alone', async (t) => {
  const texts = Array.from(
    { length: 40 },
    (_, i) => `{"x":{"y":"${i}"},"labels":[${`${i}.5,null,`.repeat(i)}${i}], "predictions":[[${i}]]}`,
  )
  const scanners = texts.map(() => new DocumentScanner(KEYS, LIMITS, unaccounted))
  for (let at = 0; at < 1000; at += 3) {
    for (const [i, scanner] of scanners.entries()) {
      if (i % 7 !== 3 || at < 30) scanner.write(Buffer.from(texts[i].slice(at, at + 3)))
    }
  }
  for (const [i, scanner] of scanners.entries()) {
    if (i % 7 === 3) continue
    t.equal(
      outcome(() => ended(scanner)),
      outcome(() => scan(texts[i])),
    )
  }
})

t.test('after an error, and after the end', async (t) => {
  const failed = new DocumentScanner(KEYS, LIMITS, unaccounted)
  t.throws(() => failed.write(Buffer.from('{"a":x')), ScanSyntaxError)
  t.throws(() => failed.write(Buffer.from('1}')), { name: 'ScanSyntaxError', offset: 5 })
  t.throws(() => ended(failed), { name: 'ScanSyntaxError', offset: 5 })
  const scanner = new DocumentScanner(KEYS, LIMITS, unaccounted)
  scanner.write(Buffer.from('{"labels":[1],"a":1}'))
  scanner.write(Buffer.from(' \n\t\r'))
  t.same(ended(scanner).options, { a: 1 })
  t.throws(() => scanner.write(Buffer.from(' x')), {
    offset: 25,
    message: "Unexpected token 'x' at byte 25; nothing may follow the document",
  })
  t.throws(() => ended(scanner), { name: 'ScanSyntaxError', offset: 25 }, 'what follows later makes it no document')
  t.throws(() => ended(new DocumentScanner(KEYS, LIMITS, unaccounted)), { name: 'ScanSyntaxError', offset: 0 })
  t.ok(new ScanLimitError('maxRows', 1) instanceof Error)
})

t.test('offsets count from where the document begins', async (t) => {
  const offsets = [-7, 0, 5].map((origin) => {
    const scanner = new DocumentScanner(KEYS, LIMITS, unaccounted, 0, origin)
    scanner.write(Buffer.from('{"labels":['))
    try {
      scanner.write(Buffer.from('1,x]}'))
    } catch (error) {
      if (error instanceof ScanSyntaxError) return error.offset
    }
    return undefined
  })
  t.same(offsets, [6, 13, 18])
})

t.test('the end has steps where numbers came in pieces', async (t) => {
  const pausesOf = (count: number): number => {
    const scanner = new DocumentScanner(KEYS, LIMITS, unaccounted)
    scanner.write(Buffer.from(`{"labels":[${'1,'.repeat(count - 1)}1]}`))
    return Array.from(scanner.end()).length
  }
  t.equal(pausesOf(2000), 0)
  t.ok(pausesOf(600_000) >= 3)
})

t.test('what is kept from slice to slice is counted when it is much, and given back at the end', async (t) => {
  const keys = Array.from({ length: 30 }, (_, at) => `"${String(at).padEnd(1000, 'k')}"`)
  const cases: [string, string, string, number, number][] = [
    ['little', '{"a":"', '"}', 0, 0],
    ['a long option', `{"a":"${'x'.repeat(50_000)}`, '"}', 30_000, 110_000],
    ['long keys', `{${keys.join(':1,')}`, ':1}', 10_000, 100_000],
    ['a long number', `{"labels":[${'1'.repeat(20_000)}`, '2]}', 4000, 50_000],
  ]
  for (const [what, begin, end, least, most] of cases) {
    const memory = new Ledger()
    const scanner = new DocumentScanner(KEYS, { ...LIMITS, maxNumberLength: 65_536 }, memory)
    for (const piece of piecesOf(Buffer.from(begin), () => 5000)) scanner.write(piece)
    t.ok(memory.held >= least && memory.held <= most, `${what}: ${memory.held} bytes`)
    scanner.write(Buffer.from(end))
    ended(scanner)
    t.equal(memory.held, 0, what)
  }
})

t.test('a document that is given up gives back all that it took', async (t) => {
  const numbers = `[${'1,'.repeat(300_000)}1]`
  const texts = [
    `{"predictions": ${numbers}, "labels": ${numbers}, "more": }`,
    `{"predictions": ${numbers}, "labels": ${numbers.slice(0, 500_000)}`,
    `{"${'k'.repeat(1000)}": [{"${'l'.repeat(1000)}": "${'m'.repeat(40_000)}`,
    `{"inputs": [{"data": ${numbers}}, {"data": }`,
    '{',
  ]
  for (const text of texts) {
    const memory = new Ledger()
    const scanner = new DocumentScanner(LISTED, LIMITS, memory)
    const bytes = Buffer.from(text)
    t.throws(() => {
      for (let from = 0; from < bytes.length; from += 5000) scanner.write(bytes.subarray(from, from + 5000))
      ended(scanner)
    })
    t.ok(text.length < 100 || memory.peak > 0)
    for (let times = 0; times < 2; times++) {
      scanner.discard()
      t.equal(memory.held, 0)
    }
  }
})

function scanListed(text: string, length = () => text.length, limits: Partial<ScanLimits> = {}) {
  const scanner = new DocumentScanner(LISTED, { ...LIMITS, ...limits }, unaccounted)
  for (const piece of piecesOf(Buffer.from(text), length)) scanner.write(piece)
  return ended(scanner)
}

t.test('tensors in the objects of a list, however the document is cut', async (t) => {
  const text = `{"a": 1, "inputs": [ {"name":"x", "data" : [ [1, 2], [3.5, 4]] , "shape":[2,2]}, 7, {"d\\u0061ta":[5,6]},{"data":
    [[true, null, "x"]]},{"shape":[]}, [{"data":[1]}], {"data":{"data":[1]}}, {"deep":{"data":[8]},"data":9}], "predictions":[1,2],"b":{"data":[3]}}`
  const wanted = {
    a: 1,
    inputs: [
      { name: 'x', data: 0, shape: [2, 2] },
      7,
      { data: 0 },
      { data: 0 },
      { shape: [] },
      [{ data: [1] }],
      { data: 0 },
      { deep: { data: [8] }, data: 0 },
    ],
    b: { data: [3] },
  }
  const below = generator(11)
  for (let round = 0; round < 300; round++) {
    const { options, tensors, listed } = scanListed(
      text,
      round === 0 ? undefined : () => 1 + below(round < 30 ? 1 : 40),
    )
    t.strictSame(options, wanted)
    t.strictSame([...tensors.predictions.data], [1, 2])
    t.strictSame(
      listed.map(({ data, shape }) => [[...data], shape]),
      [
        matrix('1 2 3.5 4; 2 2'),
        [[5, 6], [2]],
        [
          [NaN, NaN, NaN],
          [1, 3],
        ],
        [[], [0]],
        [[9], []],
      ],
    )
    t.strictSame(listed[2].nonNumeric, [
      { path: [0, 0], received: true },
      { path: [0, 1], received: null },
      { path: [0, 2], received: 'x' },
    ])
    t.match(listed[3].shapeError, { path: [], detail: 'data is an object, not an array of numbers' })
  }
})

t.test('where there is no such list, its keys are those of options', async (t) => {
  for (const text of ['{"inputs":{"a":{"data":[1]}}}', '{"outputs":[{"data":[1]}]}', '{"inputs":[[{"data":[1]}]]}']) {
    const { options, listed } = scanListed(text)
    t.strictSame([options, listed], [JSON.parse(text), []])
  }
  const text = '{"inputs":[{"data":[1]}]}'
  const { options, listed } = scan(text)
  t.strictSame([options, listed], [JSON.parse(text), []])
})

t.test('truth values and others leave a mark, however many there are', async (t) => {
  const marks = (value: string) => {
    const { data } = scanListed(value).listed[0]
    return new Uint32Array(data.buffer, data.byteOffset, 2 * data.length).filter((_, at) => at % 2 === 0)
  }
  const row = '[true,false,null,"x",{},1]'
  const rows = Array(20).fill(row).join()
  // the only text has the code 1
  t.strictSame(
    [...marks(`{"inputs":[{"data":[${rows}]}]}`)],
    Array(20)
      .fill([2, 1, 0, 8 + 3, 4, 0])
      .flat(),
  )
})

t.test('limits hold inside and around the tensors of a list', async (t) => {
  const inputs = (count: number, member: string) => `{"inputs":[${Array(count).fill(`{${member}}`).join()}]}`
  const refused = (text: string, limits: Partial<ScanLimits>, limit: keyof ScanLimits) =>
    t.throws(() => scanListed(text, undefined, limits), { name: 'ScanLimitError', limit })
  t.equal(scanListed(inputs(20, '"data":[1,2]')).listed.length, 8)
  refused(inputs(1, '"data":[1,2,3]'), { maxRows: 2 }, 'maxRows')
  refused(inputs(1, '"data":[[1,2,3]]'), { maxColumns: 2 }, 'maxColumns')
  refused(inputs(1, '"data":[[1,2],[3,4]]'), { maxElements: 3 }, 'maxElements')
  refused(inputs(1, '"data":[[1]]'), { maxDepth: 4 }, 'maxDepth')
  t.ok(scanListed(inputs(1, '"data":[[1]]'), undefined, { maxDepth: 5 }))
  refused(inputs(9, '"data":[1]'), { maxOptionBytes: 64 }, 'maxOptionBytes')
  t.ok(scanListed(inputs(1, `"data":[${Array(1000).fill(1)}]`), undefined, { maxOptionBytes: 64 }))
  refused(inputs(1, `"x":"${'x'.repeat(64)}","data":[1]`), { maxOptionBytes: 64 }, 'maxOptionBytes')
  t.throws(() => scanListed('{"inputs":[{"data":[1],"data":[2]}]}'), ScanSyntaxError)
})
