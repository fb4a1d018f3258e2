import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import { Rooms } from './conference/rooms.ts'
import { FRAME_MS } from './leg/codec.ts'
import { Doors } from './leg/doors.ts'
import { Leg } from './leg/leg.ts'
import type { OpenRecorder } from './leg/recorder.ts'
import { LegRecordings } from './leg/recordings.ts'
import type { SilenceLimits } from './leg/silence-watch.ts'
import type { InbandDtmf } from './leg/tone-keys.ts'
import {
  type Command,
  type CommandName,
  type Commands,
  type Notice,
  noStatistics,
  type OpenedLeg,
} from './messages.ts'
import { beginMusicTick } from './music/hall.ts'
import type { RtpPorts } from './rtp/rtp-port.ts'
import { Exchange } from './threads/exchange.ts'
import { type MoveHandlers, moveHandlers } from './threads/moves.ts'
import { onSharedClockMs } from './threads/shared-clock.ts'
import type { ThreadFigures } from './threads/statistics.ts'
import { Histogram, type HistogramCounts } from './tick/histogram.ts'
import type { PacedWork } from './tick/pacer.ts'

interface MediaThreadEnvironment {
  /** Which of the media threads this is; default: the only one. */
  readonly index?: number
  readonly ports: RtpPorts
  /** Whole milliseconds, on the clock of the tick. */
  readonly nowMs: () => number
  /** With fractions, for measuring. */
  readonly preciseMs: () => number
  /** 32 random bits. */
  readonly random: () => number
  readonly inbandDtmf?: InbandDtmf
  readonly silence: SilenceLimits
  readonly openRecorder: OpenRecorder
  readonly tell: (notice: Notice) => void
  readonly pace: () => Pick<ThreadFigures, 'tickLateness' | 'ticksSkipped' | 'cpuMs' | 'upMs'> & {
    readonly lateness: HistogramCounts
  }
}

/** How often legs are looked at for silence. */
const TICKS_A_LOOK = 50
/** What a thread that stood still has not heard is nobody's silence. */
const LONGEST_LOOK_MS = 2000

/** A change of the share of time that ticks take that matters to who places legs. */
const BUSY_STEP = 0.05

interface Sums {
  sent: number
  received: number
  lost: number
  strangers: number
  refused: number
}

type Answer<Name extends CommandName> = Commands[Name]['answer']
type Handlers = {
  [Name in CommandName]: (ask: Commands[Name]['ask']) => Answer<Name> | Promise<Answer<Name>>
}

/**
 * All legs of one media thread: carries out commands and drives the tick. Commands about a leg that is
 * not there are answered at once in their mildest form, except those that would open one.
 */
export class MediaThread implements PacedWork {
  readonly #env: MediaThreadEnvironment
  readonly #legs = new Map<CallId, Leg>()
  /** The same legs for the tick, which must not make an iterator. */
  readonly #ticking: Leg[] = []
  readonly #rooms = new Rooms({
    legs: this.#legs,
    openRecorder: (terms, onFailure) => this.#env.openRecorder(terms, onFailure),
    tell: (notice) => this.#env.tell(notice),
    tickedAtMs: () => onSharedClockMs(this.#tickedAtMs),
  })
  readonly #exchange: Exchange
  readonly #opening = new Map<CallId, Promise<unknown>>()
  readonly #recordings = new LegRecordings({
    openRecorder: (terms, onFailure) => this.#env.openRecorder(terms, onFailure),
    tell: (notice) => this.#env.tell(notice),
    tickedAtMs: () => onSharedClockMs(this.#tickedAtMs),
    leg: (id) => this.#legs.get(id),
  })
  readonly #duration = new Histogram()
  /** Of the legs that are closed. */
  readonly #past: Sums = { sent: 0, received: 0, lost: 0, strangers: 0, refused: 0 }

  /** When the last tick was due. */
  #tickedAtMs: number
  #ticksToLook = TICKS_A_LOOK
  #lookedAtMs: number
  /** How long ticks took since then. */
  #busyMs = 0
  /** Share of the time, as the main thread knows it. */
  #busyTold = 0

  constructor(env: MediaThreadEnvironment) {
    this.#env = env
    this.#tickedAtMs = env.nowMs()
    this.#lookedAtMs = this.#tickedAtMs
    this.#exchange = new Exchange(env.index ?? 0, env.nowMs, (message) =>
      env.tell({ is: 'trouble', message }),
    )
  }

  /** Carries out one command and tells its answer. Commands begin in the order in which they come. */
  async handle(command: Command): Promise<void> {
    const { id } = command
    try {
      const handler = this.#handlers[command.is] as (ask: Command) => unknown
      const answer = (await handler(command)) as Answer<CommandName>
      this.#env.tell({ is: 'answered', id, answer })
    } catch (error) {
      const code = error instanceof Failure ? error.code : 'internal_error'
      const message = error instanceof Error ? error.message : String(error)
      this.#env.tell({ is: 'refused', id, code, message })
    }
  }

  tick(dueMs: number): void {
    const startMs = this.#env.preciseMs()
    this.#tickedAtMs = dueMs
    const legs = this.#ticking
    beginMusicTick()
    this.#exchange.begin()
    for (let i = 0; i < legs.length; i++) legs[i]!.receive(dueMs)
    this.#rooms.tick(dueMs)
    for (let i = 0; i < legs.length; i++) legs[i]!.transmit(dueMs)
    this.#exchange.end()
    this.#ticksToLook -= 1
    if (this.#ticksToLook === 0) this.#look(dueMs)
    const tookMs = this.#env.preciseMs() - startMs
    this.#busyMs += tookMs
    this.#duration.add(tookMs)
  }

  skip(ticks: number): void {
    this.#tickedAtMs += ticks * FRAME_MS
    for (const leg of this.#ticking) leg.taps.skip(ticks)
    this.#rooms.skip(ticks)
  }

  readonly #handlers: Handlers = {
    ...this.#rooms.handlers,
    ...this.#recordings.handlers,
    ...this.#moves(),
    open: ({ leg, webrtc, port }) => this.#open(leg, webrtc, port),
    restartIce: ({ leg }) => this.#legs.get(leg)?.restartIce() ?? null,
    adopt: async ({ leg, from }) => {
      await this.#adopt(leg, from)
      return null
    },
    agree: ({ leg, agreement, natAddress }) => {
      const found = this.#legs.get(leg)
      if (!found) throw new Failure('call_ended', 'The leg is closed')
      found.agree(agreement, natAddress)
      return null
    },
    watch: async ({ leg }) => {
      await this.#legs.get(leg)?.watch()
      return null
    },
    play: ({ leg, sound }) => this.#legs.get(leg)?.play(sound) ?? 'legClosed',
    stop: ({ leg }) => {
      this.#legs.get(leg)?.stop()
      return null
    },
    playOver: ({ leg, sound }) => this.#legs.get(leg)?.screen.play(sound) ?? 'legClosed',
    stopOver: ({ leg }) => {
      this.#legs.get(leg)?.screen.stop()
      return null
    },
    mute: ({ leg, mutes }) => {
      const found = this.#legs.get(leg)
      if (found) found.screen.mutes = mutes
      return null
    },
    sendDigits: async ({ leg, digits }) => {
      await this.#legs.get(leg)?.sendDigits(digits)
      return null
    },
    takesEvents: ({ leg }) => this.#legs.get(leg)?.takesEvents ?? true,
    bridge: ({ leg, other }) => {
      const [a, b] = [this.#legs.get(leg), this.#legs.get(other)]
      if (a && b && a !== b) a.bridge(b)
      return null
    },
    unbridge: ({ leg }) => {
      this.#legs.get(leg)?.unbridge()
      return null
    },
    detectAnswerer: ({ leg, options }) => this.#legs.get(leg)?.taps.detect(options) ?? null,
    openStream: ({ leg, terms }) => {
      this.#legs.get(leg)?.taps.open(terms)
      return this.#legs.has(leg)
    },
    closeStream: ({ leg, stream }) => {
      this.#legs.get(leg)?.taps.shut(stream)
      return null
    },
    figures: ({ leg }) => this.#legs.get(leg)?.statistics() ?? noStatistics,
    close: ({ leg, goesOn }) => this.#close(leg, goesOn),
    statistics: () => this.statistics(),
    shutDown: async () => {
      await this.#rooms.close()
      await Promise.all(
        [...this.#opening.keys(), ...this.#legs.keys()].map((leg) => this.#close(leg)),
      )
      await this.#env.ports.close()
      this.#exchange.close()
      return null
    },
  }

  statistics(): ThreadFigures {
    const sum = { ...this.#past }
    for (const leg of this.#ticking) this.#addUp(leg, sum)
    const { lateness, ...pace } = this.#env.pace()
    return {
      legs: this.#ticking.length,
      tickDuration: this.#duration.summary(),
      packetsSent: sum.sent,
      packetsReceived: sum.received,
      packetsLost: sum.lost,
      packetsFromStrangers: sum.strangers,
      packetsRefused: sum.refused,
      packetsStuck: this.#exchange.dropped,
      ...pace,
      counts: { lateness, duration: this.#duration.snapshot() },
    }
  }

  #moves(): MoveHandlers {
    return moveHandlers({
      exchange: () => this.#exchange,
      takeOut: (id) => this.#takeOut(id),
      putIn: (id, doors) => this.#putIn(id, doors),
      recordings: this.#recordings,
    })
  }

  #look(nowMs: number): void {
    const elapsedMs = Math.min(nowMs - this.#lookedAtMs, LONGEST_LOOK_MS)
    this.#lookedAtMs = nowMs
    this.#ticksToLook = TICKS_A_LOOK
    const share = Math.min(1, this.#busyMs / Math.max(1, elapsedMs))
    this.#busyMs = 0
    if (Math.abs(share - this.#busyTold) >= BUSY_STEP) {
      this.#busyTold = share
      this.#env.tell({ is: 'busy', share })
    }
    this.#exchange.publish()
    const legs = this.#ticking
    for (let i = 0; i < legs.length; i++) legs[i]!.look(elapsedMs)
  }

  /** One at a time for a leg: a second port comes to the leg that the first one began. */
  #open(id: CallId, webrtc: boolean, port?: number): Promise<OpenedLeg> {
    const before = this.#opening.get(id) ?? Promise.resolve()
    const opening = before.catch(() => undefined).then(() => this.#openDoor(id, webrtc, port))
    this.#opening.set(id, opening)
    const done = (): void => {
      if (this.#opening.get(id) === opening) this.#opening.delete(id)
    }
    opening.then(done, done)
    return opening
  }

  async #openDoor(id: CallId, webrtc: boolean, port?: number): Promise<OpenedLeg> {
    const there = this.#legs.get(id)
    if (there) return await there.doors.open(this.#env.ports, webrtc, port)
    const doors = new Doors()
    const opened = await doors.open(this.#env.ports, webrtc, port)
    this.#putIn(id, doors)
    return opened
  }

  #putIn(id: CallId, doors: Doors): Leg {
    const leg = this.#newLeg(id, doors)
    this.#legs.set(id, leg)
    this.#ticking.push(leg)
    return leg
  }

  #takeOut(id: CallId): Leg | undefined {
    const leg = this.#legs.get(id)
    if (!leg) return undefined
    this.#legs.delete(id)
    this.#ticking.splice(this.#ticking.indexOf(leg), 1)
    return leg
  }

  #newLeg(id: CallId, doors: Doors): Leg {
    const { random, inbandDtmf, silence, tell } = this.#env
    return new Leg(doors, {
      nowMs: this.#exchange.nowMs,
      random,
      inbandDtmf,
      onDigit: (digit, durationMs) => tell({ is: 'digit', leg: id, digit, durationMs }),
      silence,
      onSilence: (change, silentMs) => tell({ is: 'silence', leg: id, change, silentMs }),
      onConnection: (state) => tell({ is: 'connection', leg: id, state }),
      onQuality: (change, figures) => tell({ is: 'quality', leg: id, change, figures }),
    })
  }

  /** The leg goes on with what `from` has towards its peer; `from` ends. */
  async #adopt(id: CallId, from: CallId): Promise<void> {
    await Promise.allSettled([this.#opening.get(id), this.#opening.get(from)])
    const [leg, other] = [this.#legs.get(id), this.#legs.get(from)]
    if (!leg || !other || leg === other) throw new Failure('call_ended', 'The leg is closed')
    const adopted = leg.adopt(other)
    await Promise.all([adopted, this.#close(from)])
  }

  async #close(id: CallId, goesOn = false): Promise<Answer<'close'>> {
    await this.#opening.get(id)?.catch(() => undefined)
    const leg = this.#takeOut(id)
    if (!leg) return noStatistics
    const recordings = this.#recordings
    const ended = goesOn ? recordings.pack(id, leg) : recordings.end(id, undefined, leg)
    await Promise.all([ended, leg.close()])
    this.#addUp(leg, this.#past)
    return leg.statistics()
  }

  #addUp(leg: Leg, sum: Sums): void {
    const figures = leg.statistics()
    sum.sent += figures.packetsSent
    sum.received += figures.packetsReceived
    sum.lost += figures.packetsLost
    sum.strangers += figures.packetsFromStrangers
    sum.refused += leg.packetsRefused
  }
}
