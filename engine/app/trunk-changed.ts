import type { AccountEventType } from '../core/events.ts'
import type { TrunkChange, TrunkRecord } from '../core/ports/sip.ts'
import { tellOperator } from './account-log.ts'
import type { Ports } from './ports.ts'

const types = {
  up: 'trunk.up',
  down: 'trunk.down',
  registered: 'trunk.registered',
  registrationFailed: 'trunk.registration-failed',
} as const satisfies Record<TrunkChange['is'], AccountEventType>

/** Tells the operator what became of a trunk. */
export function trunkChanged(
  ports: Pick<Ports, 'store' | 'clock' | 'log'>,
  trunk: TrunkRecord,
  change: TrunkChange,
): void {
  tellOperator(ports, types[change.is], {
    trunkId: trunk.id,
    name: trunk.name,
    ...detailsOf(change),
  })
}

function detailsOf(change: TrunkChange): Readonly<Record<string, unknown>> {
  switch (change.is) {
    case 'up':
      return { roundTripMs: Math.round(change.roundTripMs) }
    case 'down':
      return { reason: change.reason }
    case 'registered':
      return { until: new Date(change.untilMs).toISOString() }
    case 'registrationFailed':
      return { reason: change.reason, retryInS: Math.round(change.retryInMs / 1_000) }
  }
}
