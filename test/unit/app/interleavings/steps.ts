import { randomUUID } from 'node:crypto'
import { Failure } from '../../../../engine/core/failures.ts'
import type { CallId, TrunkId } from '../../../../engine/core/ids.ts'
import { topUpLines } from '../../../../engine/core/money/ledger.ts'
import type { Verb } from '../../../../engine/core/verbs.ts'
import fc from '../../../support/property.ts'
import { landline, mobile, type Owner, type World } from './world.ts'

/** Whom a step is about, by two numbers. */
interface Chosen {
  readonly a: number
  readonly b: number
}

type Act = (world: World, chosen: Chosen) => unknown

const pick = <One>(list: readonly One[], at: number): One | undefined => list[at % list.length]
/** Numbers from here on choose what is not there. */
const rarely = 8
const nobody = randomUUID() as CallId

const ownerOf = ({ owners }: World, at: number): Owner => {
  const owner = pick(owners, at)
  if (!owner) throw new Error('there are accounts')
  return owner
}

/** A call of late, and whose it is; now and then one that is over, or that nobody knows. */
function callAt(world: World, at: number): { id: CallId; owner: Owner } {
  const live = [...world.life.calls.all()].map(({ id }) => id).slice(-8)
  const over = world.phones.those(({ at: now }) => now === 'over').slice(-1)
  const id = at < rarely ? pick(live, at) : pick(over, 0)
  const accountId = id === undefined ? undefined : world.life.calls.get(id)?.record.accountId
  const owner = world.owners.find(({ account }) => account.id === accountId)
  return { id: id ?? nobody, owner: owner ?? ownerOf(world, 0) }
}

const programs = (owner: Owner): readonly (readonly Verb[] | undefined)[] => [
  undefined,
  [{ verb: 'pause', durationMs: 30_000 }, { verb: 'hangup' }],
  [{ verb: 'dial', to: owner.devices[1] ?? '', record: true }],
  [{ verb: 'dial', targets: [{ to: mobile }, { to: owner.devices[2] ?? '' }], timeoutMs: 20_000 }],
  [{ verb: 'gather', numDigits: 2, prompt: { verb: 'say', text: 'press' } }],
  [{ verb: 'enqueue', queue: 'support' }],
  [{ verb: 'dial', queue: 'support', timeoutMs: 30_000 }],
  [{ verb: 'conference', name: 'room', options: {} }],
  [
    { verb: 'record', action: 'start' },
    { verb: 'redirect', url: 'https://app.example/0' },
  ],
  [{ verb: 'redirect', url: 'https://app.example/9' }],
]

async function place(world: World, owner: Owner, id: CallId, at: number): Promise<void> {
  const verbs = pick(programs(owner), at)
  const to = pick([mobile, owner.devices[0] ?? '', landline], at) ?? mobile
  const request = { id, to, from: owner.number, ringTimeoutMs: 25_000, record: at % 5 === 0 }
  await world.life.centre.placeCall(owner.account, { ...request, ...(verbs && { verbs }) })
}

async function askFor(world: World, { a, b }: Chosen): Promise<void> {
  const asked = { owner: ownerOf(world, a), id: randomUUID() as CallId, isOver: false }
  world.asked.push(asked)
  await place(world, asked.owner, asked.id, b).finally(() => {
    asked.isOver = true
  })
}

/** The request comes once more, as after a lost answer or a crash. */
async function askAgain(world: World, { a, b }: Chosen): Promise<void> {
  const asked = pick(world.asked.filter(({ isOver }) => isOver).slice(-4), a)
  if (!asked) return
  asked.isOver = false
  await place(world, asked.owner, asked.id, b).finally(() => {
    asked.isOver = true
  })
}

async function dialIn(world: World, { a, b }: Chosen): Promise<void> {
  const callId = randomUUID() as CallId
  const owner = ownerOf(world, a)
  const device = b % 2 === 0 ? undefined : await world.lab.store.devices.byUsername(`a${a % 3}d2`)
  const [trunk] = await world.lab.store.trunks.list()
  world.phones.calls(callId)
  world.life.sip.incoming({
    ...{ callId, sipCallId: 'x@y', fromName: null, protocol: 'udp', sdp: 'v=0 theirs' },
    from: device?.username ?? mobile,
    to: device && b % 4 === 1 ? (owner.devices[0] ?? '') : (pick(world.numbers, a * 7 + b) ?? ''),
    source: device
      ? { kind: 'device', deviceId: device.id, username: device.username }
      : { kind: 'trunk', trunkId: trunk?.id ?? ('' as TrunkId) },
  })
}

const isCalled = (leg: { at: string; direction: string }) =>
  leg.direction === 'outbound' && leg.at === 'calling'
const isUp = (leg: { at: string }) => leg.at === 'up'

/** Whoever is called answers, and whoever is called for that. */
async function allAnswer(world: World): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.lab.settle()
    for (const id of world.phones.those(isCalled)) {
      world.phones.answers(id)
      world.life.sip.answered(id, 'v=0', 'x@phone')
    }
  }
  await world.lab.settle()
}

/** Tells of a leg, if there is one to which it can happen. */
const ofLeg =
  (
    fits: (leg: { at: string; direction: string }) => boolean,
    happens: (world: World, id: CallId, b: number) => void,
  ): Act =>
  (world, { a, b }) => {
    const id = pick(world.phones.those(fits), a)
    if (id !== undefined) happens(world, id, b)
  }

const answers = ofLeg(isCalled, ({ phones, life }, id) => {
  phones.answers(id)
  life.sip.answered(id, 'v=0', 'x@phone')
})

const refuses = (sipStatus: number, isSilent = false) =>
  ofLeg(isCalled, ({ phones, life }, id) => {
    phones.refuses(id)
    life.sip.rejected(id, sipStatus, 'x', { sipCallId: 's', silent: isSilent })
  })

const hangsUp = ofLeg(isUp, ({ phones, life }, id) => {
  phones.hangsUp(id)
  life.sip.remoteHangup(id, 'BYE')
})

const presses = (digit: string) => ofLeg(isUp, ({ life }, id) => life.media.digit(id, digit, 100))

const sipActs: Readonly<Record<string, Act>> = {
  answers,
  answersToo: answers,
  answersAsWell: answers,
  rings: ofLeg(isCalled, ({ life }, id) => life.sip.progress(id, 180, undefined)),
  ringsWithSound: ofLeg(isCalled, ({ life }, id) => life.sip.progress(id, 183, 'v=0 early')),
  busy: refuses(486),
  trunkFails: refuses(503),
  isSilent: refuses(408, true),
  hangsUp,
  callerCancels: ofLeg(
    ({ at, direction }) => direction === 'inbound' && at === 'calling',
    ({ phones, life }, id) => {
      phones.hangsUp(id)
      life.sip.remoteCancel(id)
    },
  ),
  key1: presses('1'),
  keyStar: presses('*'),
  mediaLost: ofLeg(isUp, ({ life }, id) => life.media.silence(id, 'end', 20_000)),
  wayLost: ofLeg(isUp, ({ life }, id) => life.media.connection(id, 'lost')),
  wayBack: ofLeg(isUp, ({ life }, id) => life.media.connection(id, 'up')),
  phoneHolds: ofLeg(isUp, ({ life }, id, b) => life.media.held(id, b % 2 === 0)),
  soundEnds: ofLeg(isUp, ({ lab }, id) => lab.finishPlay(id)),
  soundEndsToo: ofLeg(isUp, ({ lab }, id) => lab.finishPlay(id)),
}

/** Something that an API asks of a call. */
const ofCall =
  (asks: (life: World['life'], call: { id: CallId; owner: Owner; b: number }) => unknown): Act =>
  (world, { a, b }) => {
    const { id, owner } = callAt(world, a + (b === 9 ? rarely : 0))
    return asks(world.life, { id, owner, b })
  }

const apiActs: Readonly<Record<string, Act>> = {
  place: askFor,
  placeAnother: askFor,
  placeAgain: askAgain,
  dialIn,
  talk: async (world, { a, b }) => {
    await askFor(world, { a, b: b % 2 === 0 ? 2 : b })
    await allAnswer(world)
  },
  comeIn: async (world, { a, b }) => {
    await dialIn(world, { a, b })
    await allAnswer(world)
  },
  trigger: ({ life, owners }, { a }) => {
    const { account } = pick(owners, a) ?? { account: undefined }
    const request = { agentPhone: mobile, leadPhone: landline, leadName: 'x' }
    return account && life.centre.triggerCall(account, request)
  },
  end: ofCall(({ centre }, { id, owner }) => centre.endCall(owner.account.id, id)),
  cancel: ofCall(({ centre }, { id, owner }) =>
    centre.updateCall(owner.account.id, id, { status: 'canceled' }),
  ),
  update: ofCall(({ centre }, { id, owner, b }) =>
    centre.updateCall(owner.account.id, id, { url: `https://app.example/${b}` }),
  ),
  hold: ofCall(({ centre }, { id, owner, b }) =>
    centre.holdCall(owner.account.id, id, b % 2 === 0),
  ),
  transfer: ofCall(({ centre }, { id, owner, b }) =>
    centre.transferCall(owner.account.id, id, {
      to: (b % 2 === 0 ? owner.devices[2] : mobile) ?? mobile,
      mode: 'bridge',
    }),
  ),
  mute: ofCall(({ actions }, { id, owner, b }) =>
    actions.mute(owner.account.id, id, 'both', b % 2 === 0),
  ),
  play: ofCall(({ actions }, { id, owner, b }) =>
    actions.play(owner.account.id, id, {
      url: 'x',
      ...(b % 2 === 0 ? { queue: true } : { over: true }),
    }),
  ),
  stop: ofCall(({ actions }, { id, owner }) => actions.stop(owner.account.id, id)),
  redirect: ofCall(({ actions }, { id, owner, b }) =>
    actions.redirect(owner.account.id, id, { verbs: pick(programs(owner), b) ?? [] }),
  ),
  bridge: ofCall(({ actions, calls }, { id, owner, b }) => {
    const others = [...calls.all()].filter(
      (one) => one.id !== id && one.record.accountId === owner.account.id,
    )
    return actions.bridge(owner.account.id, id, pick(others, b)?.id ?? nobody)
  }),
  unbridge: ofCall(({ actions }, { id, owner }) => actions.unbridge(owner.account.id, id)),
  consult: ofCall(({ actions }, { id, owner }) =>
    actions.consult(owner.account.id, id, owner.devices[1] ?? ''),
  ),
  endConsultation: ofCall(({ actions }, { id, owner, b }) =>
    actions.endConsultation(owner.account.id, id, b % 2 === 0 ? 'complete' : 'cancel'),
  ),
  park: ofCall(({ actions }, { id, owner }) =>
    actions.park(owner.account.id, id, { timeoutMs: 45_000 }),
  ),
  pickUp: (world, { a, b }) => {
    const parked = world.owners.flatMap((one) =>
      world.life.actions.parked(one.account.id).map(({ slot }) => ({ owner: one, slot })),
    )
    const { owner, slot } = pick(parked, a) ?? { owner: ownerOf(world, a), slot: '799' }
    const by = b % 2 === 0 ? { callId: callAt(world, b).id } : { to: owner.devices[2] ?? '' }
    return world.life.actions.pickUp(owner.account, { slot }, by)
  },
  record: ofCall(({ actions }, { id, owner, b }) =>
    actions.record(owner.account.id, id, {
      action: pick(['start', 'stop', 'pause', 'resume'] as const, b) ?? 'stop',
    }),
  ),
  listen: ofCall(({ actions }, { id, owner, b }) =>
    actions.listen(owner.account, id, {
      to: owner.devices[2] ?? '',
      mode: pick(['listen', 'whisper', 'barge'], b) ?? 'listen',
    }),
  ),
  bring: ofCall(({ actions }, { id, owner }) =>
    actions.redirect(owner.account.id, id, {
      verbs: [{ verb: 'conference', name: 'room', options: {} }],
    }),
  ),
  dequeue: async ({ life, owners }, { a, b }) => {
    const queues = owners.flatMap(({ account }) => life.calls.queues.of(account.id))
    const queue = pick(
      queues.filter(({ waiting }) => waiting.length > 0 || a === 0),
      b,
    )
    if (!queue) return
    const to = a % 2 === 0 ? { is: 'hangup' as const } : { is: 'agent' as const, to: mobile }
    await life.queues.dequeue(queue.account.id, queue.id, 'first', to)
  },
  openRoom: async (world, { a, b }) => {
    const owner = ownerOf(world, a)
    const options = { endOnModeratorExit: b % 2 === 0, record: b % 3 === 0 }
    const { id } = await world.life.rooms.create(owner.account, { friendlyName: 'room', options })
    world.rooms.push({ owner, id })
  },
  invite: async ({ life, rooms }, { a, b }) => {
    const room = pick(rooms.slice(-3), a)
    if (!room) return
    const { account, number, devices } = room.owner
    const to = (b % 2 === 0 ? devices[1] : landline) ?? landline
    await life.rooms.invite(account, room.id, { to, from: number, moderator: b % 3 === 0 })
  },
  endRoom: async ({ life, rooms }, { a }) => {
    const room = pick(rooms.slice(-3), a)
    if (room) await life.rooms.end(room.owner.account.id, room.id)
  },
  topUp: async ({ lab, owners }, { b }) => {
    const [first] = owners
    if (!first) return
    const lines = topUpLines(20_000 * (b + 1))
    await lab.store.money.book(first.account.id, { kind: 'top-up', lines })
  },
}

const worldActs: Readonly<Record<string, Act>> = {
  second: ({ lab }) => lab.clock.advance(1_000),
  seconds: ({ lab }, { b }) => lab.clock.advance(7_000 * (b + 1)),
  minutes: ({ lab }, { b }) => lab.clock.advance(61_000 * (b + 1)),
  storeFails: ({ life }, { b }) => {
    life.failing = (b % 3) + 1
  },
  crash: (world, { a }) => world.restart(a * 1_000),
}

/** As many runs begin: with somebody to do something with. */
const beginnings = ['talk', 'comeIn', 'trigger', 'place'] as const

const acts = { ...sipActs, ...apiActs, ...worldActs }

/** One thing that happens, and whether the next one comes at once, a little later, or when nothing moves any more. */
export class Step {
  readonly act: string
  readonly a: number
  readonly b: number
  readonly next: 'at once' | 'soon' | 'later'

  constructor(act: string, a: number, b: number, next: Step['next']) {
    this.act = act
    this.a = a
    this.b = b
    this.next = next
  }

  /** As a failing run is printed. */
  [fc.toStringMethod](): string {
    return `${this.act}(${this.a}, ${this.b}) ${this.next}`
  }

  /** What is asked for may go on when this resolves; a refusal of it is fine, anything else is a surprise. */
  async take(world: World): Promise<void> {
    const asked = Promise.resolve()
      .then(() => acts[this.act]?.(world, this))
      .catch((error: unknown) => {
        if (error instanceof Failure || String(error).includes('database away')) return
        world.surprises.push(`${this.act}: ${error instanceof Error ? error.stack : String(error)}`)
      })
    // Time and crashes are not overtaken.
    if (this.act in worldActs) await asked
    if (this.next === 'soon') await new Promise((resolve) => setImmediate(resolve))
    if (this.next === 'later') await world.lab.settle()
  }
}

const stepOf = (names: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom(...names),
      ...([fc.nat(5), fc.nat(9)] as const),
      fc.constantFrom('later' as const, 'soon' as const, 'at once' as const),
    )
    .map(([act, a, b, next]) => new Step(act, a, b, next))

export const anySteps = fc
  .tuple(
    fc.array(stepOf(beginnings), { minLength: 1, maxLength: 4, size: 'max' }),
    fc.array(stepOf(Object.keys(acts)), { maxLength: 50, size: 'max' }),
  )
  .map(([first, then]) => [...first, ...then])
