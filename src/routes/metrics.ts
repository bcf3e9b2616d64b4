import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problemAnswers } from './answers.ts'

const example = `# HELP lossmeter_rows_total Rows that were evaluated.
# TYPE lossmeter_rows_total counter
lossmeter_rows_total{loss="cross-entropy",label_format="index"} 1250
`
const text = z
  .string()
  .meta({ id: 'Metrics', description: 'Lines in the Prometheus text format.', examples: [example] })

export interface MetricsOptions {
  readonly contentType: string
  text(): Promise<string>
}

export async function metricsRoute(app: FastifyInstance, { contentType, text: write }: MetricsOptions): Promise<void> {
  let writing: Promise<string> | undefined
  const shared = (): Promise<string> => {
    writing ??= write().finally(() => {
      writing = undefined
    })
    return writing
  }
  app.get(
    '/metrics',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'getMetrics',
        tags: ['Service'],
        summary: 'Get the metrics of the service',
        description:
          'Metrics in the Prometheus text format. Names follow OpenTelemetry where it defines one. This route is never rate-limited.',
        response: {
          200: { description: 'The current metrics.', content: { 'text/plain': { schema: text } } },
          ...problemAnswers(),
        },
      },
      config: { isAlwaysAnswered: true },
    },
    async (_request, reply) => reply.type(contentType).send(await shared()),
  )
}
