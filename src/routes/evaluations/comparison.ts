import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { incomparable } from '../../evaluations/declaration.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import { sendJson } from '../../http/send-json.ts'
import { subtract } from '../../loss/numerics/dyadic.ts'
import { accuracyOf, statisticsOf } from '../../loss/report/statistics.ts'
import { ValidationErrors } from '../../loss/validation-errors.ts'
import { quoted } from '../../loss/words.ts'
import { verdictAnswers } from '../answers.ts'
import { judgeComparison, marginsIn } from '../require/check.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
import { comparisonAnswerExample, noEvaluationAnswer, wrongWith } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, said, tallyOf } from './found.ts'
import { comparisonQuery, evaluationComparison, evaluationParams } from './schema.ts'

/** GET /v1/evaluations/{evaluation}/comparison: two evaluations over the batches they share. */
export async function evaluationComparisonRoute(
  app: FastifyInstance,
  { evaluations }: EvaluationRouteOptions,
): Promise<void> {
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof comparisonQuery> }>(
    '/v1/evaluations/:evaluation/comparison',
    {
      schema: {
        operationId: 'compareEvaluations',
        tags: ['Evaluations'],
        summary: 'Compare two evaluations over the batches they share',
        description,
        params: evaluationParams,
        querystring: comparisonQuery,
        response: verdictAnswers(evaluationComparison, 'not-found', 'invalid-content', 'store-unavailable'),
      },
      config: {
        examples: { answers: { 200: comparisonAnswerExample, 404: noEvaluationAnswer, 422: wrongWith } },
      },
    },
    async ({ params: { evaluation: name }, query, owner, work, id }, reply) => {
      checkFailStatus(query, query.require)
      const one = await foundEvaluation(evaluations, owner, name)
      const other = await foundEvaluation(evaluations, owner, query.with)
      checkComparable(one, other)
      const require = query.require === undefined ? undefined : marginsIn(query.require, one.declared.spec)
      work.task.start()
      const { predictions, baseline, difference, batches } = await evaluations.compare(one, other, work.task)
      const { spec, outputs } = one.declared
      const ofBoth = {
        ...predictions,
        correctWeight: subtract(predictions.correctWeight, baseline.correctWeight),
      }
      const compared = {
        predictions: { evaluation: name, ...statisticsOf(tallyOf(predictions, outputs), spec) },
        baseline: { evaluation: query.with, ...statisticsOf(tallyOf(baseline, outputs), other.declared.spec) },
        difference,
        accuracyDifference: accuracyOf(ofBoth, spec),
        batches,
      }
      const verdict = require && judgeComparison(require, compared)
      if (verdict !== undefined) setStatus(reply, query, verdict)
      return sendJson(reply, work.task, { ...compared, verdict, requestId: id })
    },
  )
}

const description = `Pairs the batches that both evaluations hold under the same name with the same labels and sample weights, and compares their losses. \`predictions\` are the results of \`evaluation\` and \`baseline\` those of \`with\`, each over the paired batches only. \`batches\` shows how many batches were paired, and how many were not.

The standard error is computed over batches: sqrt(m/(m-1) sum (D_j - mean W_j)^2) / sum W_j where m is the number of pairs, D_j the difference of the summed losses of batch j, W_j its weight, and mean = sum D_j / sum W_j, all from exact sums. The batches are the units that vary, so rows within a batch may depend on each other.

Both must be declared with the same loss, labels, \`outputs\` and \`reduction\`, and with the same options that affect the loss. \`predictionFormat\`, \`rowSumTolerance\`, \`threshold\`, \`topK\`, \`include\`, expectations and metadata may differ.`

function checkComparable(one: OpenEvaluation, other: OpenEvaluation): void {
  const errors = new ValidationErrors()
  const [name, otherName] = [one.stored.name, other.stored.name]
  for (const { path, kept, received } of incomparable(one.declared, other.declared)) {
    const detail = `${quoted(otherName)} was declared with ${path.join('.')} ${said(received)}, and ${quoted(name)} with ${said(kept)}; their losses cannot be compared`
    errors.add(['with'], detail, otherName, 'not-comparable')
  }
  errors.throwIfAny()
}
