import type { AccountEventDraft, AccountEventType } from '../core/events.ts'
import type { AccountId, DeviceId } from '../core/ids.ts'
import type { DeviceEvents, RegistrationRecord } from '../core/ports/registrations.ts'
import { withoutSipSecrets } from '../core/sip-secrets.ts'
import { tellOperator } from './account-log.ts'
import type { Ports } from './ports.ts'

/** All phones of a building may come back within a second: their events are stored together. */
const togetherMs = 100

/** A device's comings and goings that are told, in each minute. */
const toldAMinute = 60
const minuteMs = 60_000
const maxCounted = 20_000

type Needs = Pick<Ports, 'store' | 'clock' | 'log'>

/** What the registrar tells, in the log of the account whose device it is about. */
export function deviceEvents(ports: Needs): DeviceEvents {
  const tell = collector(ports)
  const countOf = counter(ports)
  const tellSome = (
    registration: RegistrationRecord,
    type: AccountEventType,
    data: Readonly<Record<string, unknown>>,
  ): void => {
    const { accountId, deviceId, username } = registration
    const { count, untilMs } = countOf(deviceId)
    if (count <= toldAMinute) tell(accountId, type, { ...whereOf(registration), ...data })
    if (count !== toldAMinute + 1) return
    const until = new Date(untilMs).toISOString()
    tell(accountId, 'device.events-suppressed', { deviceId, username, until })
    ports.log.warn('events of a device left out: too many', { deviceId, username, until })
  }
  return {
    deviceRegistered: (registration, previousSource) =>
      tellSome(registration, 'device.registered', { previousSource }),
    deviceUnregistered: (registration, reason) =>
      tellSome(registration, 'device.unregistered', { reason }),
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

/** How many this one is of its device's in a minute, and when that ends. */
function counter({ clock }: Needs): (id: DeviceId) => { count: number; untilMs: number } {
  const minutes = new Map<DeviceId, { count: number; untilMs: number }>()
  return (id) => {
    const nowMs = clock.nowMs()
    const known = minutes.get(id)
    const minute = known && known.untilMs > nowMs ? known : { count: 0, untilMs: nowMs + minuteMs }
    minute.count++
    minutes.delete(id)
    minutes.set(id, minute)
    const [oldest] = minutes.size > maxCounted ? minutes.keys() : []
    if (oldest !== undefined) minutes.delete(oldest)
    return minute
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
  ...{ deviceId, username, contact: withoutSipSecrets(contact), source },
  transport: source.split('/')[0],
  userAgent,
})
