import { createHash, randomBytes } from 'node:crypto'
import type { Clock, Ids } from '../core/clock.ts'
import { ha1Md5, ha1Sha256 } from '../core/digest.ts'
import type { AccountId, DeviceId, NumberId, TrunkId } from '../core/ids.ts'
import type { TrunkRecord } from '../core/ports/sip.ts'
import type { Account, Store } from '../core/ports/store.ts'
import type { Verb } from '../core/verbs.ts'

/** What a newcomer needs to place a call and to log two phones in. */
export interface Logins {
  readonly apiKey: string
  readonly devices: readonly { readonly username: string; readonly password: string }[]
  /** What status webhooks are signed with. */
  readonly webhookSecret: string | null
}

export interface FirstStartOptions {
  /** The operator's own key; one is made if absent. */
  readonly apiKey: string | undefined
  readonly defaultNumber: string | undefined
  readonly recordTriggerCalls: boolean
  readonly realm: string
}

interface FirstStartPorts {
  readonly store: Store
  readonly ids: Ids
  readonly clock: Clock
}

/** Belongs to the lab carrier's range, so that it can be nobody's telephone. */
export const labOwnNumber = '+15005550100'
const firstDevices = ['1001', '1002'] as const

/** A device password: 144 bits from the system's source. */
export const newPassword = (): string => randomBytes(18).toString('base64url')
const newApiKey = (): string =>
  `sk_live_${randomBytes(24).toString('base64url').replace(/[-_]/g, 'x')}`
export const keyHash = (key: string): string => createHash('sha256').update(key).digest('hex')

/**
 * Makes the account, its first key, number and two devices, unless there is one already. `logins` is only
 * there at the first start: afterwards nobody knows the passwords any more.
 */
export async function firstStart(
  ports: FirstStartPorts,
  options: FirstStartOptions,
): Promise<{ account: Account; logins: Logins | undefined }> {
  const existing = await ports.store.accounts.first()
  if (existing) {
    if (options.apiKey !== undefined) await ensureKey(ports, existing, options.apiKey)
    return { account: existing, logins: undefined }
  }
  const account: Account = {
    id: ports.ids.uuid() as AccountId,
    name: 'default',
    defaultNumber: options.defaultNumber ?? labOwnNumber,
    recordTriggerCalls: options.recordTriggerCalls,
  }
  await ports.store.accounts.insert(account)
  const apiKey = options.apiKey ?? newApiKey()
  await ensureKey(ports, account, apiKey)
  await ownNumber(ports, account)
  const devices = []
  for (const username of firstDevices) {
    devices.push(await addDevice(ports, account, username, options.realm))
  }
  const webhookSecret = (await ports.store.accounts.webhookSecret(account.id)) ?? null
  return { account, logins: { apiKey, devices, webhookSecret } }
}

async function ensureKey(ports: FirstStartPorts, account: Account, key: string): Promise<void> {
  const hash = keyHash(key)
  if (await ports.store.accounts.byKeyHash(hash)) return
  const createdAtMs = ports.clock.nowMs()
  await ports.store.accounts.insertKey({
    hash,
    accountId: account.id,
    hint: `${key.slice(0, 12)}…`,
    createdAtMs,
  })
}

async function addDevice(
  ports: FirstStartPorts,
  account: Account,
  username: string,
  realm: string,
): Promise<{ username: string; password: string }> {
  const password = newPassword()
  await ports.store.devices.insert({
    id: ports.ids.uuid() as DeviceId,
    accountId: account.id,
    username,
    name: `Phone ${username}`,
    ha1Md5: ha1Md5(username, realm, password),
    ha1Sha256: ha1Sha256(username, realm, password),
    createdAtMs: ports.clock.nowMs(),
  })
  return { username, password }
}

/** What a newcomer hears who calls the account's first number. */
const welcome: readonly Verb[] = [
  {
    verb: 'gather',
    prompt: {
      verb: 'say',
      text: 'Welcome to Ringdown. Press 1 to hear yourself. Press 2 to hear a lead. Press 3 to ring phone 1001.',
    },
    attempts: 2,
    branches: {
      '1': [{ verb: 'dial', to: '+15005550140' }],
      '2': [{ verb: 'dial', to: '+15005550130' }],
      '3': [{ verb: 'dial', to: '1001' }],
    },
  },
  { verb: 'say', text: 'Goodbye.' },
]

async function ownNumber(ports: FirstStartPorts, account: Account): Promise<void> {
  if (account.defaultNumber === null) return
  await ports.store.numbers.insert({
    id: ports.ids.uuid() as NumberId,
    accountId: account.id,
    number: account.defaultNumber,
    route: { kind: 'verbs', verbs: welcome },
    createdAtMs: ports.clock.nowMs(),
  })
}

/** Trunks that come from settings have ids of their own, so that a changed setting changes the trunk. */
const settingTrunkIds = {
  lab: '00000000-0000-4000-8000-00000000001a' as TrunkId,
  setting: '00000000-0000-4000-8000-00000000005e' as TrunkId,
}

/** Writes a trunk that is given by settings; undefined takes it away. */
export async function settingTrunk(
  store: Store,
  which: keyof typeof settingTrunkIds,
  wanted: Omit<TrunkRecord, 'id'> | undefined,
): Promise<void> {
  const id = settingTrunkIds[which]
  const stored = await store.trunks.get(id)
  if (wanted && stored) await store.trunks.update({ ...wanted, id })
  else if (wanted) await store.trunks.insert({ ...wanted, id })
  else if (stored) await store.trunks.remove(id)
}
