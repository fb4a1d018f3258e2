import { ha1Md5, ha1Sha256 } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import type { TrunkId } from '../../core/ids.ts'
import type { TrunkRecord } from '../../core/ports/sip.ts'
import { networkOf } from '../../core/targets.ts'
import { isCountry } from '../../core/trunk-numbers.ts'
import { type NumberRule, optionsOf, type TrunkInbound } from '../../core/trunk-options.ts'
import type { DirectoryPorts } from './ports.ts'

/** How calls from the trunk shall be known, with the password that is not kept. */
type InboundWish =
  | Extract<TrunkInbound, { by: 'address' }>
  | { readonly by: 'digest'; readonly username: string; readonly password: string }

/** Fields of a trunk as they are asked for. */
export type TrunkWish = Partial<Omit<TrunkRecord, 'id' | 'inbound'>> & {
  readonly inbound?: InboundWish
}

/** The wish with hashes for its password. Failure `already_exists`: a device or trunk has that name. */
export async function settled(
  ports: DirectoryPorts,
  { inbound, ...rest }: TrunkWish,
  own: TrunkId | undefined,
): Promise<Partial<Omit<TrunkRecord, 'id'>>> {
  if (inbound?.by !== 'digest') return inbound === undefined ? rest : { ...rest, inbound }
  const { username, password } = inbound
  const isTaken =
    (await ports.store.devices.byUsername(username)) !== undefined ||
    (await isTrunkLogin(ports, username, own))
  if (isTaken) {
    throw new Failure('already_exists', `${username} is a device or another trunk`, 'inbound')
  }
  const hashes = {
    ha1Md5: ha1Md5(username, ports.realm, password),
    ha1Sha256: ha1Sha256(username, ports.realm, password),
  }
  return { ...rest, inbound: { by: 'digest', username, ...hashes } }
}

/** Whether calls of a trunk, other than `besides`, are known by this name. */
export async function isTrunkLogin(
  { store }: Pick<DirectoryPorts, 'store'>,
  username: string,
  besides?: TrunkId,
): Promise<boolean> {
  const trunks = await store.trunks.list()
  return trunks.some((trunk) => trunk.id !== besides && loginOf(trunk) === username)
}

function loginOf(trunk: TrunkRecord): string | undefined {
  const { inbound } = optionsOf(trunk)
  return inbound.by === 'digest' ? inbound.username : undefined
}

/** Failure `invalid_request`, with the field at fault. */
export function checkOptions(trunk: Omit<TrunkRecord, 'id'>): void {
  const { registration, inbound, numbers, srtp } = optionsOf(trunk)
  if (srtp === 'required' && trunk.transport !== 'tls') {
    throw invalid('srtp can be required over TLS alone, as its keys are told in SIP', 'srtp')
  }
  if (registration && trunk.username === null && registration.contactUser === null) {
    throw invalid('registration needs a username or a contact_user', 'registration')
  }
  if (inbound.by === 'address' && !inbound.addresses.every((text) => networkOf(text).length > 0)) {
    throw invalid('Each of inbound.addresses must be an IP address or a network (CIDR)', 'inbound')
  }
  if (numbers.country !== null && !isCountry(numbers.country)) {
    throw invalid('numbers.country must be an ISO 3166 code of two letters, e.g. AU', 'numbers')
  }
  if (numbers.format === 'national' && numbers.country === null) {
    throw invalid('numbers in national format need a country', 'numbers')
  }
  if (![...numbers.rulesOut, ...numbers.rulesIn].every(isRule)) {
    throw invalid('match and prepend must be digits, with a plus in front if need be', 'numbers')
  }
}

const isRule = ({ match, prepend, strip }: NumberRule): boolean =>
  /^\+?[\d*#]{0,15}$/.test(match) && /^\+?[\d*#]{0,15}$/.test(prepend) && strip <= match.length

const invalid = (message: string, field: string): Failure =>
  new Failure('invalid_request', message, field)
