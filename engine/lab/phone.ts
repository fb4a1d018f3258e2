import { createSocket, type Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../dsp/g711.ts'
import { rmsDbfs } from '../dsp/levels.ts'
import { emptyRtpHeader, isRtcp, readRtp, writeRtp } from '../dsp/rtp.ts'
import { TelephoneEventSender } from '../dsp/telephone-event.ts'
import type { Remote } from './sdp.ts'

const frameSamples = 160
const frameMs = 20
/** Louder than this counts as somebody speaking. */
const speechDbfs = -50
const maxEchoFrames = 50
/** The echo waits for so many frames, so that a packet that is a little late leaves no gap. */
const echoLeadFrames = 3

/** Repeatable randomness for the packets that a lossy number drops. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * The audio side of one lab phone: an RTP socket of its own, a packet each 20 ms on an absolute deadline,
 * and ears that tell speech from silence. Independent of the engine's media thread on purpose.
 */
export class Phone {
  readonly #socket: Socket
  readonly #pcm = new Int16Array(frameSamples)
  readonly #heard = new Int16Array(960)
  readonly #packet = Buffer.alloc(12 + frameSamples)
  readonly #header = emptyRtpHeader()
  readonly #keys = new TelephoneEventSender()
  readonly #random = seeded(1)
  readonly #ssrc = (Math.random() * 2 ** 32) >>> 0
  #remote: Remote | undefined
  #timer: NodeJS.Timeout | undefined
  #nextMs = 0
  #sequence = 0
  #timestamp = 0
  #speech: { pcm: Int16Array; at: number; done: () => void } | undefined
  #echo: Buffer[] | undefined
  #echoing = false
  #lastLoudMs = 0
  #firstLoudMs = 0
  lossPercent = 0

  constructor() {
    this.#socket = createSocket('udp4')
    this.#socket.on('message', (packet) => this.#receive(packet))
    this.#socket.on('error', () => this.close())
  }

  /** Opens the RTP port; resolves to its number. */
  open(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind(0, address, () => {
        this.#socket.off('error', reject)
        resolve(this.#socket.address().port)
      })
    })
  }

  /** Starts to send. */
  connect(remote: Remote): void {
    this.#remote = remote
    this.#nextMs = performance.now()
    this.#schedule()
  }

  /** Speaks; resolves when the last packet is sent or the phone is closed. */
  speak(pcm: Int16Array): Promise<void> {
    this.#speech?.done()
    return new Promise((done) => {
      this.#speech = { pcm, at: 0, done }
    })
  }

  press(keys: string): void {
    this.#keys.press(keys)
  }

  /** From now on sends back every packet's audio. */
  echo(): void {
    this.#echo = []
  }

  /** Milliseconds since the other side was last heard to speak; undefined before it first was. */
  silentForMs(): number | undefined {
    return this.#firstLoudMs === 0 ? undefined : performance.now() - this.#lastLoudMs
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#speech?.done()
    this.#speech = undefined
    if (!this.#remote && !this.#isBound()) return
    this.#remote = undefined
    try {
      this.#socket.close()
    } catch {
      // Closed before: closing twice is fine.
    }
  }

  #isBound(): boolean {
    try {
      return this.#socket.address().port > 0
    } catch {
      return false
    }
  }

  #schedule(): void {
    this.#nextMs += frameMs
    const delayMs = Math.max(0, this.#nextMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#send()
      if (this.#remote) this.#schedule()
    }, delayMs)
  }

  #lost(): boolean {
    return this.lossPercent > 0 && this.#random() * 100 < this.lossPercent
  }

  #send(): void {
    const remote = this.#remote
    if (!remote) return
    const keyBytes = this.#keys.tick(this.#packet, 12)
    if (keyBytes > 0 && remote.telephoneEventType !== undefined) {
      const timestamp = this.#timestamp - this.#keys.timestampOffsetSamples
      this.#header12(remote.telephoneEventType, this.#keys.marker, timestamp)
      this.#transmit(12 + keyBytes, remote)
    } else {
      this.#fill(remote.payloadType)
      this.#header12(remote.payloadType, false, this.#timestamp)
      this.#transmit(12 + frameSamples, remote)
    }
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0
  }

  #header12(payloadType: number, marker: boolean, timestamp: number): void {
    writeRtp(this.#packet, 0, payloadType, marker, this.#sequence, timestamp >>> 0, this.#ssrc)
  }

  #transmit(bytes: number, { address, port }: Remote): void {
    if (!this.#lost()) this.#socket.send(this.#packet, 0, bytes, port, address, () => {})
  }

  /** The next 20 ms: an echo, speech, or silence. */
  #fill(payloadType: number): void {
    if (!this.#echoing) this.#echoing = (this.#echo?.length ?? 0) >= echoLeadFrames
    const echoed = this.#echoing ? this.#echo?.shift() : undefined
    if (echoed) {
      echoed.copy(this.#packet, 12)
      return
    }
    this.#pcm.fill(0)
    const speech = this.#speech
    if (speech) {
      this.#pcm.set(speech.pcm.subarray(speech.at, speech.at + frameSamples))
      speech.at += frameSamples
      if (speech.at >= speech.pcm.length) {
        this.#speech = undefined
        speech.done()
      }
    }
    const encode = payloadType === 8 ? encodeAlaw : encodeUlaw
    encode(this.#pcm, 0, frameSamples, this.#packet, 12)
  }

  #receive(packet: Buffer): void {
    if (isRtcp(packet, packet.length) || !readRtp(packet, packet.length, this.#header)) return
    const { payloadType, payloadOffset, payloadLength } = this.#header
    const known = payloadType === 0 || payloadType === 8
    if (!known || payloadLength > this.#heard.length || this.#lost()) return
    const decode = payloadType === 8 ? decodeAlaw : decodeUlaw
    decode(packet, payloadOffset, payloadLength, this.#heard, 0)
    if (rmsDbfs(this.#heard, 0, payloadLength) > speechDbfs) {
      this.#lastLoudMs = performance.now()
      if (this.#firstLoudMs === 0) this.#firstLoudMs = this.#lastLoudMs
    }
    if (this.#echo && payloadLength === frameSamples && this.#echo.length < maxEchoFrames) {
      this.#echo.push(Buffer.from(packet.subarray(payloadOffset, payloadOffset + payloadLength)))
    }
  }
}
