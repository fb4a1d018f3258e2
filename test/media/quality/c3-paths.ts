import { estimateMos, mosOf, rFactor } from '../../../engine/core/mos.ts'
import { decodeUlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { type LegOnStage, Scene } from '../../unit/media/scene.ts'
import type { Property } from './table.ts'
import { powerDb } from './tone-measures.ts'

/** What whole paths do, and what is made of their figures. */

const RETURN_DB = -20
const FRAME = 160
const BURST_TICKS = 10
const TICKS_A_SECOND = 50
const FRAME_MS = 20
const LEG_PACKETS = 6000

/** A far end that sends back what it hears, 20 dB weaker, a tick later. */
class Reflector {
  readonly #side: LegOnStage
  readonly #pcm = new Int16Array(FRAME)
  readonly #bytes = new Uint8Array(FRAME)
  #taken = 0

  constructor(side: LegOnStage) {
    this.#side = side
  }

  /** `says` besides what comes back; the level of what it heard, dBFS. */
  turn(says: Int16Array | undefined): number {
    const { sent } = this.#side.port
    const last = sent.slice(this.#taken).findLast(({ payload }) => payload.length === FRAME)
    this.#taken = sent.length
    this.#pcm.fill(0)
    if (last) decodeUlaw(last.payload, 0, FRAME, this.#pcm, 0)
    const level = powerDb(this.#pcm)
    const back = this.#pcm.map((value) => Math.round(value * 10 ** (RETURN_DB / 20)))
    if (says) for (let i = 0; i < FRAME; i++) back[i] = (back[i] ?? 0) + (says[i] ?? 0)
    encodeUlaw(back, 0, FRAME, this.#bytes, 0)
    this.#side.port.arrive(Uint8Array.from(this.#bytes))
    return level
  }
}

/** The loudest that is heard in each second after a burst of noise, dBFS. */
export function echoLevels(seconds: number): number[] {
  const scene = new Scene()
  // Packet times that differ, so that packets are decoded and not only relayed.
  const [a, b] = [scene.leg(), scene.leg({ ptimeMs: 40 })]
  a.leg.bridge(b.leg)
  const ends = [new Reflector(a), new Reflector(b)] as const
  const burst = Int16Array.from(
    { length: FRAME },
    (_, i) => (Math.imul(i + 3, 0x9e3779b1) >> 18) * 2,
  )
  const levels: number[] = []
  for (let second = 0; second < seconds; second++) {
    let loudest = -200
    for (let n = 0; n < TICKS_A_SECOND; n++) {
      const speaks = second === 0 && n >= BURST_TICKS && n < 2 * BURST_TICKS
      const heard = [ends[0].turn(speaks ? burst : undefined), ends[1].turn(undefined)]
      scene.tick()
      loudest = Math.max(loudest, ...heard)
    }
    levels.push(loudest)
  }
  return levels
}

function echoRow(): Property {
  const levels = echoLevels(5)
  const falls = levels.slice(1).every((level, n) => level <= Math.max(levels[n]!, -65))
  return {
    name: 'two bridged legs, each returning -20 dB: loudest by the second',
    reference: '-',
    ours: levels.map((level) => level.toFixed(0)).join(', '),
    passLine: 'never grows, gone in 2 s',
    passes: falls && levels[2]! <= -65,
  }
}

const WITHOUT_CONCEALMENT = 4.3
/** At 100 ms, by loss in percent: with concealment and without. */
const mosLines = [
  [0, 4.36, 4.36],
  [1, 4.26, 3.73],
  [3, 4.05, 2.67],
  [5, 3.82, 2.05],
] as const

const mosRow = (name: string, expected: number, found: number): Property => ({
  name,
  reference: expected.toFixed(2),
  ours: found.toFixed(2),
  passLine: `${expected.toFixed(2)} +- 0.05`,
  passes: Math.abs(found - expected) <= 0.05,
})

export const mosRows = (): Property[] => [
  ...mosLines.flatMap(([loss, concealed, bare]) => [
    mosRow(`MOS at ${loss} %, concealed`, concealed, estimateMos('PCMU', 100, loss).value),
    mosRow(`MOS at ${loss} %, not concealed`, bare, mosOf(rFactor(100, loss, WITHOUT_CONCEALMENT))),
  ]),
  {
    name: 'MOS of Opus and G.722',
    reference: '-',
    ours:
      estimateMos('opus', 0, 0).grounded || estimateMos('G722', 0, 0).grounded
        ? 'told as true'
        : 'flagged',
    passLine: 'not grounded',
    passes: !estimateMos('opus', 0, 0).grounded && !estimateMos('G722', 0, 0).grounded,
  },
]

/** What a leg tells of itself after two minutes in which so many percent of its packets were lost at random. */
export function legMos(lossPercent: number): { expected: number; found: number } {
  const scene = new Scene()
  const { leg, port } = scene.leg()
  leg.bridge(scene.leg({ ptimeMs: 40 }).leg)
  const payload = new Uint8Array(FRAME).fill(0x55)
  let [state, lost] = [7, 0]
  for (let n = 0; n < LEG_PACKETS; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    // The first second is for the buffer to begin.
    const isLost = n > TICKS_A_SECOND && state / 2 ** 32 < lossPercent / 100
    if (isLost) port.lose(FRAME)
    else port.arrive(payload)
    lost += isLost ? 1 : 0
    scene.tick()
  }
  const { mos, bufferMs } = leg.statistics()
  const expected = mosOf(rFactor(bufferMs + FRAME_MS, (100 * lost) / LEG_PACKETS))
  return { expected, found: mos?.value ?? Number.NaN }
}

const legRows = (): Property[] =>
  [0, 1, 3, 5].map((loss) => {
    const { expected, found } = legMos(loss)
    return mosRow(`MOS that a leg tells, ${loss} % lost at random`, expected, found)
  })

export const pathRows = (): Property[] => [echoRow(), ...mosRows(), ...legRows()]
