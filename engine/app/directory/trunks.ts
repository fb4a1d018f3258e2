import { isIP } from 'node:net'
import { Failure } from '../../core/failures.ts'
import { isUuid, type TrunkId } from '../../core/ids.ts'
import { isE164 } from '../../core/numbers.ts'
import type { TrunkRecord } from '../../core/ports/sip.ts'
import { unlimited } from '../../core/trunk-choice.ts'
import type { DirectoryPorts } from './ports.ts'
import { checkOptions, settled, type TrunkWish } from './trunk-options.ts'

/** A trunk before it has an id. */
export type TrunkFields = Omit<TrunkRecord, 'id'>

const maxTrunks = 1_000
const defaults = {
  transport: 'udp',
  username: null,
  password: null,
  defaultCallerId: null,
  prefixes: [],
  priority: 10,
  ...unlimited,
  enabled: true,
} as const satisfies Partial<TrunkFields>

/** Adds a way out to the telephone network. Failure `invalid_request`, `invalid_phone_number`. */
export async function createTrunk(
  ports: DirectoryPorts,
  wish: Pick<TrunkFields, 'name' | 'host'> & TrunkWish,
): Promise<TrunkRecord> {
  const { store, ids } = ports
  const { name, host } = wish
  const wanted = { ...(await settled(ports, wish, undefined)), name, host }
  const port = isIP(wanted.host) === 0 ? 0 : wanted.transport === 'tls' ? 5061 : 5060
  const fields: TrunkFields = { ...defaults, port, ...wanted }
  check(fields)
  if ((await store.trunks.list()).length >= maxTrunks) {
    throw new Failure('invalid_request', `There are ${maxTrunks} trunks already`)
  }
  const trunk: TrunkRecord = { ...fields, id: ids.uuid() as TrunkId }
  await store.trunks.insert(trunk)
  ports.sipTrunks.trunksChanged()
  return trunk
}

export async function listTrunks({ store }: DirectoryPorts): Promise<TrunkRecord[]> {
  return store.trunks.list()
}

/** Failure `not_found`. */
export async function getTrunk({ store }: DirectoryPorts, id: string): Promise<TrunkRecord> {
  const found = isUuid(id) ? await store.trunks.get(id as TrunkId) : undefined
  if (!found) throw new Failure('not_found', 'There is no such trunk')
  return found
}

/** Changes the given fields; null takes one away. Failures as above. */
export async function updateTrunk(
  ports: DirectoryPorts,
  id: string,
  wish: TrunkWish,
): Promise<TrunkRecord> {
  const stored = await getTrunk(ports, id)
  const trunk: TrunkRecord = { ...stored, ...(await settled(ports, wish, stored.id)) }
  check(trunk)
  await ports.store.trunks.update(trunk)
  ports.sipTrunks.trunksChanged()
  return trunk
}

/** Failure `not_found`. Calls that are up on it stay up. */
export async function removeTrunk(ports: DirectoryPorts, id: string): Promise<void> {
  const trunk = await getTrunk(ports, id)
  await ports.store.trunks.remove(trunk.id)
  ports.sipTrunks.trunksChanged()
}

/** Labels of letters, digits and dashes (RFC 1123 section 2.1), or an IP address. */
const hostName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i

function check(trunk: TrunkFields): void {
  const { host, username, password, defaultCallerId, prefixes } = trunk
  checkOptions(trunk)
  if (isIP(host) === 0 && (!hostName.test(host) || /^[\d.]+$/.test(host))) {
    throw new Failure('invalid_request', 'host must be a host name or an IP address', 'host')
  }
  if (password !== null && username === null) {
    throw new Failure('invalid_request', 'A password needs a username', 'username')
  }
  if (defaultCallerId !== null && !isE164(defaultCallerId)) {
    const text = 'default_caller_id must be in E.164 format (+61...)'
    throw new Failure('invalid_phone_number', text, 'default_caller_id')
  }
  if (!prefixes.every((prefix) => /^\+\d{1,15}$/.test(prefix))) {
    const text = 'Each of prefixes must be + and 1 to 15 digits'
    throw new Failure('invalid_request', text, 'prefixes')
  }
}
