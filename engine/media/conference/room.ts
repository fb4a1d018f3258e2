import type { CallId, ConferenceId } from '../../core/ids.ts'
import type {
  MemberLevel,
  MemberOptions,
  PlayOutcome,
  RoomOptions,
  Sound,
} from '../../core/ports/media.ts'
import { widened } from '../../dsp/mixer/columns.ts'
import { Loudest } from '../../dsp/mixer/loudest.ts'
import { SoftLimiter } from '../../dsp/mixer/soft-limiter.ts'
import { SpeechMeter } from '../../dsp/mixer/speech-meter.ts'
import { add, measurePower, scale, without } from '../../dsp/mixer/sum.ts'
import { BARRED, PRIORITY, TalkerChoice, USUAL } from '../../dsp/mixer/talker-choice.ts'
import { frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { lead } from '../leg/encoding.ts'
import type { Leg } from '../leg/leg.ts'
import type { OpenRecorder } from '../leg/recorder.ts'
import type { Notice } from '../messages.ts'
import { Bus } from './bus.ts'
import { Member, type Surroundings } from './member.ts'
import { RoomRecording } from './room-recording.ts'
import { RoomSound } from './room-sound.ts'

/** Where gain is controlled nothing is louder than -1 dBFS. */
const CONTROLLED_CEILING = Math.floor(32_768 * 10 ** (-1 / 20))
const FULL_CEILING = 32_768
/** With a noise gate, who has not been as loud as speech for so many ticks is not heard. */
const GATE_TICKS = 10

const DB_STEPS = 128
/** Mean squares at -n dB. */
const POWERS = Float64Array.from({ length: DB_STEPS }, (_, n) => 10 ** (-n / 10))
const powerOf = (db: number): number =>
  POWERS[Math.min(DB_STEPS - 1, Math.max(0, Math.round(-db)))] ?? 0

interface RoomEnvironment {
  readonly tell: (notice: Notice) => void
  readonly openRecorder: OpenRecorder
  readonly tickedAtMs: () => number
  readonly left: (id: CallId) => void
}

/** One conference: whom of its members all others hear. */
export class Room implements Surroundings {
  readonly id: ConferenceId
  options: RoomOptions
  readonly #env: RoomEnvironment
  /** In the order of their slots. */
  readonly #members: Member[] = []
  readonly #meter = new SpeechMeter()
  readonly #choice = new TalkerChoice(this.#meter)
  readonly #loudest = new Loudest(this.#meter)
  readonly #limiter = new SoftLimiter()
  readonly #sound = new RoomSound()
  readonly recording: RoomRecording
  /** 1: one whom all may hear. */
  #hearable = new Uint8Array(8)
  /** Of each one's newest packet, not decoded; NaN where it can't be told. */
  #loudnessDb = new Float64Array(8)
  #toldLoudest: Member | undefined
  #rateHz: PcmRateHz = 8000
  #sum = new Int32Array(160)
  #work = new Int32Array(160)
  #common = new Int16Array(160)
  #buses: Bus[] = []
  /** The mix of all is to begin at the sample that was its last. */
  #joins = false
  #last = 0

  constructor(id: ConferenceId, options: RoomOptions, env: RoomEnvironment) {
    this.id = id
    this.options = options
    this.#env = env
    this.recording = new RoomRecording(env.openRecorder, {
      tickedAtMs: env.tickedAtMs,
      ended: (outcome) => env.tell({ is: 'roomRecordingEnded', room: id, outcome }),
      stands: (recordingId, standing) =>
        env.tell({ is: 'roomRecordingStands', room: id, recordingId, standing }),
      gap: (recordingId, spans) => env.tell({ is: 'recordingGap', recordingId, spans }),
    })
    this.#sound.tune(this.#rateHz)
  }

  play(sound: Sound): Promise<PlayOutcome> {
    return this.#sound.play(sound)
  }

  stopSound(): void {
    this.#sound.end('stopped')
  }

  join(id: CallId, leg: Leg, options: MemberOptions): void {
    const member = new Member(id, leg, options, this)
    leg.sit(member)
    member.slot = this.#meter.add()
    this.#choice.add(member.slot)
    this.#hearable = widened(this.#hearable, member.slot + 1)
    this.#loudnessDb = widened(this.#loudnessDb, member.slot + 1)
    this.#loudnessDb[member.slot] = Number.NaN
    this.#members.push(member)
    this.#rank(member)
    this.#meet()
    this.#tune()
  }

  change(id: CallId, options: MemberOptions): void {
    const member = this.#members.find((one) => one.id === id)
    if (!member) return
    const { heardBy } = options
    // The same people are the same audience.
    const isSame = String(heardBy) === String(member.audience) && heardBy !== null
    member.options = isSame ? { ...options, heardBy: member.audience } : options
    this.#rank(member)
  }

  leave(id: CallId): void {
    const member = this.#members.find((one) => one.id === id)
    if (member) this.left(member)
  }

  left(member: Member): void {
    const { slot } = member
    if (member.adds) this.#miss(member)
    this.#loudest.remove(slot)
    this.#choice.remove(slot)
    this.#meter.remove(slot)
    // The last one takes his place.
    const last = this.#members.pop()
    if (last && last !== member) {
      this.#hearable[slot] = this.#hearable[last.slot]!
      this.#loudnessDb[slot] = this.#loudnessDb[last.slot]!
      this.#members[slot] = last
      last.slot = slot
    }
    if (this.#toldLoudest === member) this.#noticeLoudest()
    member.leg.stand()
    this.#env.left(member.id)
    this.#meet()
    this.#tune()
  }

  changed(member: Member): void {
    this.#rank(member)
    this.#tune()
  }

  /** Resolves when a recording is complete. */
  async close(): Promise<void> {
    this.#sound.end('stopped')
    for (const member of [...this.#members]) this.left(member)
    for (const bus of this.#buses) bus.close()
    await this.recording.close()
  }

  skip(ticks: number): void {
    this.recording.skip(ticks)
  }

  levels(): readonly MemberLevel[] {
    return this.#members.map(({ id, slot, isSpeaking }) => ({
      callId: id,
      levelDb: Math.round(this.#meter.levelDb[slot]! * 10) / 10,
      speaking: isSpeaking,
    }))
  }

  tick(): void {
    const members = this.#members
    for (let n = 0; n < members.length; n++) this.#measure(members[n]!)
    this.#choice.choose(this.options.talkers)
    this.#mix()
    this.#sound.add(this.#sum)
    this.#limiter.ceiling = this.options.gainControl ? CONTROLLED_CEILING : FULL_CEILING
    for (let n = 0; n < members.length; n++) members[n]!.settle(this.#limiter)
    const common = this.#common
    this.#limiter.process(this.#sum, common.length, common)
    if (this.#joins) lead(common, this.#last)
    this.#joins = false
    this.#last = common[common.length - 1]!
    const buses = this.#buses
    for (let n = 0; n < buses.length; n++) buses[n]!.render(common)
    this.recording.write(common)
    for (let n = 0; n < members.length; n++) {
      this.#listen(members[n]!)
      this.#notice(members[n]!)
    }
    this.#noticeLoudest()
  }

  wakes({ slot, leg, isMuted }: Member): boolean {
    leg.ear.tellLoudness(this.#loudnessDb, slot)
    if (isMuted) return false
    const loudnessDb = this.#loudnessDb[slot]!
    const wasQuiet = this.#meter.quietTicks[slot]! > 0
    return Number.isNaN(loudnessDb) || (wasQuiet && loudnessDb > this.#meter.thresholdDb[slot]!)
  }

  mixFor(member: Member, limiter: SoftLimiter, mix: Int16Array): void {
    const samples = mix.length
    const isInSum = member.adds && member.audience === null
    if (isInSum) without(this.#sum, member.share, samples, this.#work)
    else this.#work.set(this.#sum)
    for (let n = 0; n < member.asides.length; n++) {
      const other = member.asides[n]!
      if (other.adds) add(this.#work, other.share, samples)
    }
    scale(this.#work, samples, member.gainsOut)
    limiter.process(this.#work, samples, mix)
  }

  #measure(member: Member): void {
    const { slot, leg } = member
    if (leg.ear.decodes) measurePower(leg.ear.heard, leg.ear.heard.length, this.#meter.power, slot)
    else this.#meter.power[slot] = powerOf(this.#loudnessDb[slot]!)
    this.#meter.update(slot)
    if (this.options.gainControl && leg.ear.decodes) {
      member.control(this.#meter.power, this.#meter.quietTicks[slot] === 0)
    }
  }

  /** Decoded from the next tick on is who is heard, and whose loudness can't be told otherwise. */
  #listen(member: Member): void {
    const { slot, isMuted } = member
    const isHeard = !isMuted && (member.options.heardBy !== null || this.#choice.chosen[slot] === 1)
    member.listen(isHeard || member.adds || (!isMuted && Number.isNaN(this.#loudnessDb[slot]!)))
  }

  #mix(): void {
    const sum = this.#sum
    sum.fill(0)
    const isPriority = this.#choice.hasPriority
    for (let n = 0; n < this.#members.length; n++) {
      const member = this.#members[n]!
      if (member.turns && member.isFaded) this.#turn(member)
      const isAside = member.audience !== null
      const isHeard = isAside ? !member.isMuted : this.#choice.chosen[n] === 1
      const isShut = this.options.noiseGate && this.#meter.quietTicks[n]! > GATE_TICKS
      member.speak(isHeard && !isShut && !member.turns, isPriority && !member.options.priority)
      if (member.adds && !isAside) add(sum, member.share, sum.length)
    }
  }

  #notice(member: Member): void {
    const speaking = this.#meter.speaking[member.slot] === 1 && !member.isMuted
    if (speaking === member.isSpeaking) return
    member.isSpeaking = speaking
    this.#env.tell({ is: 'speaking', room: this.id, leg: member.id, speaking })
  }

  #noticeLoudest(): void {
    this.#loudest.update(this.#hearable)
    const { slot } = this.#loudest
    const loudest = slot < 0 ? undefined : this.#members[slot]
    if (loudest === this.#toldLoudest) return
    this.#toldLoudest = loudest
    this.#env.tell({ is: 'loudest', room: this.id, leg: loudest?.id })
  }

  #rank(member: Member): void {
    const { heardBy, priority } = member.options
    const rank = member.isMuted || heardBy !== null ? BARRED : priority ? PRIORITY : USUAL
    this.#choice.rank(member.slot, rank)
    this.#hearable[member.slot] = rank === BARRED ? 0 : 1
  }

  /** Others hear him from now on. */
  #turn(member: Member): void {
    member.audience = member.options.heardBy
    this.#meet()
  }

  /** He goes while he is heard: what others hear goes on from where it was. */
  #miss(gone: Member): void {
    this.#joins = true
    for (const member of this.#members) if (member !== gone) member.miss()
  }

  /** Who hears whom that not all hear. */
  #meet(): void {
    for (const member of this.#members) member.asides.length = 0
    for (const aside of this.#members) {
      const { audience } = aside
      if (audience === null) continue
      for (const member of this.#members) {
        if (member !== aside && audience.includes(member.id)) member.asides.push(aside)
      }
    }
  }

  /** All at the highest rate that one of them can use. */
  #tune(): void {
    const before = this.#buses
    let rateHz: PcmRateHz = 8000
    for (const { leg } of this.#members) if (leg.ear.rateHz > rateHz) rateHz = leg.ear.rateHz
    if (rateHz !== this.#rateHz) {
      const samples = frameSamples(rateHz)
      this.#rateHz = rateHz
      this.#sum = new Int32Array(samples)
      this.#work = new Int32Array(samples)
      this.#common = new Int16Array(samples)
      this.#buses = []
      this.#joins = true
      this.#sound.tune(rateHz)
      this.recording.tune(rateHz)
    }
    for (const member of this.#members) member.tune(rateHz, this.#bus(member.leg.ear.rateHz))
    this.#buses = this.#buses.filter((bus) =>
      this.#members.some(({ leg }) => leg.ear.rateHz === bus.rateHz),
    )
    for (const bus of before) if (!this.#buses.includes(bus)) bus.close()
  }

  #bus(rateHz: PcmRateHz): Bus {
    const known = this.#buses.find((bus) => bus.rateHz === rateHz)
    if (known) return known
    const bus = new Bus(this.#rateHz, rateHz, this.#last)
    this.#buses.push(bus)
    return bus
  }
}
