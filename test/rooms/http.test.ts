import { importTests } from './import-tests.ts'

await importTests(['http/**/*.test.ts', 'access/**/*.test.ts'])
