import '../docs/examples.test.ts'
import '../docs/training.test.ts'
