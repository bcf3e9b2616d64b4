import '../docs/contributing.test.ts'
import '../docs/errors.test.ts'
import '../docs/generated.test.ts'
import '../docs/pages.test.ts'
