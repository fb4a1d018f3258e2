import { SoftLimiter } from '../../../engine/dsp/mixer/soft-limiter.ts'
import { add } from '../../../engine/dsp/mixer/sum.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { type MemberOnStage, RoomScene } from '../../unit/media/room-scene.ts'
import { payloadTypes } from '../../unit/media/talker.ts'
import type { Property } from './table.ts'
import { sinadDb, sine, toneDb } from './tone-measures.ts'

/** What a conference does to those who speak in it. */

const RATE_HZ = 48_000
const FRAME = RATE_HZ / 50
const FULL_SCALE = 32_768
const dbOf = (amplitude: number): number => 20 * Math.log10(Math.max(amplitude, 1e-3) / FULL_SCALE)
const amplitudeOf = (db: number): number => FULL_SCALE * 10 ** (db / 20)
const shown = (db: number): string => `${db.toFixed(1)} dB`

/** The sum of signals at 48 kHz, and what comes out of the limiter. */
function mixed(signals: readonly Int16Array[]) {
  const limiter = new SoftLimiter()
  const length = signals[0]!.length
  const sums = new Int32Array(length)
  for (const signal of signals) add(sums, signal, length)
  const out = new Int16Array(length)
  for (let at = 0; at + FRAME <= length; at += FRAME) {
    limiter.process(sums.subarray(at, at + FRAME), FRAME, out.subarray(at, at + FRAME))
  }
  return { sums, out }
}

function eightAtFullScale(): Property[] {
  const tones = [200, 310, 420, 530, 640, 750, 860, 970]
  const signals = tones.map((hz) => sine(hz, RATE_HZ, RATE_HZ, 32_767))
  const { sums, out } = mixed(signals)
  let turned = 0
  let steepest = 0
  for (let i = 1; i < out.length; i++) {
    if (Math.abs(sums[i]!) > 1000 && Math.sign(out[i]!) !== Math.sign(sums[i]!)) turned += 1
    const wasSteep = Math.abs(sums[i]! - sums[i - 1]!)
    steepest = Math.max(steepest, Math.abs(out[i]! - out[i - 1]!) - wasSteep)
  }
  return [
    {
      name: 'mixing: 8 at full scale, samples that wrap',
      reference: '-',
      ours: `${turned}`,
      passLine: '0',
      passes: turned === 0,
    },
    {
      name: 'mixing: 8 at full scale, steps beyond those of the sum',
      reference: '-',
      ours: steepest <= 0 ? 'none' : shown(dbOf(steepest)),
      passLine: '<= -40 dBFS',
      passes: steepest <= amplitudeOf(-40),
    },
  ]
}

function threeTalkers(): Property {
  const signals = [500, 1100, 1700].map((hz) => sine(hz, RATE_HZ, RATE_HZ, amplitudeOf(-12)))
  const { out } = mixed(signals)
  // What is left of each once the other two are taken off.
  const worst = signals.map((_, own) => {
    const rest = out.slice()
    signals.forEach((signal, n) => {
      if (n !== own) for (let i = 0; i < rest.length; i++) rest[i] = rest[i]! - signal[i]!
    })
    return -sinadDb(rest, [500, 1100, 1700][own]!, RATE_HZ, { from: 9600, samples: 24_000 })
  })
  const found = Math.max(...worst)
  return {
    name: 'mixing: 3 talkers at -12 dBFS, THD+N',
    reference: '-',
    ours: shown(found),
    passLine: '<= -50 dB',
    passes: found <= -50,
  }
}

/** A member who says what he is given. */
class Speaker {
  readonly member: MemberOnStage
  readonly #codec: CodecName
  readonly #encoder
  readonly #hz: number
  #at = 0
  #amplitude = 0

  constructor(scene: RoomScene, name: string, codec: CodecName, hz: number) {
    this.member = scene.guest(name, codec)
    this.#codec = codec
    this.#encoder = codecKinds[codec].newEncoder(codecKinds[codec].bestRateHz)
    this.#hz = hz
  }

  /** 20 ms of its tone, which goes to that amplitude in a line: no step is its own. */
  say(amplitude: number): void {
    const { rateHz } = this.#encoder
    const samples = rateHz / 50
    const grows = (amplitude - this.#amplitude) / samples
    const pcm = Int16Array.from({ length: samples }, (_, i) => {
      const angle = (2 * Math.PI * this.#hz * (this.#at + i)) / rateHz
      return Math.round((this.#amplitude + grows * (i + 1)) * Math.sin(angle))
    })
    this.#amplitude = amplitude
    this.#at += pcm.length
    const bytes = new Uint8Array(1500)
    const payload = bytes.slice(0, this.#encoder.encode(pcm, bytes, 0))
    const units = codecKinds[this.#codec].clockHz / 50
    this.member.port.arrive(payload, payloadTypes[this.#codec], false, units)
  }
}

const HZ = 260
const USUAL = 6000

function room(codec: CodecName, options: Parameters<RoomScene['open']>[0] = {}) {
  const scene = new RoomScene()
  scene.open(options)
  const speaker = new Speaker(scene, 'speaker', codec, HZ)
  const other = new Speaker(scene, 'other', codec, 330)
  const listener = scene.guest('listener', codec)
  for (const member of [speaker.member, other.member, listener]) scene.join(member)
  const run = (ticks: number, first: number, second: number): void => {
    for (let n = 0; n < ticks; n++) {
      speaker.say(first)
      other.say(second)
      scene.tick()
    }
  }
  return { run, speaker: speaker.member, other: other.member, listener }
}

/** The largest jump beyond those that tones make, dBFS. */
function stepDb(member: MemberOnStage, ...tonesHz: readonly number[]): number {
  const { rateHz } = member.talker
  const pcm = member.talker.heard().subarray(rateHz / 2)
  const slope = tonesHz.reduce((sum, hz) => sum + (6500 * 2 * Math.PI * hz) / rateHz, 0)
  let most = 0
  for (let i = 1; i < pcm.length; i++) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!))
  return dbOf(Math.max(1, most - slope))
}

/** One who begins and ends to speak: his stream leaves the shared encoding and comes back. */
function steps(codec: CodecName): Property[] {
  const { run, other, listener } = room(codec)
  run(60, USUAL, 0)
  for (let n = 0; n < 3; n++) {
    run(21 + n, USUAL, USUAL)
    run(161 + n, USUAL, 0)
  }
  const rows = [
    ['leaves the shared encoding and comes back', stepDb(other, HZ)],
    ['one joins and leaves the sum, as others hear it', stepDb(listener, HZ, 330)],
  ] as const
  return rows.map(([name, db]) => ({
    name: `mixing, ${codec}: ${name}, step`,
    reference: '-',
    ours: db < -90 ? 'none' : shown(db),
    passLine: '<= -40 dBFS',
    passes: db <= -40,
  }))
}

function ownVoice(codec: CodecName): Property {
  const { run, speaker, listener } = room(codec)
  run(100, USUAL, 0)
  const level = (member: MemberOnStage): number => {
    const { rateHz } = member.talker
    const pcm = member.talker.heard()
    const samples = rateHz / 2
    return toneDb(pcm, HZ, rateHz, { from: pcm.length - samples, samples }, USUAL)
  }
  const found = level(speaker) - level(listener)
  return {
    name: `mixing, ${codec}: own voice, to what others hear of it`,
    reference: '-',
    ours: shown(found),
    passLine: '<= -70 dB',
    passes: found <= -70,
  }
}

function alone(): Property {
  const { run, speaker, listener } = room('PCMU')
  const hex = (payload: Uint8Array): string => Buffer.from(payload).toString('hex')
  const taken: string[] = []
  const { port } = speaker
  const arrive = port.arrive.bind(port)
  port.arrive = (payload, ...rest) => {
    taken.push(hex(payload))
    arrive(payload, ...rest)
  }
  run(100, USUAL, 0)
  const sent = listener.port.sent.slice(-50).map(({ payload }) => hex(payload))
  const at = taken.lastIndexOf(sent.at(-1) ?? '')
  const same = sent.filter((payload, n) => payload === taken[at - 49 + n]).length
  return {
    name: 'mixing: one talker, G.711 to G.711, packets of 50 that are the same',
    reference: '-',
    ours: `${same}`,
    passLine: '50',
    passes: same === 50,
  }
}

function controlled(db: number): Property {
  const { run, listener } = room('PCMU', { gainControl: true })
  run(100, Math.min(32_000, amplitudeOf(db + 3)), 0)
  const pcm = listener.talker.heard()
  const found = toneDb(pcm, HZ, 8000, { from: pcm.length - 800, samples: 800 }, FULL_SCALE) - 3.01
  const peak = dbOf(pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0))
  return {
    name: `gain control: RMS of a talker of ${db} dBFS after 2 s; peak`,
    reference: '-',
    ours: `${shown(found)}; ${shown(peak)}`,
    passLine: '-20 +- 3 dB; <= -1 dBFS',
    // The codec of the listener rounds by up to 0.14 dB at full scale.
    passes: Math.abs(found + 20) <= 3 && peak <= -0.8,
  }
}

const codecs: readonly CodecName[] = ['PCMU', 'G722', 'opus']

export const mixingRows = (): Property[] => [
  ...eightAtFullScale(),
  threeTalkers(),
  alone(),
  ...codecs.map(ownVoice),
  ...codecs.flatMap(steps),
  ...[-40, -30, -20, -10, -4].map(controlled),
]
