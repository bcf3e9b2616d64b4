// Takes steps with the JavaScript client: SETTINGS STEPS, both JSON. Prints what came of each, and what was said.
import { Lossmeter } from '../../src/clients/javascript/lossmeter.js'

const [{ url, ...settings }, names] = process.argv.slice(2).map((text) => JSON.parse(text))
/** @type {string[]} */
const said = []
const service = new Lossmeter(url, { ...settings, say: (line) => said.push(line) })
const run = service.evaluation('run')
const options = { loss: 'mse', labelFormat: 'values' }
/** @type {Record<string, () => Promise<unknown>>} */
const steps = {
  declare: () => run.declare({ ...options, outputs: 1 }),
  add: () => run.add('a', [3], [1]),
  report: () => run.report(),
  limits: async () => ({ maxRows: (await service.limits()).maxRows }),
  loss: () => service.loss([3], [1], options),
  event: async () => (await run.events({ after: 0 }).next()).value,
}
const outcomes = []
for (const name of names) {
  outcomes.push(await steps[name]().catch(({ name: error, message, status = null }) => ({ error, message, status })))
}
process.stdout.write(`${JSON.stringify({ outcomes, said })}\n`)
process.exit()
