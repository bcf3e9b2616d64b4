import { setTimeout as sleep } from 'node:timers/promises'
import { binary, largeAnswer, legalJson, oneRow, sweep } from './bodies.ts'
import { ask } from './client.ts'
import { Service } from './service.ts'

/** Where attacks take place: each gets a service of its own, or on a shared stage one that others have left. */
export class Stage {
  readonly #isShared: boolean
  readonly #services = new Map<string, Service>()

  constructor(isShared: boolean) {
    this.#isShared = isShared
  }

  /** Runs something against a service with these settings besides those of the compose file. */
  async with<Value>(variables: Record<string, string>, run: (service: Service) => Promise<Value>): Promise<Value> {
    const name = JSON.stringify(variables)
    let service = this.#services.get(name)
    if (service === undefined || !service.isRunning) {
      await service?.stop()
      service = await Service.start(variables)
      this.#services.set(name, service)
      await warmUp(service)
    }
    try {
      return await run(service)
    } finally {
      if (!this.#isShared) await this.clear()
    }
  }

  /** Ends its services. */
  async clear(): Promise<void> {
    await Promise.all(Array.from(this.#services.values(), (service) => service.stop()))
    this.#services.clear()
  }
}

/** Lets the compiler and the heap see every route. */
async function warmUp(service: Service): Promise<void> {
  const byte = { datatype: 'UINT8', bytes: Buffer.alloc(20_000) }
  const requests = [
    oneRow,
    legalJson,
    binary({ loss: 'mse', labelFormat: 'values' }, [
      { ...byte, name: 'predictions', shape: [2000, 10] },
      { ...byte, name: 'labels', shape: [2000, 10] },
    ]),
    sweep(100, 10, 20),
    { ...largeAnswer, body: '{"populationSize":1000,"size":100,"seed":1,"replacement":true}' },
    { headers: { 'content-type': 'application/x-ndjson' }, body: '{"loss":"mse","labelFormat":"values"}\n' },
    { body: '{"loss":1}' },
    { path: '/nowhere' },
  ]
  for (let round = 0; round < 3; round++) for (const request of requests) await ask(service.port, request)
  await sleep(200)
}
