import { randomUUID } from 'node:crypto'
import type { Ports } from '../../../../engine/app/ports.ts'
import { recover } from '../../../../engine/app/recover.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import type {
  AccountId,
  CallId,
  ConferenceId,
  DeviceId,
  NumberId,
  TrunkId,
} from '../../../../engine/core/ids.ts'
import { noMoney, topUpLines } from '../../../../engine/core/money/ledger.ts'
import type { RegisteredContact } from '../../../../engine/core/ports/registrations.ts'
import type { Account, NumberRoute } from '../../../../engine/core/ports/store.ts'
import type { InstructionAnswer } from '../../../../engine/core/ports/web.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import { Life } from './life.ts'
import { Phones } from './phones.ts'

export const mobile = '+61412345678'
export const landline = '+61298765432'

/** How the three accounts pay. */
const billings = ['prepaid', 'postpaid', 'off'] as const
/** Each call ends by itself in this time. */
export const longestCallMs = 20 * 60_000

/** What applications answer, by the number at the end of their address; the others don't. */
const documents = [
  '<Gather numDigits="1" timeout="4" action="/1"><Say>press</Say></Gather><Redirect>/2</Redirect>',
  `<Dial timeout="20" action="/3">${mobile}</Dial>`,
  '<Enqueue action="/0">support</Enqueue>',
  '<Dial><Conference record="record-from-start">room</Conference></Dial>',
  '<Record maxLength="10" action="/0"/><Hangup/>',
  '<Say>one moment</Say><Dial timeout="15"><Client>d2</Client><Number>+61298765432</Number></Dial>',
  '<Reject/>',
]

export interface Owner {
  readonly account: Account
  readonly number: string
  /** Device names. */
  readonly devices: readonly string[]
}

/** What an account has asked for under an id of its own; `isOver`: it has been answered. */
export interface Asked {
  readonly owner: Owner
  readonly id: CallId
  isOver: boolean
}

/** The whole system over recorders and a database of its own: three accounts, their phones, and the process of the moment. */
export interface World {
  readonly lab: CallLab
  readonly phones: Phones
  readonly owners: readonly Owner[]
  readonly numbers: readonly string[]
  readonly asked: Asked[]
  readonly rooms: { readonly owner: Owner; readonly id: ConferenceId }[]
  /** What came of what was asked for, that was no refusal. */
  readonly surprises: string[]
  life: Life
  restart(aliveAgoMs: number): Promise<void>
}

export async function openWorld(creditMicro: number): Promise<World> {
  const lab = await openCallLab({
    sip: { registeredContacts: () => [contact] },
    ports: { web },
  })
  const settings = { ...lab.ports.settings, maxCallMs: longestCallMs, silentCallMs: 240_000 }
  const base: Ports = { ...lab.ports, settings }
  const phones = new Phones()
  const life = new Life(base, phones)
  const owners = [
    await addOwner(lab, 0, lab.account),
    await addOwner(lab, 1),
    await addOwner(lab, 2),
  ]
  const world: World = {
    ...{ lab, phones, owners, life, asked: [], rooms: [], surprises: [] },
    numbers: (await Promise.all(owners.map((owner) => addNumbers(lab, owner)))).flat(),
    restart: async (aliveAgoMs) => {
      await world.life.kill()
      phones.lose()
      await recover(base, lab.clock.nowMs() - aliveAgoMs)
      world.life = new Life(base, phones)
      await world.life.begin()
    },
  }
  for (const [index, { account }] of owners.entries()) {
    await giveMoney(lab, account.id, billings[index] ?? 'off', creditMicro)
    await world.life.queues.create(account, {
      name: 'support',
      options: { maxWaitMs: 90_000, maxSize: 3, strategy: index === 0 ? 'ring-all' : 'linear' },
      agents: [{ target: `a${index}d0`, wrapUpMs: 1_000 }, { target: mobile }],
    })
  }
  const [first] = await lab.store.trunks.list()
  if (first) await lab.store.trunks.insert({ ...first, id: otherTrunk, name: 'other' })
  return world
}

const otherTrunk = '00000000-0000-4000-8000-0000000000bb' as TrunkId

const contact: RegisteredContact = {
  ...{ uri: 'sip:x@127.0.0.1', source: 'udp/127.0.0.1:1', userAgent: null },
  ...{ registeredAtMs: 0, expiresAtMs: 0, q: 1, path: [] },
  ...{ reachability: 'unknown', roundTripMs: null },
}

const web: Ports['web'] = {
  prompt: async (url) => ({ path: `/prompt/${url}`, durationMs: 1_000 }),
  instructions: async ({ url }): Promise<InstructionAnswer> => {
    const document = documents[Number(url.slice(-1))]
    if (document === undefined) throw new Failure('url_unreachable', 'nobody there')
    return { url, type: 'application/xml', text: `<Response>${document}</Response>` }
  },
  checkUrl() {},
  checkPromptUrl() {},
  checkSocketUrl() {},
  socket: () => Promise.reject(new Error('no sockets here')),
}

async function addOwner(lab: CallLab, index: number, given?: Account): Promise<Owner> {
  const number = `+150055501${index}0`
  const account = given ?? {
    id: randomUUID() as AccountId,
    ...{ name: `owner ${index}`, defaultNumber: number, recordTriggerCalls: true },
  }
  if (!given) await lab.store.accounts.insert(account)
  const devices = [0, 1, 2].map((one) => `a${index}d${one}`)
  for (const username of devices) {
    await lab.store.devices.insert({
      ...{ id: randomUUID() as DeviceId, accountId: account.id, username, name: username },
      ...{ ha1Md5: 'x', ha1Sha256: 'y', createdAtMs: lab.clock.nowMs() },
    })
  }
  return { account, number, devices }
}

/** One for each thing that a number can do. */
async function addNumbers(
  lab: CallLab,
  { account, number, devices }: Owner,
): Promise<readonly string[]> {
  const url = (index: number) =>
    ({ kind: 'url', url: `https://app.example/${index}`, method: 'POST' }) as const
  const routes: NumberRoute[] = [
    { kind: 'verbs', verbs: [{ verb: 'enqueue', queue: 'support' }] },
    { kind: 'device', username: devices[1] ?? '' },
    { kind: 'number', number: mobile },
    { kind: 'conference', name: 'room' },
    ...[0, 1, 4, 5, 6, 9].map(url),
  ]
  const numbers = routes.map((_route, index) => number.slice(0, -1) + index)
  for (const [index, route] of routes.entries()) {
    const known = await lab.store.numbers.byNumber(numbers[index] ?? '')
    if (known) await lab.store.numbers.update({ ...known, route })
    else {
      await lab.store.numbers.insert({
        ...{ id: randomUUID() as NumberId, accountId: account.id, number: numbers[index] ?? '' },
        ...{ route, createdAtMs: lab.clock.nowMs() },
      })
    }
  }
  return numbers
}

async function giveMoney(
  { store }: CallLab,
  id: AccountId,
  billing: (typeof billings)[number],
  creditMicro: number,
): Promise<void> {
  const { balanceMicro: _, heldMicro: __, ...usual } = noMoney
  const creditLimitMicro = billing === 'postpaid' ? creditMicro : 0
  await store.money.configure(id, { ...usual, billing, creditLimitMicro })
  if (billing !== 'prepaid' || creditMicro === 0) return
  await store.money.book(id, { kind: 'top-up', lines: topUpLines(creditMicro) })
}
