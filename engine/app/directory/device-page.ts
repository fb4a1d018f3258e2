import { type CallRecord, type CallStatus, causeOfSipStatus, isFinal } from '../../core/call.ts'
import type { DeviceId } from '../../core/ids.ts'
import { isCallable, type RegisteredContact } from '../../core/ports/registrations.ts'
import type { DeviceRecord, Store } from '../../core/ports/store.ts'

/** What a device's own page shows of others and of its calls. */

export interface PagePorts {
  readonly store: Store
  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[]
}

/** `busy`: in a call; `available`: registered and in none. */
export type Presence = 'available' | 'ringing' | 'busy' | 'offline'

export interface Contact {
  readonly device: DeviceRecord
  readonly presence: Presence
}

/** A number that is called by its name. */
export interface NamedNumber {
  readonly kind: 'number' | 'speed-dial'
  readonly name: string
  /** What to dial: E.164 or a device's name. */
  readonly dial: string
}

/** The other devices of its account by name, and how they are. */
export async function contactsOf(ports: PagePorts, own: DeviceRecord): Promise<Contact[]> {
  const [devices, live] = await Promise.all([
    ports.store.devices.list(own.accountId),
    ports.store.calls.liveOfDevices(own.accountId),
  ])
  const busy = statesOf(live)
  return devices
    .filter(({ id }) => id !== own.id)
    .map((device) => ({ device, presence: presenceOf(ports, device.id, busy.get(device.id)) }))
    .sort((a, b) => a.device.name.localeCompare(b.device.name))
}

function presenceOf(
  { registeredContacts }: PagePorts,
  id: DeviceId,
  busy: 'ringing' | 'busy' | undefined,
): Presence {
  if (busy !== undefined) return busy
  return registeredContacts(id).some(isCallable) ? 'available' : 'offline'
}

/** Whoever has a call that is answered is in that one, whatever else rings. */
function statesOf(live: readonly CallRecord[]): ReadonlyMap<DeviceId, 'ringing' | 'busy'> {
  const states = new Map<DeviceId, 'ringing' | 'busy'>()
  for (const { deviceId, status } of live) {
    if (deviceId === null) continue
    if (status === 'in-progress') states.set(deviceId, 'busy')
    else if (!states.has(deviceId)) states.set(deviceId, 'ringing')
  }
  return states
}

/** The account's numbers and speed dials. */
export async function namedNumbersOf(
  { store }: PagePorts,
  own: DeviceRecord,
): Promise<NamedNumber[]> {
  const [numbers, speedDials, devices] = await Promise.all([
    store.numbers.list(own.accountId),
    store.speedDials.list(own.accountId),
    store.devices.list(own.accountId),
  ])
  const usernames = new Map(devices.map(({ id, username }) => [id, username]))
  const dialled = speedDials.flatMap(({ label, target }): NamedNumber[] => {
    const dial = target.kind === 'number' ? target.number : usernames.get(target.deviceId)
    return dial === undefined ? [] : [{ kind: 'speed-dial', name: label, dial }]
  })
  const owned = numbers.map(
    ({ number }): NamedNumber => ({ kind: 'number', name: number, dial: number }),
  )
  return [...dialled, ...owned]
}

/** How a call went for the device; null as long as it goes on. */
export type Outcome =
  | 'answered'
  | 'missed'
  | 'no-answer'
  | 'canceled'
  | 'busy'
  | 'declined'
  | 'failed'

/** A call as the device has it. */
export interface DeviceCall {
  readonly call: CallRecord
  /** The device's own view: `outgoing` when it called. */
  readonly direction: 'incoming' | 'outgoing'
  readonly party: string
  /** Of a device of the same account. */
  readonly partyName: string | null
  readonly outcome: Outcome | null
}

/** Its calls, those that go on first, then the newest. */
export async function callsOf(
  { store }: PagePorts,
  own: DeviceRecord,
  limit: number,
): Promise<DeviceCall[]> {
  const [calls, devices] = await Promise.all([
    store.calls.ofDevice(own.accountId, own.id, limit),
    store.devices.list(own.accountId),
  ])
  const names = new Map(devices.map(({ username, name }) => [username, name]))
  const views = calls.map((call): DeviceCall => {
    const direction = call.direction === 'inbound' ? 'outgoing' : 'incoming'
    const party = direction === 'outgoing' ? call.to : call.from
    return {
      ...{ call, direction, party, partyName: names.get(party) ?? null },
      outcome: outcomeOf(call, direction),
    }
  })
  const isLive = ({ outcome }: DeviceCall): boolean => outcome === null
  return [...views.filter(isLive), ...views.filter((view) => !isLive(view))]
}

function outcomeOf(call: CallRecord, direction: DeviceCall['direction']): Outcome | null {
  if (!isFinal(call.status)) return null
  if (call.answeredAtMs !== null) return 'answered'
  if (isDeclined(call)) return 'declined'
  switch (statusTold(call)) {
    case 'busy':
      return 'busy'
    case 'no-answer':
      return direction === 'incoming' ? 'missed' : 'no-answer'
    case 'canceled':
      return direction === 'incoming' ? 'missed' : 'canceled'
    default:
      return 'failed'
  }
}

const refusal = /^rejected:(\d{3})$/
const isDeclined = ({ endReason }: CallRecord): boolean =>
  endReason === 'declined' || endReason === 'rejected:603'

/** A caller whose call we refused was told how it went with whom he called. */
function statusTold({ status, endReason }: CallRecord): CallStatus {
  const [, sipStatus] = refusal.exec(endReason ?? '') ?? []
  if (sipStatus === undefined) return status
  const cause = causeOfSipStatus(Number(sipStatus))
  if (cause.is === 'busy') return 'busy'
  return cause.is === 'noAnswer' || cause.is === 'canceled' ? 'no-answer' : status
}
