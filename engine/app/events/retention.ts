import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { Store } from '../../core/ports/store.ts'
import { repeat } from '../repeat.ts'

const lookEveryMs = 3_600_000
/** Removed at once, since everybody waits meanwhile, and the pause before the next. */
const goneAtOnce = 1_024
const pauseMs = 100
const accountsAtOnce = 100

interface RetentionPorts {
  readonly store: {
    readonly accounts: Pick<Store['accounts'], 'list'>
    readonly events: Pick<Store['events'], 'sweep'>
    readonly deliveries: Pick<Store['deliveries'], 'sweep'>
  }
  readonly clock: Clock
  readonly log: Log
}

/**
 * Removes events of calls that are older than that, and deliveries that were settled before, a little at a time, once
 * an hour. Returns how to stop.
 */
export function keepEvents(ports: RetentionPorts, keptMs: number): () => void {
  return repeat(ports.clock, ports.log, {
    ...{ everyMs: lookEveryMs, fault: 'old events could not be removed' },
    async do(isOver) {
      await sweepAll(ports, keptMs, isOver)
      return undefined
    },
  })
}

async function sweepAll(ports: RetentionPorts, keptMs: number, isOver: () => boolean) {
  const { store, clock, log } = ports
  const beforeMs = clock.nowMs() - keptMs
  let events = 0
  for (let page = 1; ; page++) {
    const { accounts, total } = await store.accounts.list({ page, pageSize: accountsAtOnce })
    for (const { id } of accounts) {
      events += await inParts(clock, isOver, () => store.events.sweep(id, beforeMs, goneAtOnce))
    }
    if (isOver() || page * accountsAtOnce >= total) break
  }
  const deliveries = await inParts(clock, isOver, () =>
    store.deliveries.sweep(beforeMs, goneAtOnce),
  )
  if (events + deliveries > 0) log.info('old events were removed', { events, deliveries })
}

async function inParts(
  clock: Clock,
  isOver: () => boolean,
  sweep: () => Promise<number>,
): Promise<number> {
  let gone = 0
  for (;;) {
    if (isOver()) return gone
    const some = await sweep()
    gone += some
    if (some < goneAtOnce) return gone
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve))
  }
}
