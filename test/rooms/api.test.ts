import { importTests } from './import-tests.ts'

await importTests(['routes/**/*.test.ts'])
