import { LiveCalls } from '../../../engine/app/live-calls.ts'
import type { Ports } from '../../../engine/app/ports.ts'
import type { QueueDesk } from '../../../engine/app/queues/desk.ts'
import { queueDesk } from '../../../engine/app/queues/queue-desk.ts'
import type { Clock } from '../../../engine/core/clock.ts'
import type { Log } from '../../../engine/core/ports/observe.ts'
import type { Store } from '../../../engine/core/ports/store.ts'

export interface ApiQueues {
  readonly desk: QueueDesk
  readonly calls: LiveCalls
}

/** The real queues over a store in memory; nobody can be called. */
export function apiQueues(about: {
  store: Store
  clock: Clock
  log: Log
  uuid: () => string
  checkUrl: (url: string, field: string) => void
}): ApiQueues {
  const { store, clock, log, uuid, checkUrl } = about
  const ports = {
    ...{ store, clock, log, ids: { uuid }, random: () => 0 },
    web: { checkUrl, checkPromptUrl: checkUrl },
    speech: { unavailableBecause: () => 'no voice is set up' },
    sip: {
      registeredContacts: () => [],
      trunkStatus: () => ({ registration: null, reachable: null, roundTripMs: null }),
    },
    settings: { allowSipTarget: () => false },
  } as unknown as Ports
  const calls = new LiveCalls(ports)
  return { calls, desk: queueDesk({ ports, calls }) }
}
