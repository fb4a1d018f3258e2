/**
 * A conference of 250 real RTP legs, which a process of its own plays: every one speaks in turn, with a tone of its
 * own, while some leave and come back. What each receives is looked at tone by tone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallId, ConferenceId } from '../../engine/core/ids.ts'
import type { MemberOptions } from '../../engine/core/ports/media.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import type { Turn } from '../support/rtp-crowd/protocol.ts'
import { RtpCrowd } from '../support/rtp-crowd/rtp-crowd.ts'
import type { CrowdCodec } from '../support/rtp-crowd/voices.ts'
import { callId, startForTest } from './start.ts'

const LEGS = 250
const room = 'all' as ConferenceId
const codecs: readonly CrowdCodec[] = [
  ...(['PCMU', 'PCMU', 'PCMA', 'PCMU', 'G722', 'PCMU', 'PCMA', 'PCMU', 'opus', 'PCMU'] as const),
]
const member: MemberOptions = {
  ...{ muted: false, deaf: false, heardBy: null, priority: false },
  ...{ gainInDb: 0, gainOutDb: 0 },
}

const VOICE_DB = -16
/** Three speak at a time, each begins when the one before has a third of its turn behind it. */
const STEP_MS = 100
const TURN_MS = 3 * STEP_MS
/** Between speaking and being heard, at most. */
const LATEST_MS = 500
/** The tone is a part of the window; what is not heard is 40 dB below it. */
const HEARD_DB = VOICE_DB - 24
/** Then some speak with nobody else, who must hear nothing at all of themselves. */
const SOLO_MS = 400
const SOLO_STEP_MS = 700
const soloists = [3, 44, 82, 104, 148, 201, 226, 249]
const soloFromMs = LEGS * STEP_MS + 1000

/** Neighbours in time are far from each other in frequency. */
const toneOf = (leg: number): number => 306 + 12 * ((leg * 101) % LEGS)
/** Where nobody speaks: what is as loud there is no tone, but what is left of some that were cut off. */
const besideHz = (hz: number): number[] => [hz - 30, hz + 30, hz - 42, hz + 42]
const turnOf = (leg: number, fromMs: number, lengthMs: number): Turn => ({
  ...{ leg, fromMs, toMs: fromMs + lengthMs },
  voice: { is: 'tone', value: toneOf(leg), levelDb: VOICE_DB },
})

const everybody = Array.from({ length: LEGS }, (_, n) => n)
const solos = soloists.map((leg, n) => turnOf(leg, soloFromMs + n * SOLO_STEP_MS, SOLO_MS))

/** Absences, by leg: from and to since the first turn began. */
const away = new Map<number, (readonly [fromMs: number, toMs: number])[]>()

let media: RunningMedia
let crowd: RtpCrowd
const id = (leg: number): CallId => callId(`member-${leg}`)

beforeAll(async () => {
  media = (await startForTest(30_000, { rtpPorts: { first: 30_000, last: 30_999 } })).media
  crowd = await RtpCrowd.start({ legs: LEGS, codecs })
  await media.openRoom(room, { talkers: 0, gainControl: false, noiseGate: false })
  const targets: { leg: number; port: number }[] = []
  for (let leg = 0; leg < LEGS; leg++) {
    const answer = await media.answer(id(leg), crowd.sdp(leg))
    await media.joinRoom(room, id(leg), member)
    targets.push({ leg, port: Number(/^m=audio (\d+)/m.exec(answer)?.[1]) })
  }
  // Voices are made before anybody speaks.
  await crowd.say(everybody.map((leg) => turnOf(leg, 0, 0)))
  await crowd.aim(targets)
})

afterAll(async () => {
  await crowd.stop()
  await media.shutDown()
})

/** Every leg whose number ends in 7 leaves now and then, but not about its own turn. */
async function wander(startMs: number): Promise<void> {
  const wanderers = Array.from({ length: LEGS }, (_, n) => n).filter((n) => n % 10 === 7)
  while (performance.now() - startMs < LEGS * STEP_MS - 2000) {
    const leg = wanderers[Math.floor(Math.random() * wanderers.length)]!
    const nowMs = performance.now() - startMs
    const turnMs = leg * STEP_MS
    if (nowMs > turnMs - 2000 && nowMs < turnMs + 1500) continue
    await media.leaveRoom(id(leg))
    await sleep(500 + 500 * Math.random())
    await media.joinRoom(room, id(leg), member)
    const absences = away.get(leg) ?? []
    away.set(leg, [...absences, [nowMs, performance.now() - startMs]])
  }
}

interface Count {
  heard: number
  of: number
}
const shareOf = ({ heard, of }: Count): number => heard / of

/** What came of turns: who was heard by how many, who heard how many, and what nobody may hear. */
class Findings {
  readonly heardOf = new Map<number, Count>()
  readonly heardBy = new Map<number, Count>()
  readonly wrong: string[] = []
  /** Of those who spoke alone, whether they were heard. */
  readonly solos = new Map<number, boolean>()

  /** `fromMs`: of the turn, since the first one. */
  async look(speaker: number, fromMs: number, startMs: number): Promise<void> {
    const toMs = fromMs + TURN_MS + LATEST_MS
    const own = toneOf(speaker)
    const levels = await crowd.tones(
      everybody.map((leg) => ({
        ...{ leg, fromMs: startMs + fromMs, toMs: startMs + toMs },
        frequenciesHz: leg === speaker ? [own, ...besideHz(own)] : [own],
      })),
    )
    for (const [listener, [level = 0, ...besides]] of levels.entries()) {
      if (listener === speaker) this.#self(listener, level, besides)
      else this.#other(speaker, listener, level, fromMs, toMs)
    }
  }

  /** What a codec makes of the others may lie at the own tone too: then it lies beside it as well. */
  #self(leg: number, level: number, beside: readonly number[]): void {
    const floorDb = Math.max(...beside, VOICE_DB - 70)
    if (level > floorDb + 15) this.wrong.push(`${leg} hears itself: ${level} dB over ${floorDb}`)
  }

  #other(speaker: number, listener: number, level: number, fromMs: number, toMs: number): void {
    const absences = away.get(listener) ?? []
    const isAway = absences.some(([from, to]) => from + LATEST_MS < fromMs && to > toMs)
    if (isAway && level > HEARD_DB) this.wrong.push(`${listener} hears ${speaker} from outside`)
    if (absences.some(([from, to]) => fromMs < to + LATEST_MS && toMs > from - LATEST_MS)) return
    for (const [counts, leg] of [
      [this.heardOf, speaker],
      [this.heardBy, listener],
    ] as const) {
      const { heard, of } = counts.get(leg) ?? { heard: 0, of: 0 }
      counts.set(leg, { heard: heard + (level > HEARD_DB ? 1 : 0), of: of + 1 })
    }
  }
}

/** These speak in turn; what everybody heard of it. */
async function round(speakers: readonly number[], others: readonly Turn[]): Promise<Findings> {
  await crowd.measure(everybody)
  const turns = speakers.map((leg, n) => turnOf(leg, n * STEP_MS, TURN_MS))
  const startMs = await crowd.say([...turns, ...others])
  const beganMs = performance.now()
  const lengthMs = Math.max(speakers.length * STEP_MS + TURN_MS, ...others.map(({ toMs }) => toMs))
  if (speakers.length === LEGS) await wander(beganMs)
  else away.clear()
  await sleep(Math.max(0, lengthMs + LATEST_MS - (performance.now() - beganMs)))
  const findings = new Findings()
  for (const [n, speaker] of speakers.entries()) await findings.look(speaker, n * STEP_MS, startMs)
  for (const turn of others) findings.solos.set(turn.leg, await isSoloHeard(turn, startMs))
  return findings
}

/** Who speaks alone hears nothing at all of himself. Whether another one hears him. */
async function isSoloHeard({ leg, fromMs }: Turn, startMs: number): Promise<boolean> {
  const window = { fromMs: startMs + fromMs, toMs: startMs + fromMs + SOLO_STEP_MS }
  const hz = toneOf(leg)
  const [own, other] = await crowd.tones([
    { ...window, leg, frequenciesHz: [hz, ...besideHz(hz)] },
    { ...window, leg: (leg + 10) % LEGS, frequenciesHz: [hz] },
  ])
  const [level = 0, ...beside] = own!
  // On a busy machine the one before may be heard still.
  expect(level).toBeLessThan(Math.max(VOICE_DB - 70, ...beside.map((db) => db + 15)))
  return other![0]! > HEARD_DB
}

test('each of 250 hears all who speak, and never itself, while others come and go', async () => {
  await sleep(1000)
  const findings = await round(everybody, solos)
  expect(findings.wrong).toEqual([])
  // Nobody stands out among the listeners.
  const shares = [...findings.heardBy.values()].map(shareOf)
  expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) - 0.15)
  // A machine that stands still for a moment takes their turn from some, who get another.
  let unheard = everybody.filter((leg) => shareOf(findings.heardOf.get(leg)!) < 0.99)
  let alone = solos.filter(({ leg }) => !findings.solos.get(leg))
  expect(unheard.length).toBeLessThan(LEGS / 2)
  for (let n = 0; n < 4 && unheard.length + alone.length > 0; n++) {
    const afterMs = unheard.length * STEP_MS + 1000
    const again = alone.map(({ leg }, at) => turnOf(leg, afterMs + at * SOLO_STEP_MS, SOLO_MS))
    const found = await round(unheard, again)
    expect(found.wrong).toEqual([])
    unheard = unheard.filter((leg) => shareOf(found.heardOf.get(leg)!) < 0.99)
    alone = again.filter(({ leg }) => !found.solos.get(leg))
  }
  expect(unheard).toEqual([])
  expect(alone).toEqual([])
}, 300_000)
