import { randomBytes } from 'node:crypto'
import type { Clock, Ids } from '../core/clock.ts'
import { ha1Md5, ha1Sha256, keyHash } from '../core/digest.ts'
import type { AccountId, DeviceId, NumberId, TrunkId } from '../core/ids.ts'
import type { TrunkRecord } from '../core/ports/sip.ts'
import type { Account, Store } from '../core/ports/store.ts'
import { labTrunkId } from '../core/trunk-choice.ts'
import type { Verb } from '../core/verbs.ts'
import { newKey, testPrefix } from './directory/keys.ts'

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

/** Where the logins of the first start are kept, as long as the operator keeps them. */
export interface KeptLogins {
  read(): Logins | undefined
  write(logins: Logins): void
}

/** An account with this name is not complete: the first start was cut off, and is taken up again. */
const unfinishedName = 'default (being set up)'
const finishedName = 'default'

/**
 * Makes the account, its first key, number and two devices, unless they are there, and brings the account
 * in line with the settings. The logins are written down before anything is stored by them, so that a first
 * start that is cut off locks nobody out. Returns them as long as they are kept.
 */
export async function firstStart(
  ports: FirstStartPorts,
  options: FirstStartOptions,
  kept: KeptLogins,
): Promise<Logins | undefined> {
  const existing = await ports.store.accounts.first()
  const logins =
    existing && existing.name !== unfinishedName
      ? kept.read()
      : await setUp(ports, options, kept, existing)
  await applySettings(ports, options)
  return logins
}

async function setUp(
  ports: FirstStartPorts,
  options: FirstStartOptions,
  kept: KeptLogins,
  existing: Account | undefined,
): Promise<Logins> {
  const account = existing ?? {
    id: ports.ids.uuid() as AccountId,
    name: unfinishedName,
    defaultNumber: options.defaultNumber ?? labOwnNumber,
    recordTriggerCalls: options.recordTriggerCalls,
  }
  if (!existing) await ports.store.accounts.insert(account)
  const logins = kept.read() ?? (await freshLogins(ports, options, account))
  kept.write(logins)
  await ensureKey(ports, account, logins.apiKey)
  for (const device of logins.devices) await ensureDevice(ports, account, device, options.realm)
  await ports.store.accounts.update({ ...account, name: finishedName })
  return logins
}

async function freshLogins(
  { store }: FirstStartPorts,
  { apiKey }: FirstStartOptions,
  { id }: Account,
): Promise<Logins> {
  return {
    apiKey: apiKey ?? newKey(),
    devices: firstDevices.map((username) => ({ username, password: newPassword() })),
    webhookSecret: (await store.accounts.webhookSecret(id)) ?? null,
  }
}

/** What the settings say counts at every start. */
async function applySettings(ports: FirstStartPorts, options: FirstStartOptions): Promise<void> {
  const account = await ports.store.accounts.first()
  if (!account) return
  const settled: Account = {
    ...account,
    defaultNumber: options.defaultNumber ?? account.defaultNumber,
    recordTriggerCalls: options.recordTriggerCalls,
  }
  await ports.store.accounts.update(settled)
  if (options.apiKey !== undefined) await ensureKey(ports, account, options.apiKey)
  await ensureNumber(ports, settled)
}

async function ensureKey(ports: FirstStartPorts, account: Account, key: string): Promise<void> {
  const hash = keyHash(key)
  if (await ports.store.accounts.byKeyHash(hash)) return
  const createdAtMs = ports.clock.nowMs()
  await ports.store.accounts.insertKey({
    hash,
    accountId: account.id,
    hint: `${key.slice(0, Math.min(12, key.length >> 2))}…`,
    createdAtMs,
    isTest: key.startsWith(testPrefix),
  })
}

async function ensureDevice(
  ports: FirstStartPorts,
  account: Account,
  { username, password }: Logins['devices'][number],
  realm: string,
): Promise<void> {
  if (await ports.store.devices.byUsername(username)) return
  await ports.store.devices.insert({
    id: ports.ids.uuid() as DeviceId,
    accountId: account.id,
    username,
    name: `Phone ${username}`,
    ha1Md5: ha1Md5(username, realm, password),
    ha1Sha256: ha1Sha256(username, realm, password),
    createdAtMs: ports.clock.nowMs(),
  })
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

/** The caller ID has to be a number of the account's. */
async function ensureNumber(ports: FirstStartPorts, account: Account): Promise<void> {
  if (account.defaultNumber === null) return
  if (await ports.store.numbers.byNumber(account.defaultNumber)) return
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
  lab: labTrunkId,
  setting: '00000000-0000-4000-8000-00000000005e' as TrunkId,
}

/** What a setting says of its trunk at each start. The rest is the operator's to change, and stays. */
const settled = ({ host, port, transport, username, password }: Omit<TrunkRecord, 'id'>) => ({
  ...{ host, port, transport, username, password },
})

/** Writes a trunk that is given by settings; undefined takes it away. */
export async function settingTrunk(
  store: Store,
  which: keyof typeof settingTrunkIds,
  wanted: Omit<TrunkRecord, 'id'> | undefined,
): Promise<void> {
  const id = settingTrunkIds[which]
  const stored = await store.trunks.get(id)
  if (wanted && stored) await store.trunks.update({ ...stored, ...settled(wanted) })
  else if (wanted) await store.trunks.insert({ ...wanted, id })
  else if (stored) await store.trunks.remove(id)
}
