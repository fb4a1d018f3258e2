import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Encoder } from '../../engine/dsp/codec.ts'
import { emptyRtpHeader, RTP_HEADER_BYTES, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'
import { codecKinds } from '../../engine/media/leg/codec.ts'
import { FrameConverter } from '../../engine/media/leg/frame-converter.ts'
import type { Said } from './rtp-crowd/crowd-leg.ts'
import { HeardAudio, type HeardPcm } from './rtp-crowd/heard-audio.ts'
import { type CrowdCodec, FRAME_SAMPLES } from './rtp-crowd/voices.ts'
import { audioPortOf } from './scripted-phone.ts'

const lines = {
  PCMU: [0, 'PCMU/8000'],
  PCMA: [8, 'PCMA/8000'],
  G722: [9, 'G722/8000'],
  opus: [111, 'opus/48000/2'],
} as const
const FRAME_MS = 20
const LARGEST_PACKET = 1500
const STALL_MS = 60
const silence = new Int16Array(FRAME_SAMPLES)

/** The audio of one phone: says any sound, in any codec, a packet each 20 ms, and keeps what it hears. */
export class RtpVoice {
  readonly codec: CrowdCodec
  readonly #socket: Socket
  readonly #encoder: Encoder
  readonly #converter: FrameConverter
  /** Timestamp units for a sample at 8 kHz. */
  readonly #units: number
  readonly #packet = Buffer.alloc(LARGEST_PACKET)
  #remotePort = 0
  #heard: HeardAudio | undefined
  #says: Int16Array = silence
  #said: Said | undefined
  #frame = 0

  private constructor(socket: Socket, codec: CrowdCodec) {
    const kind = codecKinds[codec]
    this.codec = codec
    this.#socket = socket
    this.#encoder = kind.newEncoder(kind.bestRateHz)
    this.#converter = new FrameConverter(8000, this.#encoder.rateHz)
    this.#units = kind.clockHz / 8000
    const header = emptyRtpHeader()
    socket.on('message', (packet) => {
      if (!readRtp(packet, packet.length, header) || header.payloadType !== lines[codec][0]) return
      this.#heard?.keep(header, packet, performance.now())
    })
    void this.#pace()
  }

  static async open(codec: CrowdCodec): Promise<RtpVoice> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RtpVoice(socket, codec)
  }

  /** An offer, or an answer. */
  sdp(): string {
    const [type, name] = lines[this.codec]
    const { port } = this.#socket.address()
    return [
      ...['v=0', `o=voice ${port} 1 IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
      ...[`m=audio ${port} RTP/AVP ${type}`, `a=rtpmap:${type} ${name}`],
      ...['a=ptime:20', 'a=sendrecv', ''],
    ].join('\r\n')
  }

  /** Takes the engine's port out of its SDP; from then on it speaks. */
  aim(sdp: string): void {
    this.#remotePort = audioPortOf(sdp)
  }

  /** Over and over, until it is told something else; 8 kHz, whole frames. Nothing: silence. */
  say(sound: Int16Array = silence): void {
    this.#says = sound
    this.#said = { loop: { payloads: [], pcm: sound }, sentAtMs: [] }
  }

  /** Its newest sound, and when the n-th frame of it was sent. */
  get said(): Said | undefined {
    return this.#said
  }

  /** What comes in for so long, at 8 kHz. */
  async hears(forMs: number): Promise<HeardPcm> {
    const heard = new HeardAudio(this.codec, this.#units)
    this.#heard = heard
    await sleep(forMs)
    this.#heard = undefined
    return heard.pcm()
  }

  close(): void {
    this.#remotePort = Number.NaN
    this.#encoder.close()
    this.#socket.close()
  }

  async #pace(): Promise<void> {
    let startMs = performance.now()
    for (let n = 0; !Number.isNaN(this.#remotePort); n++) {
      const dueMs = startMs + n * FRAME_MS
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await sleep(Math.ceil(waitMs))
      // A phone that stood still does not pour out what it would have said.
      if (-waitMs > STALL_MS) startMs -= waitMs
      if (this.#remotePort > 0) this.#send()
    }
  }

  #send(): void {
    const sound = this.#says
    const sentAtMs = this.#said?.sentAtMs ?? []
    const at = (sentAtMs.length * FRAME_SAMPLES) % sound.length
    const pcm = this.#converter.convert(sound.subarray(at, at + FRAME_SAMPLES))
    const packet = this.#packet
    const n = this.#frame++
    const timestamp = n * FRAME_SAMPLES * this.#units
    writeRtp(packet, 0, lines[this.codec][0], n === 0, n & 0xffff, timestamp, 1)
    const bytes = this.#encoder.encode(pcm, packet, RTP_HEADER_BYTES)
    sentAtMs.push(performance.now())
    this.#socket.send(packet, 0, RTP_HEADER_BYTES + bytes, this.#remotePort, '127.0.0.1')
  }
}
