import { test } from 'tap'

test('a CSV has no formulas, and numbers stay numbers', async (t) => {
  // the words of a page are those of its language
  Object.assign(globalThis, { document: { documentElement: { lang: 'en' } } })
  const { csvFile } = await import('../../src/pages/downloads.js')
  const rows = [['=cmd|1', '+1', '-1.5e-7', '-x', '@a', '\tx', '\rx', '=1,"2"', 'a=b', -2, '-Infinity']]
  t.equal(await csvFile(rows).text(), `'=cmd|1,+1,-1.5e-7,'-x,'@a,'\tx,"'\rx","'=1,""2""",a=b,-2,-Infinity\r\n`)
})
