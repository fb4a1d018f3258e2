/**
 * Runs inside a page of a bench: Devices that make and take many calls, and what the bench wants to know of them.
 * Driven from outside by `globalThis.benchPage`.
 */
import { type Call, Device } from '../../../softphone/device/index.ts'
import { chirp, lagOf, onsets } from './lag.ts'
import { OwnPath } from './own-path.ts'
import { Tape } from './tape.ts'
import { ToneWatch } from './tone-watch.ts'

const plainVoice: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
}
const clickEveryMs = 600
const longestLagMs = 500

/** Milliseconds since 1970, the same in all pages of a machine. */
const nowMs = (): number => performance.timeOrigin + performance.now()

export class BenchPage {
  readonly #context = new AudioContext({ sampleRate: 48_000 })
  readonly #tape = new Tape(this.#context)
  readonly #devices: Device[] = []
  #speaker: AudioNode | undefined
  #calls: Call[] = []
  #ended = 0
  #own: OwnPath | undefined
  /** When calls came in. */
  readonly incomingAtMs: number[] = []
  /** When the tone of `watchFor` was first heard in the newest call. */
  heardAtMs: number | undefined
  #watch: ToneWatch | undefined
  /** Who only loads the engine saves the work of decoding. */
  isDeaf = false

  get nowMs(): number {
    return nowMs()
  }

  get open(): number {
    return this.#calls.filter(({ state }) => state === 'open').length
  }

  /** Calls that were there and are over. */
  get ended(): number {
    return this.#ended
  }

  /** `accepts`: calls that come in are answered at once. */
  async register(token: string, accepts: boolean): Promise<void> {
    const device = new Device({ token, audio: plainVoice })
    device.on('incoming', (call) => {
      this.incomingAtMs.push(nowMs())
      this.#keep(call)
      if (accepts) void call.accept()
    })
    await device.register()
    this.#devices.push(device)
  }

  /** Makes a call and tells when it was begun. */
  async connect(to: string, by = 0): Promise<number> {
    const device = this.#devices[by]
    if (!device) throw new Error('there is no such device')
    const clickedAtMs = nowMs()
    this.#keep(await device.connect({ to }))
    return clickedAtMs
  }

  /** Accepts the newest call and tells when it was told to. */
  async accept(): Promise<number> {
    const call = this.#newest
    const clickedAtMs = nowMs()
    await call.accept()
    return clickedAtMs
  }

  async hangUp(): Promise<void> {
    await Promise.all(this.#calls.map((call) => call.hangup()))
  }

  /** Looks for a tone in calls that begin from now on. */
  watchFor(toneHz: number): void {
    this.#watch = new ToneWatch(this.#context, toneHz, () => {
      this.heardAtMs ??= nowMs()
    })
  }

  /** In the place of a microphone, samples of 8 kHz, again and again. */
  speak(samples: readonly number[]): void {
    const buffer = this.#context.createBuffer(1, samples.length, 8000)
    buffer.getChannelData(0).set(samples.map((sample) => sample / 32_768))
    this.#play(buffer)
  }

  /** In the place of a microphone, short sounds with silence between. */
  click(): void {
    const { sampleRate } = this.#context
    const buffer = this.#context.createBuffer(1, (sampleRate * clickEveryMs) / 1000, sampleRate)
    buffer.getChannelData(0).set(chirp(sampleRate), 4800)
    this.#play(buffer)
  }

  /** Delays of all clicks within so long, from our sound to what the call, or this browser alone, gives back. */
  async delaysMs(of: 'call' | 'own', forMs: number): Promise<number[]> {
    const stream = of === 'own' ? this.#own?.heard : this.#newest.remoteStream
    if (!stream || !this.#speaker) throw new Error('there is no sound to measure')
    await this.#tape.start(this.#speaker, stream)
    await new Promise((resolve) => setTimeout(resolve, forMs))
    const { sent, heard } = this.#tape.stop()
    const samplesPerMs = this.#context.sampleRate / 1000
    return onsets(sent, 100 * samplesPerMs).flatMap((at) => {
      const lag = lagOf(sent, heard, at, 10 * samplesPerMs, longestLagMs * samplesPerMs)
      return lag === undefined ? [] : [lag / samplesPerMs]
    })
  }

  /** Two connections within this page, without an engine. */
  async openOwn(codec: string): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    this.#own = await OwnPath.open(stream, codec)
    listened(this.#own.heard)
  }

  closeOwn(): void {
    this.#own?.close()
  }

  #play(buffer: AudioBuffer): void {
    const source = new AudioBufferSourceNode(this.#context, { buffer, loop: true })
    const microphone = this.#context.createMediaStreamDestination()
    microphone.channelCount = 1
    source.connect(microphone)
    source.start()
    this.#speaker = source
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(microphone.stream.clone())
  }

  get #newest(): Call {
    const call = this.#calls.at(-1)
    if (!call) throw new Error('there is no call')
    return call
  }

  #keep(call: Call): void {
    this.#calls.push(call)
    this.heardAtMs = undefined
    let heard: MediaStream | undefined
    const look = (): void => {
      const { remoteStream } = call
      if (!remoteStream || heard === remoteStream) return
      heard = remoteStream
      if (this.isDeaf) return
      listened(remoteStream)
      this.#watch?.listen(remoteStream)
    }
    call.on('change', look)
    call.on('disconnect', () => {
      this.#ended += 1
      this.#calls = this.#calls.filter((other) => other !== call)
    })
    look()
  }
}

/** Streams of WebRTC stand still until somebody plays them. */
function listened(stream: MediaStream): void {
  const player = new Audio()
  player.muted = true
  player.srcObject = stream
  void player.play()
}

declare global {
  var benchPage: BenchPage
}
globalThis.benchPage = new BenchPage()
