import type { AccountEventDraft, AccountEventType } from '../core/events.ts'
import type { AccountId } from '../core/ids.ts'
import type { DeviceEvents, RegistrationRecord } from '../core/ports/registrations.ts'
import { tellOperator } from './account-log.ts'
import type { Ports } from './ports.ts'

/** All phones of a building may come back within a second: their events are stored together. */
const togetherMs = 100

type Needs = Pick<Ports, 'store' | 'clock' | 'log'>

/** What the registrar tells, in the log of the account whose device it is about. */
export function deviceEvents(ports: Needs): DeviceEvents {
  const tell = collector(ports)
  return {
    deviceRegistered: (registration, previousSource) =>
      tell(registration.accountId, 'device.registered', {
        ...whereOf(registration),
        previousSource,
      }),
    deviceUnregistered: (registration, reason) =>
      tell(registration.accountId, 'device.unregistered', { ...whereOf(registration), reason }),
    addressLocked: ({ address, username, scope, untilMs }) => {
      const type: AccountEventType = 'device.locked'
      const data = { address, username, scope, until: new Date(untilMs).toISOString() }
      ports.store.devices.byUsername(username).then(
        (device) => {
          // in its order among those of the phones that it is about
          if (device) tell(device.accountId, type, data)
          else tellOperator(ports, type, data)
        },
        (error: unknown) => ports.log.error('event not stored', { type, error: String(error) }),
      )
    },
  }
}

/** Notes events with their own time and stores them in their order, a little later. */
function collector({ store, clock, log }: Needs) {
  const waiting = new Map<AccountId, AccountEventDraft[]>()
  const flush = (): void => {
    for (const [accountId, drafts] of waiting) {
      store.events.append(accountId, drafts).catch((error: unknown) => {
        log.error('events not stored', { count: drafts.length, error: String(error) })
      })
    }
    waiting.clear()
  }
  return (
    accountId: AccountId,
    type: AccountEventType,
    data: Readonly<Record<string, unknown>>,
  ): void => {
    if (waiting.size === 0) clock.after(togetherMs, flush)
    const drafts = waiting.get(accountId) ?? []
    waiting.set(accountId, drafts)
    drafts.push({ type, atMs: clock.nowMs(), data })
  }
}

const whereOf = ({ deviceId, username, contact, source, userAgent }: RegistrationRecord) => ({
  ...{ deviceId, username, contact, source },
  transport: source.split('/')[0],
  userAgent,
})
