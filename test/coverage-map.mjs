/** The test of a source file stands at the same path under test/, and proves that file alone. */
export default (test) => test.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '.ts')
