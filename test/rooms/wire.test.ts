import { importTests } from './import-tests.ts'

await importTests(['wire/**/*.test.ts'])
