import { type CodecKind, frameSamples, type PcmRateHz } from '../leg/codec.ts'
import { FrameConverter } from '../leg/frame-converter.ts'
import { SharedEncoding } from '../leg/shared-encoding.ts'
import type { Samples } from '../leg/shared-samples.ts'

/** The stream at one rate: its frame of this tick, and that encoded once for each codec. */
class Outlet {
  readonly rateHz: PcmRateHz
  readonly #converter: FrameConverter
  readonly #shared: SharedEncoding[] = []
  pcm: Int16Array
  tick = -1

  constructor(fromHz: PcmRateHz, rateHz: PcmRateHz) {
    this.rateHz = rateHz
    this.#converter = new FrameConverter(fromHz, rateHz)
    this.pcm = new Int16Array(frameSamples(rateHz))
  }

  sharedFor(kind: CodecKind): SharedEncoding {
    for (let n = 0; n < this.#shared.length; n++)
      if (this.#shared[n]!.kind === kind) return this.#shared[n]!
    const shared = new SharedEncoding(kind, this.rateHz)
    this.#shared.push(shared)
    return shared
  }

  render(common: Int16Array, tick: number): void {
    this.tick = tick
    this.pcm = this.#converter.convert(common)
    for (let n = 0; n < this.#shared.length; n++) this.#shared[n]!.encode(this.pcm)
  }

  /** Frees what nobody is sent any more; it is made anew when somebody is. */
  release(): void {
    for (let n = this.#shared.length - 1; n >= 0; n--) {
      if (this.#shared[n]!.streams > 0) continue
      this.#shared[n]!.close()
      this.#shared.splice(n, 1)
    }
  }
}

/**
 * Tracks, one after the other for ever, for all who hear them in this thread: decoded once, and encoded once for each
 * codec. Who comes later joins in the middle; while nobody listens it stands still. Its rate is that of the first
 * track: others are passed over.
 */
export class MusicStream {
  readonly #read: (track: string) => Promise<Samples>
  #tracks: readonly string[]
  #rateHz: PcmRateHz | undefined
  /** The track that is played, and what comes after it. */
  #now: Int16Array | undefined
  #next: Int16Array | undefined
  #loading: Promise<void> | undefined
  #newest: { readonly track: string; readonly pcm: Int16Array } | undefined
  #track = -1
  #at = 0
  #tick = -1
  #frame = new Int16Array(0)
  readonly #outlets: Outlet[] = []

  /** `read`: the samples of a track. */
  constructor(tracks: readonly string[], read: (track: string) => Promise<Samples>) {
    this.#tracks = tracks
    this.#read = read
  }

  /** One that is the same again and again. */
  get isRound(): boolean {
    return this.#tracks.length === 1
  }

  plays(tracks: readonly string[]): boolean {
    return (
      tracks.length === this.#tracks.length && tracks.every((track, n) => track === this.#tracks[n])
    )
  }

  /** Of the newest frame; -1: there was none. */
  get tick(): number {
    return this.#tick
  }

  /** From the next track on it is these. */
  goOnWith(tracks: readonly string[]): void {
    this.#tracks = tracks
  }

  /** There is something to hear. Rejects when no track can be read. */
  async ready(): Promise<void> {
    for (let tries = 0; this.#now === undefined && tries < this.#tracks.length; tries++) {
      await this.#load()
      if (this.#now === undefined) this.#turn()
    }
    if (this.#now === undefined) throw new Error('no track of the music can be read')
  }

  /** Begins the track anew. */
  rewind(): void {
    this.#at = 0
  }

  /** Nobody listens, for a long time now. */
  release(): void {
    for (const outlet of this.#outlets) outlet.release()
  }

  /** To be asked for once it is ready. */
  outlet(rateHz: PcmRateHz): Outlet {
    for (let n = 0; n < this.#outlets.length; n++)
      if (this.#outlets[n]!.rateHz === rateHz) return this.#outlets[n]!
    const outlet = new Outlet(this.#rateHz ?? rateHz, rateHz)
    this.#outlets.push(outlet)
    return outlet
  }

  /** The frame of the tick at that rate, lent until the next one. */
  frame(rateHz: PcmRateHz, tick: number): Int16Array {
    const outlet = this.outlet(rateHz)
    if (outlet.tick === tick) return outlet.pcm
    if (this.#tick !== tick) this.#step()
    this.#tick = tick
    outlet.render(this.#frame, tick)
    return outlet.pcm
  }

  #step(): void {
    const frame = this.#frame
    let filled = 0
    while (filled < frame.length) {
      if (this.#now === undefined || this.#at >= this.#now.length) this.#turn()
      const now = this.#now
      if (now === undefined) break
      const count = Math.min(frame.length - filled, now.length - this.#at)
      for (let i = 0; i < count; i++) frame[filled + i] = now[this.#at + i]!
      filled += count
      this.#at += count
    }
    frame.fill(0, filled)
  }

  /** Goes on with what is there: with the same again where the disk is slow, or nothing can be read any more. */
  #turn(): void {
    this.#now = this.#next ?? this.#now
    this.#next = undefined
    this.#at = 0
    void this.#load()
  }

  /** Reads the next track ahead of its time: a file that is a view of what was read, which costs no conversion. */
  #load(): Promise<void> {
    if (this.#next !== undefined) return Promise.resolve()
    this.#loading ??= this.#readNext().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #readNext(): Promise<void> {
    this.#track = (this.#track + 1) % Math.max(1, this.#tracks.length)
    const track = this.#tracks[this.#track]
    if (track === undefined) return
    if (track !== this.#newest?.track) this.#newest = await this.#samplesOf(track)
    this.#next = this.#newest?.pcm
  }

  async #samplesOf(track: string) {
    try {
      const { rateHz, pcm } = await this.#read(track)
      const isFirst = this.#rateHz === undefined
      if (pcm.length === 0 || !(isFirst || rateHz === this.#rateHz)) return undefined
      if (isFirst) this.#frame = new Int16Array(frameSamples(rateHz))
      this.#rateHz = rateHz
      return { track, pcm }
    } catch {
      // It was taken out of the folder: another one follows.
      return undefined
    }
  }
}
