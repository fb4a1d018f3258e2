import { deviceOptionsOf } from '../core/device-options.ts'
import { Failure } from '../core/failures.ts'
import { isE164, parseDestination } from '../core/numbers.ts'
import { isCallable } from '../core/ports/registrations.ts'
import type { SipTarget, TrunkRecord } from '../core/ports/sip.ts'
import type { Account } from '../core/ports/store.ts'
import { fittingTrunks, labTrunkId } from '../core/trunk-choice.ts'
import type { Ports } from './ports.ts'

export interface RoutePorts {
  readonly store: Pick<Ports['store'], 'numbers' | 'devices' | 'trunks'>
  readonly sip: Pick<Ports['sip'], 'registeredContacts'>
  readonly settings: Pick<Ports['settings'], 'allowSipTarget'>
}

/** Where a call goes: to one place, or by any of the trunks that take its number, in no order. */
export type Routed =
  | { readonly is: 'direct'; readonly target: SipTarget }
  | { readonly is: 'byTrunk'; readonly number: string; readonly trunks: readonly TrunkRecord[] }

/**
 * Decides where a call to `to` goes. Failures: `invalid_phone_number` (not a destination at all),
 * `no_route` (no enabled trunk takes it), `not_found` (no such device), `device_not_registered`,
 * `target_not_allowed` (a SIP address that the operator did not list). A test key reaches numbers of the lab carrier
 * alone: anything else is `target_not_allowed`, a number that it has not `no_route`.
 */
export async function route(
  ports: RoutePorts,
  account: Account,
  to: string,
  field = 'to',
): Promise<Routed> {
  try {
    return await find(ports, account, to)
  } catch (error) {
    throw error instanceof Failure && error.field === 'to'
      ? new Failure(error.code, error.message, field)
      : error
  }
}

async function find(ports: RoutePorts, account: Account, to: string): Promise<Routed> {
  const destination = parseDestination(to)
  if (!destination) {
    throw new Failure('invalid_phone_number', 'not an E.164 number, SIP URI or device name', 'to')
  }
  if (account.isTest && destination.kind !== 'number') {
    throw new Failure('target_not_allowed', 'a test key calls numbers of the lab carrier', 'to')
  }
  switch (destination.kind) {
    case 'number':
      if (account.isTest) return toLab(await ports.store.trunks.list(), destination.number)
      return toNumber(ports, account, destination.number)
    case 'device':
      return toDevice(ports, account, destination.username)
    case 'uri':
      if (!ports.settings.allowSipTarget(destination.uri)) {
        throw new Failure(
          'target_not_allowed',
          'this SIP address is not in RINGDOWN_ALLOWED_SIP_TARGETS',
          'to',
        )
      }
      return { is: 'direct', target: { kind: 'uri', uri: destination.uri } }
  }
}

/** A number of the account that belongs to a device is called there and not by way of a carrier. */
async function toNumber(ports: RoutePorts, account: Account, number: string): Promise<Routed> {
  const owned = await ports.store.numbers.byNumber(number)
  if (owned?.accountId === account.id && owned.route.kind === 'device') {
    return toDevice(ports, account, owned.route.username)
  }
  return toTrunk(await ports.store.trunks.list(), number)
}

async function toDevice(ports: RoutePorts, account: Account, username: string): Promise<Routed> {
  const device = await ports.store.devices.byUsername(username)
  if (!device || device.accountId !== account.id) {
    const looksLikeNumber = /^\d+$/.test(username)
    throw looksLikeNumber
      ? new Failure(
          'invalid_phone_number',
          'neither a device nor a phone number in E.164 format (+61...)',
          'to',
        )
      : new Failure('not_found', `no device is called ${username}`, 'to')
  }
  if (!ports.sip.registeredContacts(device.id).some(isCallable)) {
    throw new Failure('device_not_registered', `device ${username} is not registered`, 'to')
  }
  const options = deviceOptionsOf(device)
  return { is: 'direct', target: { kind: 'device', deviceId: device.id, username, options } }
}

function toTrunk(all: readonly TrunkRecord[], number: string): Routed {
  const trunks = fittingTrunks(all, number)
  if (trunks.length === 0) throw new Failure('no_route', `no trunk takes calls to ${number}`, 'to')
  return { is: 'byTrunk', number, trunks }
}

/** Whatever other trunks take the number. */
function toLab(all: readonly TrunkRecord[], number: string): Routed {
  const trunks = fittingTrunks(
    all.filter(({ id }) => id === labTrunkId),
    number,
  )
  if (trunks.length > 0) return { is: 'byTrunk', number, trunks }
  throw new Failure('no_route', `a test key does not reach ${number}, only the lab carrier`, 'to')
}

/** A caller ID must be one of the account's numbers or devices. Failure `from_not_owned`. */
export async function requireOwned(
  ports: RoutePorts,
  account: Account,
  from: string,
): Promise<void> {
  if (!(await owns(ports, account, from))) {
    throw new Failure('from_not_owned', '`from` must be a number or device that you own', 'from')
  }
}

/** It is one of the account's numbers or devices. */
export async function owns(
  ports: Pick<RoutePorts, 'store'>,
  account: Account,
  from: string,
): Promise<boolean> {
  const owner = isE164(from)
    ? await ports.store.numbers.byNumber(from)
    : await ports.store.devices.byUsername(from)
  return owner?.accountId === account.id
}
