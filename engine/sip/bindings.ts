import type { Clock } from '../core/clock.ts'
import type { DeviceId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { RegistrationRecord, Store } from '../core/ports/store.ts'
import { parseSipUri } from './address.ts'

export const maxContacts = 10

/** What one REGISTER does to one contact. */
export type Change =
  | { readonly is: 'bind'; readonly registration: RegistrationRecord }
  | { readonly is: 'unbind'; readonly contact: string }

/**
 * Where devices can be reached. Memory is what calls look at; the store is written behind it, in order,
 * and read back at the start.
 */
export class Bindings {
  readonly #store: Store['registrations']
  readonly #clock: Clock
  readonly #log: Log
  readonly #devices = new Map<DeviceId, Map<string, RegistrationRecord>>()
  /** The writes that are still under way, one after the other. */
  #writing: Promise<void> = Promise.resolve()
  #disarm = (): void => {}

  constructor(store: Store['registrations'], clock: Clock, log: Log) {
    this.#store = store
    this.#clock = clock
    this.#log = log
  }

  async load(): Promise<void> {
    for (const registration of await this.#store.all()) this.#put(registration)
    this.#sweep()
  }

  /** Live registrations, the one that will last longest first. */
  of(deviceId: DeviceId): RegistrationRecord[] {
    const nowMs = this.#clock.nowMs()
    return [...(this.#devices.get(deviceId)?.values() ?? [])]
      .filter((registration) => registration.expiresAtMs > nowMs)
      .sort((a, b) => b.expiresAtMs - a.expiresAtMs)
  }

  find(deviceId: DeviceId, contact: string): RegistrationRecord | undefined {
    const found = this.#devices.get(deviceId)?.get(contactKey(contact))
    return found && found.expiresAtMs > this.#clock.nowMs() ? found : undefined
  }

  /** All changes of one REGISTER at once; resolves when they are stored. */
  apply(deviceId: DeviceId, changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      if (change.is === 'unbind') this.#drop(deviceId, change.contact)
      else this.#bind(change.registration)
    }
    return this.#writing
  }

  /** Waits for what is being written. */
  close(): Promise<void> {
    this.#disarm()
    return this.#writing
  }

  #bind(registration: RegistrationRecord): void {
    const replaced = this.#put(registration)
    if (!replaced) {
      const { deviceId, contact, source, userAgent } = registration
      this.#log.info('device registered', { deviceId, contact, source, userAgent })
    }
    // The same contact in another spelling is another row in the store.
    if (replaced !== undefined && replaced.contact !== registration.contact) {
      this.#write(() => this.#store.remove(replaced.deviceId, replaced.contact))
    }
    this.#write(() => this.#store.save(registration))
    const live = this.of(registration.deviceId)
    for (const extra of live.slice(maxContacts)) {
      this.#log.info('too many contacts: the oldest goes', { contact: extra.contact })
      this.#drop(extra.deviceId, extra.contact)
    }
  }

  #put(registration: RegistrationRecord): RegistrationRecord | undefined {
    const contacts = this.#devices.get(registration.deviceId) ?? new Map()
    this.#devices.set(registration.deviceId, contacts)
    const key = contactKey(registration.contact)
    const replaced = contacts.get(key)
    contacts.set(key, registration)
    return replaced
  }

  #drop(deviceId: DeviceId, contact: string): void {
    const contacts = this.#devices.get(deviceId)
    const found = contacts?.get(contactKey(contact))
    if (!contacts || !found) return
    contacts.delete(contactKey(contact))
    this.#log.info('device contact gone', { deviceId, contact })
    if (contacts.size === 0) this.#devices.delete(deviceId)
    this.#write(() => this.#store.remove(deviceId, found.contact))
  }

  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      // Calls go by memory; only a restart would miss it.
      this.#log.error('registration not stored', { error: String(error) })
    })
  }

  #sweep(): void {
    this.#disarm = this.#clock.after(30_000, () => this.#sweep())
    const nowMs = this.#clock.nowMs()
    for (const [deviceId, contacts] of this.#devices) {
      for (const { expiresAtMs, contact } of contacts.values()) {
        if (expiresAtMs <= nowMs) this.#drop(deviceId, contact)
      }
    }
  }
}

/** Contacts are compared as URIs, not as text (RFC 3261 section 19.1.4, the parts that matter here). */
export function contactKey(contact: string): string {
  const uri = parseSipUri(contact)
  if (!uri) return contact
  const transport = (uri.params['transport'] ?? '').toLowerCase()
  return `${uri.scheme}:${uri.user}@${uri.host}:${uri.port ?? ''};${transport}`
}
