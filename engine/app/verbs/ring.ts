import type { RingCountry } from '../../core/ring-tones.ts'
import type { LiveCall } from '../live-call.ts'
import type { Run } from '../program.ts'
import { earlyMedia } from './early-media.ts'
import { type Called, letGoAll } from './parties.ts'
import { playSound } from './play.ts'

type Group = readonly [Called, ...Called[]]

/**
 * Until one of the group has answered, and has been prepared for this call. Undefined when nobody will. Meanwhile
 * this side hears what is to be heard: of one alone his own early media, else ringback.
 */
export async function answeredWithRingback(
  run: Run,
  group: Group,
  country?: RingCountry,
): Promise<Called | undefined> {
  const { call, ports } = run
  const winner = firstReady(run, group)
  if (call.state.at === 'ringing' && call.record.direction === 'inbound') {
    // Not before: ringback for a phone that turns out to be busy would be a lie.
    if ((await ringsUnheard(group, winner)) && call.state.at === 'ringing') {
      ports.sip.progress(call.id, 180)
    }
    if (await heardBeforeAnswer(group, winner)) await connectEarly(run, group[0].other)
    return winner
  }
  const ringing = new AbortController()
  const tone = playSound(
    run,
    { kind: 'tone', tone: 'ringback', ...(country !== undefined && { country }) },
    AbortSignal.any([run.signal, ringing.signal]),
  ).catch((error: unknown) => {
    ports.log.debug('no ringback', { callId: call.id, error: String(error) })
  })
  const early = await heardBeforeAnswer(group, winner)
  ringing.abort()
  await tone
  if (early) await connectEarly(run, group[0].other)
  return winner
}

/** The first to answer; all others are let go then. */
async function firstReady(run: Run, group: Group): Promise<Called | undefined> {
  const { promise, resolve } = Promise.withResolvers<Called | undefined>()
  const answers = group.map(async (called) => {
    if (await called.other.answered) resolve(called)
  })
  void Promise.all(answers).then(() => resolve(undefined))
  const first = await promise
  if (first === undefined) return undefined
  letGoAll(group, first.other)
  return (await isPrepared(run, first)) ? first : undefined
}

async function isPrepared(run: Run, { party, other, taken }: Called): Promise<boolean> {
  if (party.prepare === undefined) return true
  const signal = AbortSignal.any([run.signal, other.over, taken])
  try {
    return (await party.prepare({ ...run, call: other, signal })) && !signal.aborted
  } catch (error) {
    run.ports.log.warn('callee not prepared', { callId: other.id, error: String(error) })
    return false
  }
}

type Winner = Promise<Called | undefined>

/** True when the other side can be heard before anybody has answered; false when that is decided otherwise. */
function heardBeforeAnswer(group: Group, winner: Winner): Promise<boolean> {
  const decided = winner.then(() => false)
  const [{ party, other }, second] = group
  // Whoever is one of several, or has to be asked something first, is not heard before.
  if (second !== undefined || party.prepare !== undefined) return decided
  return Promise.race([other.heardEarly.promise.then(() => true), other.answered.then(() => false)])
}

/** True when a phone of the other side rings; false when it can be heard by then, or will not ring at all. */
const ringsUnheard = (group: Group, winner: Winner): Promise<boolean> =>
  Promise.race([
    heardBeforeAnswer(group, winner).then(() => false),
    ...group.map(({ other }) =>
      // One 18x does both: then it is heard.
      other.rings.promise
        .then(() => Promise.race([heardAlone(group, other), 'unheard']))
        .then((what) => what === 'unheard'),
    ),
  ])

const heardAlone = ([, second]: Group, other: LiveCall): Promise<void> =>
  second === undefined ? other.heardEarly.promise : new Promise(() => undefined)

/** The other side's own ringback or announcement instead of ours; undone with the end of the other call. */
async function connectEarly(run: Run, other: LiveCall): Promise<void> {
  const { call, ports } = run
  const isOpen = !run.signal.aborted && (await earlyMedia(run))
  if (isOpen && other.state.at === 'ringing') await ports.media.bridge(call.id, other.id)
}
