import { t as root, test } from 'tap'
import { randomOf } from '../fuzz/random.ts'
