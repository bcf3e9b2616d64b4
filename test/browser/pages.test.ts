import { importTests, pagesWithoutBrowser } from '../rooms/import-tests.ts'

await importTests(['pages/**/*.test.ts'], ['pages/sections/**', 'pages/long/**', ...pagesWithoutBrowser])
