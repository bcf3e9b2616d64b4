import { importTests, pagesWithoutBrowser } from './import-tests.ts'

await importTests(['*.test.ts', ...pagesWithoutBrowser])
