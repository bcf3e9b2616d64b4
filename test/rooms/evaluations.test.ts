import { importTests } from './import-tests.ts'

await importTests(['database/**/*.test.ts', 'evaluations/**/*.test.ts', 'quotas/**/*.test.ts', 'cluster/**/*.test.ts'])
