// What docker-compose.yml and the Dockerfile give the service, so that it is attacked as it is deployed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { workers } from './mode.ts'

const root = join(import.meta.dirname, '../..')
const unitsOfMemory: Record<string, number> = { k: 2 ** -10, m: 1, g: 2 ** 10 }

interface Compose {
  readonly services: {
    readonly lossmeter: { readonly environment: Record<string, string>; readonly mem_limit: string }
  }
}

const compose: Compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true })
const { environment, mem_limit } = compose.services.lossmeter
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')

/** The environment: of the image, but for the address, and of the compose file. */
export const settings: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Array.from(dockerfile.matchAll(/^ENV (.+)$/gm), ([, pairs]) => pairs.split(' ').map((pair) => pair.split('=')))
      .flat()
      .filter(([name]) => name !== 'HOST'),
  ),
  ...environment,
}

/** MiB that the container may hold before it is killed. */
export const memoryLimit = workers * Number.parseFloat(mem_limit) * unitsOfMemory[mem_limit.slice(-1)]

/** MiB that the service may reach. */
export const memoryBound = 0.85 * memoryLimit

const command = JSON.parse(/^CMD (\[.+\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]

/** The arguments of Node.js, which are those of the image. */
export const flags: readonly string[] = command.slice(1, -1)
