import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { Store } from '../../core/ports/store.ts'
import type { BacklogBounds } from '../../core/ports/webhooks.ts'
import { repeat } from '../repeat.ts'

/** A receiver that is dead for its 72 hours fills no disk: a delivery is about 2 kB. */
const usual: BacklogBounds = { mostOpen: 20_000, mostDead: 20_000, atOnce: 250 }
const lookEveryMs = 10_000
/** Everybody waits while some go: the pause before the next. */
const pauseMs = 100

interface BacklogPorts {
  readonly store: { readonly outbox: Pick<Store['outbox'], 'cut'> }
  readonly clock: Clock
  readonly log: Log
}

/** Keeps the outbox of each account within its bounds. Returns how to stop. */
export function boundBacklog(
  { store, clock, log }: BacklogPorts,
  bounds: BacklogBounds = usual,
): () => void {
  return repeat(clock, log, {
    ...{ everyMs: lookEveryMs, fault: 'the outbox could not be bounded' },
    async do() {
      let isMore = false
      for (const { accountId, host, givenUp, removed } of await store.outbox.cut(bounds)) {
        if (givenUp > 0) log.warn('too many webhooks waited', { accountId, host, givenUp })
        isMore ||= Math.max(givenUp, removed) === bounds.atOnce
      }
      return isMore ? pauseMs : undefined
    },
  })
}
