import { importTests } from './import-tests.ts'

await importTests(['scanner/**/*.test.ts', 'runtime/**/*.test.ts', 'log/**/*.test.ts', 'operation/**/*.test.ts'])
