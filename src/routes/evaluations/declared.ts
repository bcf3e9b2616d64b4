import type { Declared } from '../../evaluations/declaration.ts'
import { ofOneEvaluation, writeDeclaration } from '../../evaluations/declaration.ts'
import type { Fields, ParsedBody } from '../../formats/parsed-body.ts'
import { singleBatch } from '../../formats/parsed-body.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { validBody } from '../../http/validation.ts'
import { answerBytesOf } from '../../loss/evaluation.ts'
import { refuseForStreams, resolve } from '../../loss/resolve.ts'
import { finish } from '../../loss/state.ts'
import { LimitExceeded } from '../../loss/validation-errors.ts'
import { checkOutputOptions } from '../../loss/weights.ts'
import type { FieldCheck } from '../loss/option-hints.ts'
import { refuseOptions } from '../loss/option-hints.ts'
import { coreOptions } from '../loss/schema.ts'
import { declaration } from './schema.ts'

interface DeclaredText {
  readonly declared: Declared
  /** As it is stored. */
  readonly text: string
}

const { maxDeclarationBytes } = fixedLimits

/** What a body declares. An error about it is thrown with what would make it right. @throws InvalidContent, LimitExceeded */
export async function declaredIn({ options, only }: ParsedBody, work: RequestContext): Promise<DeclaredText> {
  const sent = { ...options, ...only }
  try {
    return await work.task.runNow(declaredBy(sent))
  } catch (error) {
    return refuseOptions(error, { options: sent, only: {} }, declarationFields, work)
  }
}

const declarationFields: FieldCheck = {
  tensorNames: [],
  otherNames: ['outputs', ...ofOneEvaluation],
  check: (options) => {
    finish(declaredBy(options))
    return undefined
  },
}

function* declaredBy(sent: Fields): Generator<void, DeclaredText> {
  const {
    outputs,
    expectedBatches,
    expectedSamples,
    join,
    window,
    metrics,
    badge,
    metadata = {},
    ...received
  } = validBody(singleBatch(sent, {}), declaration)
  const options = coreOptions(received)
  refuseForStreams(options)
  const spec = resolve(options)
  const layout = { samples: 1, outputs }
  checkOutputOptions(spec, layout)
  answerBytesOf(spec, layout, fixedLimits)
  const declared = {
    spec,
    outputs,
    expectedBatches,
    expectedSamples,
    join,
    window,
    ...(metrics && { metrics }),
    ...(badge && { badge }),
    metadata,
  }
  yield
  const text = writeDeclaration(declared)
  yield
  if (text.length > maxDeclarationBytes) {
    const detail = `The declaration takes more than maxDeclarationBytes, ${maxDeclarationBytes} bytes.`
    throw new LimitExceeded('maxDeclarationBytes', maxDeclarationBytes, [], detail)
  }
  return { declared, text }
}
