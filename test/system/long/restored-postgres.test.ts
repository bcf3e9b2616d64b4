// What must hold after a database went back, after pg_restore, a base backup and the promotion of a standby under two replicas.
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import type { World } from '../../evaluations/restores.ts'
import { restores, worldOf } from '../../evaluations/restores.ts'
import { dump, Operated, programs, restoreDump } from '../operated-postgres.ts'

interface Way {
  readonly givesIdsAgain: boolean
  save(server: Operated): Promise<void>
  restore(server: Operated): Promise<void>
}

const ways: Readonly<Record<string, Way>> = {
  pg_restore: {
    givesIdsAgain: true,
    save: async (server) => server.run(dump),
    restore: async (server) => server.run(restoreDump),
  },
  'a base backup': {
    givesIdsAgain: false,
    save: (server) => server.backUp(),
    restore: (server) => server.restoreBackup(),
  },
  'the promotion of a standby': {
    givesIdsAgain: false,
    save: (server) => server.keepStandby(),
    restore: (server) => server.promoteStandby(),
  },
}

/** Waits until its stores have noticed that their connections are gone, and have others. */
async function settle({ stores }: Pick<World, 'stores'>): Promise<void> {
  for (const store of stores) {
    const isBack = () =>
      store.ping().then(
        () => true,
        () => false,
      )
    while (!(await isBack())) await sleep(20)
  }
}

const options = { skip: programs === undefined && 'pg_basebackup is not installed' }

for (const [way, { givesIdsAgain, save, restore }] of Object.entries(ways)) {
  for (const [fault, run] of Object.entries(restores)) {
    test(`${way}: ${fault}`, options, async (t) => {
      // the tail is not in the archive yet
      const server = new Operated(t, ['archive_timeout = 3600'])
      const place = { url: server.url, givesIdsAgain, save: () => save(server), restore: () => restore(server) }
      const world = await worldOf(t, place)
      const restoreAndSettle = async () => {
        await place.restore()
        await settle(world)
      }
      await run(t, { ...world, restore: restoreAndSettle })
    })
  }
}
