import t from 'tap'
import { refusedKey, ScanSyntaxError, unexpectedByte, unexpectedEnd } from '../../src/scanner/errors.ts'
import * as layout from '../../src/scanner/layout.ts'

t.test('messages', async (t) => {
  const rows: readonly (readonly [ScanSyntaxError, string])[] = [
    [unexpectedByte(0x7d, 1234, layout.VALUE), "Unexpected token '}' at byte 1234; a value was expected"],
    [unexpectedByte(0x07, 0, layout.TEXT), 'Unexpected byte 0x07 at byte 0; a character of a string was expected'],
    [unexpectedByte(0x20, 2, layout.HEXADECIMAL), 'Unexpected byte 0x20 at byte 2; a hexadecimal digit was expected'],
    [unexpectedByte(0xff, 3, layout.COLON), "Unexpected byte 0xFF at byte 3; ':' was expected"],
    [unexpectedByte(0x2c, 3, layout.FINISHED), "Unexpected token ',' at byte 3; nothing may follow the document"],
    [unexpectedEnd(9, layout.AFTER_MEMBER), "Unexpected end at byte 9; ',' or '}' was expected"],
    [unexpectedEnd(9, undefined), 'Unexpected end at byte 9; the document is not complete'],
    [refusedKey(7, layout.KEY_TWICE), 'The key at byte 7 was given before in the same object'],
    [refusedKey(7, layout.KEY_PROTO), 'The key at byte 7 is __proto__, which is refused'],
  ]
  for (const [error, message] of rows) {
    t.ok(error instanceof ScanSyntaxError)
    t.equal(error.message, message)
    t.equal(error.name, 'ScanSyntaxError')
    t.ok(message.includes(`byte ${error.offset}`))
  }
})
