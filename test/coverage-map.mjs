/** The test of a source file stands at the same path under test/, and proves that file alone; `x.part.test.ts` is a part of the test of `x`. */
export default (test) => {
  // what runs in the browser is not measured
  if (/^test\/explorer\/(sections\/|firefox|long-tasks|main|place|scene|switches)/.test(test)) return []
  if (test === 'test/explorer/strings/ko.test.ts') return ['en', 'ko'].map((name) => `src/explorer/strings/${name}.js`)
  const source = test.replace(/^test\//, 'src/').replace(/(\.[\w-]+)?\.test\.ts$/, '.ts')
  return test.startsWith('test/explorer/') ? source.replace(/\.ts$/, '.js') : source
}
