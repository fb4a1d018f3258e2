import type { AccountId, DeviceId } from '../ids.ts'

/** A contact at which a device can be reached, as it is stored. */
export interface RegistrationRecord {
  readonly deviceId: DeviceId
  /** The device's, and its user name: stored with the device. */
  readonly accountId: AccountId
  readonly username: string
  readonly contact: string
  /** Where the REGISTER came from, `protocol/address:port`: requests go back there (NAT). */
  readonly source: string
  readonly userAgent: string | null
  /** 0 to 1, those with more are called first (RFC 3261 section 20.10); null, as 1, when not given. */
  readonly q: number | null
  /** Path values (RFC 3327), the one nearest to us first: the Route of requests to the contact. */
  readonly path: readonly string[]
  /** RFC 5626: whatever registers with both again takes the contact's place. */
  readonly flow: { readonly instance: string; readonly regId: number } | null
  readonly sipCallId: string
  readonly cseq: number
  /** Since when, without a gap. */
  readonly registeredAtMs: number
  readonly expiresAtMs: number
}

/**
 * Whether a contact answers OPTIONS: nobody has asked it yet, it does, it has missed two. `gone`: it can be
 * reached on the connection alone on which it registered, and that is closed.
 */
export type Reachability = 'unknown' | 'reachable' | 'unreachable' | 'gone'

/** A contact as others see it. */
export interface RegisteredContact {
  readonly uri: string
  /** `protocol/address:port` of the REGISTER. */
  readonly source: string
  readonly userAgent: string | null
  readonly expiresAtMs: number
  /** Since when, without a gap. */
  readonly registeredAtMs: number
  /** 0 to 1; those with more are called first. */
  readonly q: number
  /** Route of requests to it (RFC 3327). */
  readonly path: readonly string[]
  /** The phone, where it may have several ways to itself (RFC 5626): it is called by one of them. */
  readonly instance?: string | undefined
  readonly reachability: Reachability
  /** Of the last OPTIONS that was answered. */
  readonly roundTripMs: number | null
}

/** False when nobody needs to try: the connection that led to it is closed. */
export const isCallable = ({ reachability }: Pick<RegisteredContact, 'reachability'>): boolean =>
  reachability !== 'gone'

/**
 * Those that a call goes to. Contacts that do not answer are left alone where another does; there are phones
 * that know no OPTIONS. Of several ways to one phone the latest is taken (RFC 5626 section 7), or it would
 * ring twice.
 */
export function worthCalling<Contact extends Pick<RegisteredContact, 'reachability' | 'instance'>>(
  contacts: readonly Contact[],
): readonly Contact[] {
  const open = contacts.filter(isCallable)
  const answering = open.filter(({ reachability }) => reachability !== 'unreachable')
  const phones = new Set<string>()
  return (answering.length > 0 ? answering : open).filter(({ instance }) => {
    if (instance === undefined) return true
    if (phones.has(instance)) return false
    phones.add(instance)
    return true
  })
}

/**
 * `displaced`: more contacts than a device may have. `password`: the device was given another one.
 * `connection-closed`: it was a browser, whose WebSocket is closed.
 */
export type UnregisteredBecause =
  | 'removed'
  | 'expired'
  | 'displaced'
  | 'deleted'
  | 'password'
  | 'connection-closed'

/** Too many wrong passwords: the address is not listened to until then. */
export interface AddressLock {
  readonly address: string
  /** As it was tried last; anybody can write anything. */
  readonly username: string
  /** All of the address, or that user name from there. */
  readonly scope: 'address' | 'user'
  readonly untilMs: number
}

/** What the registrar tells: changes of where a device is, not each refresh. */
export interface DeviceEvents {
  /** A new contact, or a known one from another place (`previousSource`). */
  deviceRegistered(registration: RegistrationRecord, previousSource: string | null): void
  deviceUnregistered(registration: RegistrationRecord, why: UnregisteredBecause): void
  addressLocked(lock: AddressLock): void
}
