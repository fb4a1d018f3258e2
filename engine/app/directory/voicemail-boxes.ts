import { Failure } from '../../core/failures.ts'
import { type AccountId, boxIdOf, type DeviceId, isBoxId, type NumberId } from '../../core/ids.ts'
import { isE164, parseDestination } from '../../core/numbers.ts'
import type { MessageCounts } from '../../core/ports/mailbox.ts'
import {
  type BoxOptions,
  type Greeting,
  type GreetingKind,
  plainBox,
  type VoicemailBox,
} from '../../core/ports/voicemail.ts'
import { ofField } from '../music.ts'
import { checkSpokenIn } from '../phrases/check-language.ts'
import { PinGuard, voicemailPins } from '../pin-guard.ts'
import { dayMs, tellLamps } from '../voicemail/messages.ts'
import { type Entrance, entrances, hashPin, triesAt } from '../voicemail/pin.ts'
import { deviceNamed } from './devices.ts'
import { getNumber } from './numbers.ts'
import type { DirectoryPorts } from './ports.ts'
import { requireMail } from './subscriptions.ts'
import { removeMessage } from './voicemails.ts'

const maxBoxes = 10_000

/** What is said of a box; devices by id or user name, numbers by id or in E.164. */
export interface BoxChange extends Partial<BoxOptions> {
  /** Null: none. */
  readonly pin?: string | null
  /** They take the place of those that it served. */
  readonly devices?: readonly string[]
  readonly numbers?: readonly string[]
}

/** A box and what is in it. */
export interface BoxNow {
  readonly box: VoicemailBox
  readonly counts: MessageCounts
  /** By which way nobody gets in by phone, after too many wrong PINs, and until when; null: it is open. */
  readonly lockedUntilMs: Readonly<Record<Entrance, number | null>>
}

/**
 * Makes a box. Failures `invalid_request`, `url_not_allowed`, `already_exists` (a device or number has another one),
 * `limit_reached`.
 */
export async function createBox(
  ports: DirectoryPorts,
  accountId: AccountId,
  { name, ...wanted }: BoxChange & Pick<BoxOptions, 'name'>,
): Promise<BoxNow> {
  if ((await ports.store.voicemailBoxes.count(accountId)) >= maxBoxes) {
    throw new Failure('limit_reached', `There are ${maxBoxes} voicemail boxes already`)
  }
  const fresh: VoicemailBox = {
    ...{ id: boxIdOf(ports.ids.uuid()), accountId, pinHash: null, greetings: {} },
    ...{ options: { ...plainBox, name }, devices: [], numbers: [] },
    createdAtMs: ports.clock.nowMs(),
  }
  const box = await changed(ports, fresh, wanted)
  await ports.store.voicemailBoxes.insert(box)
  await tellLamps(ports, box)
  return boxNow(ports, box)
}

export async function listBoxes(ports: DirectoryPorts, accountId: AccountId): Promise<BoxNow[]> {
  return boxesNow(ports, await ports.store.voicemailBoxes.list(accountId))
}

/** Failure `not_found`. */
export async function getBox(
  { store }: Pick<DirectoryPorts, 'store'>,
  accountId: AccountId,
  id: string,
): Promise<VoicemailBox> {
  const found = isBoxId(id) ? await store.voicemailBoxes.get(accountId, id) : undefined
  if (!found) throw new Failure('not_found', 'There is no such voicemail box')
  return found
}

type BoxNowPorts = Pick<DirectoryPorts, 'store' | 'clock'>

export const boxNow = async (ports: BoxNowPorts, box: VoicemailBox): Promise<BoxNow> => {
  const [now] = await boxesNow(ports, [box])
  if (!now) throw new Error('one box is one box')
  return now
}

async function boxesNow(ports: BoxNowPorts, boxes: readonly VoicemailBox[]): Promise<BoxNow[]> {
  const guard = new PinGuard(ports, voicemailPins)
  const ways = boxes.flatMap((box) => entrances.map((by) => triesAt(box, by)))
  const locks = await guard.lockedUntilMs(ways)
  const lockedUntilMs = (box: VoicemailBox, by: Entrance) => locks.get(triesAt(box, by)) ?? null
  return Promise.all(
    boxes.map(async (box) => ({
      box,
      counts: await ports.store.voicemails.counts(box.id),
      lockedUntilMs: { own: lockedUntilMs(box, 'own'), outside: lockedUntilMs(box, 'outside') },
    })),
  )
}

/** Fields that are not given stay. Failures as above, and `not_found`. */
export async function updateBox(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  change: BoxChange,
): Promise<BoxNow> {
  const before = await getBox(ports, accountId, id)
  const box = await changed(ports, before, change)
  await ports.store.voicemailBoxes.update(box)
  if (change.pin !== undefined) await forgetWrongPins(ports, box)
  const { retentionDays } = box.options
  if (retentionDays !== before.options.retentionDays) {
    const afterMs = retentionDays === null ? null : retentionDays * dayMs
    await ports.store.voicemails.expireAfter(box.id, afterMs)
  }
  const gone = before.devices.filter((device) => !box.devices.includes(device))
  await tellLamps(ports, { accountId, devices: [...box.devices, ...gone] })
  return boxNow(ports, box)
}

/** Who gives it another PIN wants it to be entered: a lock is over then. */
async function forgetWrongPins(ports: DirectoryPorts, box: VoicemailBox): Promise<void> {
  const guard = new PinGuard(ports, voicemailPins)
  for (const by of entrances) await guard.right(triesAt(box, by))
}

/** With all its messages. Failures `not_found`, `recording_on_hold`: one is held, and the box stays with those that are left. */
export async function removeBox(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
): Promise<void> {
  const box = await getBox(ports, accountId, id)
  for (const folder of ['new', 'saved', 'deleted'] as const) {
    for (;;) {
      const page = { folder, page: 1, pageSize: 100 }
      const { voicemails } = await ports.store.voicemails.list(box.id, page)
      if (voicemails.length === 0) break
      for (const message of voicemails) await removeMessage(ports, message, 'api')
    }
  }
  await removeDrafts(ports, box)
  for (const greeting of Object.values(box.greetings)) await dropFile(ports, greeting)
  await ports.store.voicemailBoxes.remove(box.id)
  await tellLamps(ports, box)
}

/** What was said and not filed yet; what is being said just now goes when it is to be filed. */
async function removeDrafts(ports: DirectoryPorts, { id }: VoicemailBox): Promise<void> {
  for (const draft of await ports.store.voicemails.drafts()) {
    if (draft.boxId !== id) continue
    const recording = await ports.store.recordings.get(draft.accountId, draft.recordingId)
    if (recording && recording.status !== 'in-progress') await removeMessage(ports, draft, 'api')
  }
}

/** A sound is fetched at once. Failures `not_found`, those of Web.prompt. */
export async function setGreeting(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  kind: GreetingKind,
  greeting: Greeting | undefined,
): Promise<BoxNow> {
  await getBox(ports, accountId, id)
  if (greeting?.kind === 'url') await checkSound(ports, accountId, greeting.url)
  return placeGreeting(ports, await getBox(ports, accountId, id), kind, greeting)
}

async function checkSound({ web }: DirectoryPorts, accountId: AccountId, url: string) {
  web.checkPromptUrl(url, 'url')
  await ofField('url', () => web.prompt(url, accountId))
}

async function placeGreeting(
  ports: DirectoryPorts,
  box: VoicemailBox,
  kind: GreetingKind,
  greeting: Greeting | undefined,
): Promise<BoxNow> {
  const { [kind]: before, ...others } = box.greetings
  const now = { ...box, greetings: { ...others, ...(greeting && { [kind]: greeting }) } }
  await ports.store.voicemailBoxes.update(now)
  await dropFile(ports, before)
  return boxNow(ports, now)
}

async function dropFile({ greetingFiles }: DirectoryPorts, greeting?: Greeting): Promise<void> {
  if (greeting?.kind === 'file') await greetingFiles.remove(greeting.file)
}

async function changed(
  ports: DirectoryPorts,
  box: VoicemailBox,
  { pin, devices, numbers, ...options }: BoxChange,
): Promise<VoicemailBox> {
  const now: VoicemailBox = {
    ...box,
    options: { ...box.options, ...options },
    ...(devices && { devices: await devicesOf(ports, box.accountId, devices) }),
    ...(numbers && { numbers: await numbersOf(ports, box.accountId, numbers) }),
    ...(pin !== undefined && { pinHash: pin === null ? null : await hashPin(pin) }),
  }
  await checkOptions(ports, box.accountId, now.options, options)
  return now
}

async function devicesOf(
  ports: DirectoryPorts,
  accountId: AccountId,
  names: readonly string[],
): Promise<DeviceId[]> {
  const ids = await Promise.all(
    names.map(
      async (name) => (await named(() => deviceNamed(ports, accountId, name), 'devices')).id,
    ),
  )
  return [...new Set(ids)]
}

async function numbersOf(
  ports: DirectoryPorts,
  accountId: AccountId,
  names: readonly string[],
): Promise<NumberId[]> {
  const find = async (name: string) => {
    if (!isE164(name)) return getNumber(ports, accountId, name)
    const number = await ports.store.numbers.byNumber(name)
    if (number?.accountId === accountId) return number
    throw new Failure('not_found', 'There is no such number')
  }
  const ids = await Promise.all(
    names.map(async (name) => (await named(() => find(name), 'numbers')).id),
  )
  return [...new Set(ids)]
}

/** What a body names is no address: its fault is the body's. */
async function named<T>(find: () => Promise<T>, field: string): Promise<T> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure('invalid_request', `${field}: ${error.message}`, field)
  }
}

/** `said`: what is new of it. */
async function checkOptions(
  ports: DirectoryPorts,
  accountId: AccountId,
  options: BoxOptions,
  said: Partial<BoxOptions>,
): Promise<void> {
  if (options.minMessageMs >= options.maxMessageMs) {
    const text = 'min_message_seconds must be less than max_message_seconds'
    throw new Failure('invalid_request', text, 'min_message_seconds')
  }
  checkSpokenIn(ports.speech, said)
  if (said.email) requireMail(ports, said.email)
  if (said.webhookUrl) ports.web.checkUrl(said.webhookUrl, 'webhook_url')
  if (said.operator) await checkOperator(ports, accountId, said.operator)
}

async function checkOperator(
  { store }: DirectoryPorts,
  accountId: AccountId,
  operator: string,
): Promise<void> {
  const to = parseDestination(operator)
  if (to?.kind === 'number') return
  const device = to?.kind === 'device' ? await store.devices.byUsername(to.username) : undefined
  if (device?.accountId === accountId) return
  throw new Failure(
    'invalid_request',
    'operator: neither a device nor a number in E.164',
    'operator',
  )
}
