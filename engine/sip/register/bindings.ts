import type { Clock } from '../../core/clock.ts'
import type { DeviceId } from '../../core/ids.ts'
import { isWebSocket } from '../../core/media-way.ts'
import type { Log } from '../../core/ports/observe.ts'
import type {
  DeviceEvents,
  Reachability,
  UnregisteredBecause,
} from '../../core/ports/registrations.ts'
import type { RegistrationRecord, Store } from '../../core/ports/store.ts'
import { withoutSipSecrets } from '../../core/sip-secrets.ts'
import { parseSipUri } from '../address.ts'
import { needsConnection, Sources } from './sources.ts'

export const maxContacts = 10

/** What one REGISTER does to one contact. */
export type Change =
  | { readonly is: 'bind'; readonly registration: RegistrationRecord }
  | { readonly is: 'unbind'; readonly key: string }

/** One contact, for as long as it is registered: refreshes change what it holds. */
export interface Binding {
  registration: RegistrationRecord
  reachability: Reachability
  roundTripMs: number | null
  /** OPTIONS without an answer, one after the other. */
  missed: number
}

/** Whoever finds out whether contacts answer. */
export interface Watcher {
  /** A new contact, or one whose place has changed. */
  watch(binding: Binding): void
  forget(binding: Binding): void
}

export interface BindingsOptions {
  readonly store: Store['registrations']
  readonly clock: Clock
  readonly log: Log
  readonly events: DeviceEvents
  readonly watcher: Watcher
  /** The connections of what is read at the start are closed: the SIP server has ended with us. */
  readonly connectionsEnded: boolean
}

const sweepMs = 30_000

/**
 * Where devices can be reached. Memory is what calls look at; the store is written behind it, in order,
 * and read back at the start.
 */
export class Bindings {
  readonly #options: BindingsOptions
  readonly #devices = new Map<DeviceId, Map<string, Binding>>()
  readonly #sources = new Sources<Binding>()
  /** Over when all writes up to now are; the store does them in their order. */
  #writing: Promise<void> = Promise.resolve()
  #disarm = (): void => {}

  constructor(options: BindingsOptions) {
    this.#options = options
  }

  async load(): Promise<void> {
    for (const registration of await this.#options.store.all()) {
      const isClosed = this.#options.connectionsEnded && needsConnection(registration)
      const binding = fresh(registration, isClosed ? 'gone' : 'unknown')
      this.#contactsOf(registration.deviceId).set(bindingKey(registration), binding)
      this.#sources.add(binding)
      if (!isClosed) this.#options.watcher.watch(binding)
    }
    this.#sweep()
  }

  /** Of all devices. */
  all(): RegistrationRecord[] {
    return [...this.#devices.values()].flatMap((contacts) =>
      [...contacts.values()].map(({ registration }) => registration),
    )
  }

  /** Live contacts, the one that will last longest first. */
  of(deviceId: DeviceId): Binding[] {
    const nowMs = this.#options.clock.nowMs()
    return [...(this.#devices.get(deviceId)?.values() ?? [])]
      .filter(({ registration }) => registration.expiresAtMs > nowMs)
      .sort((a, b) => b.registration.expiresAtMs - a.registration.expiresAtMs)
  }

  find(deviceId: DeviceId, key: string): RegistrationRecord | undefined {
    const found = this.#devices.get(deviceId)?.get(key)?.registration
    return found && found.expiresAtMs > this.#options.clock.nowMs() ? found : undefined
  }

  /** Whose contact it is, live and by that very URI; more than one device's where a provider's phones share one. */
  usernamesAt(contact: string): string[] {
    const key = contactKey(contact)
    const user = parseSipUri(contact)?.user
    if (user === undefined) return []
    const nowMs = this.#options.clock.nowMs()
    const names = [...this.#devices.values()].flatMap((contacts) =>
      [...contacts.values()].flatMap(({ registration }) => {
        // Most of them need not be read to be told apart.
        const mayBe = registration.expiresAtMs > nowMs && registration.contact.includes(user)
        return mayBe && contactKey(registration.contact) === key ? [registration.username] : []
      }),
    )
    return [...new Set(names)]
  }

  /** All changes of one REGISTER at once; resolves when they are stored. */
  apply(deviceId: DeviceId, changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (change.is === 'unbind') this.#drop(deviceId, change.key, 'removed')
      else this.#bind(change.registration)
    }
    return this.#writing
  }

  /** All contacts of the device go. */
  forget(deviceId: DeviceId, because: UnregisteredBecause): void {
    for (const key of [...(this.#devices.get(deviceId)?.keys() ?? [])]) {
      this.#drop(deviceId, key, because)
    }
  }

  /**
   * The connection is closed. A browser that registered on it can't be reached there any more; one that comes back
   * registers anew. A phone is expected to connect again under the same contact: it is not called until then.
   */
  connectionClosed(source: string): void {
    for (const binding of this.#sources.at(source)) {
      const { registration } = binding
      if (isWebSocket(source) && registration.path.length === 0) {
        this.#drop(registration.deviceId, bindingKey(registration), 'connection-closed')
      } else if (needsConnection(registration)) {
        this.#options.watcher.forget(binding)
        binding.reachability = 'gone'
      }
    }
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    this.#disarm()
    return this.#writing
  }

  #bind(registration: RegistrationRecord): void {
    const { deviceId } = registration
    const key = bindingKey(registration)
    const contacts = this.#contactsOf(deviceId)
    if (isOver(contacts.get(key), this.#options.clock)) this.#drop(deviceId, key, 'expired')
    const known = contacts.get(key) ?? this.#takeTwin(contacts, registration)
    const current = this.#contactsOf(deviceId)
    // the one that was heard of last stands last
    current.delete(key)
    current.set(key, known ?? fresh(registration, 'unknown'))
    if (known) this.#refresh(known, registration)
    else this.#begin(key, registration)
    this.#write(() => this.#options.store.save(registration))
    for (const [oldest, binding] of current) {
      if (current.size <= maxContacts) return
      this.#drop(deviceId, oldest, isOver(binding, this.#options.clock) ? 'expired' : 'displaced')
    }
  }

  /**
   * The same contact, registered with and then without `reg-id` or the other way round. Two flows of a phone
   * have one Contact too (RFC 5626 section 9.2), but both are ways to it.
   */
  #takeTwin(
    contacts: Map<string, Binding>,
    { contact, flow }: RegistrationRecord,
  ): Binding | undefined {
    const wanted = contactKey(contact)
    for (const [key, binding] of contacts) {
      const other = binding.registration
      if (contactKey(other.contact) !== wanted || (other.flow && flow)) continue
      contacts.delete(key)
      return binding
    }
    return undefined
  }

  #begin(key: string, registration: RegistrationRecord): void {
    const binding = this.#contactsOf(registration.deviceId).get(key)
    if (!binding) return
    this.#sources.add(binding)
    const { deviceId, source, userAgent } = registration
    const contact = withoutSipSecrets(registration.contact)
    this.#options.log.info('device registered', { deviceId, contact, source, userAgent })
    this.#options.watcher.watch(binding)
    this.#options.events.deviceRegistered(registration, null)
  }

  #refresh(binding: Binding, registration: RegistrationRecord): void {
    const before = binding.registration
    const isSame = contactKey(before.contact) === contactKey(registration.contact)
    const { registeredAtMs } = isSame ? before : registration
    this.#sources.remove(binding, before.source)
    binding.registration = { ...registration, registeredAtMs }
    this.#sources.add(binding)
    // The same contact in another spelling is another row in the store.
    if (before.contact !== registration.contact && !this.#isListed(before)) {
      this.#write(() => this.#options.store.remove(before.deviceId, before.contact))
    }
    const moved = before.source !== registration.source
    if (moved) {
      const { deviceId, source } = registration
      const contact = withoutSipSecrets(registration.contact)
      this.#options.log.info('device registered from another place', { deviceId, contact, source })
      this.#options.events.deviceRegistered(binding.registration, before.source)
    }
    if (moved || binding.reachability === 'gone' || binding.reachability === 'unreachable') {
      Object.assign(binding, { reachability: 'unknown', roundTripMs: null, missed: 0 })
      this.#options.watcher.watch(binding)
    }
  }

  #isListed({ deviceId, contact }: RegistrationRecord): boolean {
    const all = this.#devices.get(deviceId)?.values() ?? []
    return [...all].some((one) => one.registration.contact === contact)
  }

  #contactsOf(deviceId: DeviceId): Map<string, Binding> {
    const known = this.#devices.get(deviceId)
    if (known) return known
    const contacts = new Map<string, Binding>()
    this.#devices.set(deviceId, contacts)
    return contacts
  }

  #drop(deviceId: DeviceId, key: string, why: UnregisteredBecause): void {
    const contacts = this.#devices.get(deviceId)
    const found = contacts?.get(key)
    if (!contacts || !found) return
    const { registration } = found
    contacts.delete(key)
    this.#sources.remove(found, registration.source)
    if (contacts.size === 0) this.#devices.delete(deviceId)
    const shown = withoutSipSecrets(registration.contact)
    this.#options.log.info('device contact gone', { deviceId, contact: shown, why })
    this.#options.watcher.forget(found)
    this.#options.events.deviceUnregistered(registration, why)
    // The store has one row for both flows of a contact.
    const { contact } = registration
    const twin = [...contacts.values()].find((one) => one.registration.contact === contact)
    const { store } = this.#options
    this.#write(() => (twin ? store.save(twin.registration) : store.remove(deviceId, contact)))
  }

  #write(work: () => Promise<void>): void {
    const written = work().catch((error: unknown) => {
      // Calls go by memory; only a restart would miss it.
      this.#options.log.error('registration not stored', { error: String(error) })
    })
    this.#writing = Promise.all([this.#writing, written]).then(() => {})
  }

  #sweep(): void {
    const { clock } = this.#options
    this.#disarm = clock.after(sweepMs, () => this.#sweep())
    for (const [deviceId, contacts] of this.#devices) {
      for (const [key, binding] of contacts) {
        if (isOver(binding, clock)) this.#drop(deviceId, key, 'expired')
      }
    }
  }
}

const fresh = (registration: RegistrationRecord, reachability: Reachability): Binding => ({
  ...{ registration, reachability },
  ...{ roundTripMs: null, missed: 0 },
})

const isOver = (binding: Binding | undefined, clock: Clock): boolean =>
  binding !== undefined && binding.registration.expiresAtMs <= clock.nowMs()

/** What a contact is known by: a flow by its phone and number (RFC 5626 section 6), others by their URI. */
export const bindingKey = ({
  flow,
  contact,
}: Pick<RegistrationRecord, 'flow' | 'contact'>): string =>
  flow === null ? contactKey(contact) : `${flow.regId} ${flow.instance}`

/** Contacts are compared as URIs, not as text (RFC 3261 section 19.1.4, the parts that matter here). */
export function contactKey(contact: string): string {
  const uri = parseSipUri(contact)
  if (!uri) return contact
  const transport = (uri.params['transport'] ?? '').toLowerCase()
  return `${uri.scheme}:${uri.user}@${uri.host}:${uri.port ?? ''};${transport}`
}
