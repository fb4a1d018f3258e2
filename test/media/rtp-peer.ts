import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../engine/dsp/g711.ts'
import { align } from '../../engine/dsp/levels.ts'
import { newOpusDecoder, newOpusEncoder } from '../../engine/dsp/opus.ts'
import { emptyRtpHeader, isRtcp, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'

/** Opus is coded from PCM of 8 kHz, as the others are. */
export type PeerCodec = 'PCMU' | 'PCMA' | 'opus'

export interface Received {
  readonly payloadType: number
  readonly marker: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Uint8Array
  readonly atMs: number
  readonly fromPort: number
}

export interface PeerOptions {
  readonly address?: string
  readonly codec?: PeerCodec
  readonly eventType?: number | null
  readonly direction?: string
  /** Address named in SDP when it is not the true one. */
  readonly claimedAddress?: string
}

const payloadTypes = { PCMU: 0, PCMA: 8, opus: 96 } as const
const rtpMaps = { PCMU: 'PCMU/8000', PCMA: 'PCMA/8000', opus: 'opus/48000/2' } as const

/** A phone of our own: a socket, SDP, 20 ms packets on an absolute schedule, and all that it hears. */
export class RtpPeer {
  readonly socket: Socket
  readonly address: string
  readonly codec: PeerCodec
  readonly received: Received[] = []
  /** Of `talk` and `sendFrame`. */
  readonly sentPayloads: Uint8Array[] = []
  readonly #options: PeerOptions
  readonly #opusEncoder = newOpusEncoder(8000)
  /** Timestamp units for a sample at 8 kHz. */
  readonly #units: number
  ssrc = Math.floor(Math.random() * 2 ** 32)
  sequence = Math.floor(Math.random() * 65536)
  timestamp = Math.floor(Math.random() * 2 ** 32)
  remotePort = 0
  remoteAddress = '127.0.0.1'

  private constructor(socket: Socket, options: PeerOptions) {
    this.socket = socket
    this.#options = options
    this.address = options.address ?? '127.0.0.1'
    this.codec = options.codec ?? 'PCMU'
    this.#units = this.codec === 'opus' ? 6 : 1
    const header = emptyRtpHeader()
    socket.on('message', (packet, from) => {
      // Reports for a phone on the port below come here, as for any phone that names no port for them.
      if (isRtcp(packet, packet.length) || !readRtp(packet, packet.length, header)) return
      const { payloadType, marker, sequence, timestamp, ssrc, payloadOffset } = header
      const payload = packet.subarray(payloadOffset, payloadOffset + header.payloadLength)
      const atMs = performance.now()
      const fromPort = from.port
      this.received.push({
        payloadType,
        marker,
        sequence,
        timestamp,
        ssrc,
        payload,
        atMs,
        fromPort,
      })
    })
  }

  static async open(options: PeerOptions = {}): Promise<RtpPeer> {
    const socket = createSocket('udp4')
    socket.bind(0, options.address ?? '127.0.0.1')
    await once(socket, 'listening')
    return new RtpPeer(socket, options)
  }

  get port(): number {
    return this.socket.address().port
  }

  get payloadType(): number {
    return payloadTypes[this.codec]
  }

  /** Offer or answer. */
  sdp(extra: readonly string[] = []): string {
    const { eventType = 101, direction = 'sendrecv', claimedAddress } = this.#options
    const types = [this.payloadType, ...(eventType === null ? [] : [eventType])]
    const lines = [
      'v=0',
      `o=peer 1 1 IN IP4 ${this.address}`,
      's=-',
      `c=IN IP4 ${claimedAddress ?? this.address}`,
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${types.join(' ')}`,
      `a=rtpmap:${this.payloadType} ${rtpMaps[this.codec]}`,
      ...(eventType === null ? [] : [`a=rtpmap:${eventType} telephone-event/8000`]),
      `a=${direction}`,
      ...extra,
    ]
    return `${lines.join('\r\n')}\r\n`
  }

  /** Takes the engine's port out of its SDP. */
  aim(sdp: string): void {
    this.remotePort = Number(/^m=audio (\d+)/m.exec(sdp)?.[1])
  }

  sendPayload(payloadType: number, payload: Uint8Array, marker = false): void {
    const packet = Buffer.alloc(12 + payload.length)
    writeRtp(packet, 0, payloadType, marker, this.sequence, this.timestamp, this.ssrc)
    packet.set(payload, 12)
    this.sequence = (this.sequence + 1) & 0xffff
    this.socket.send(packet, this.remotePort, this.remoteAddress)
  }

  sendFrame(pcm: Int16Array): void {
    const payload = this.#encode(pcm)
    this.sentPayloads.push(payload)
    this.sendPayload(this.payloadType, payload)
    this.timestamp = (this.timestamp + pcm.length * this.#units) >>> 0
  }

  #encode(pcm: Int16Array): Uint8Array {
    if (this.codec === 'opus') {
      const packet = new Uint8Array(1275)
      return packet.subarray(0, this.#opusEncoder.encode(pcm, packet, 0))
    }
    const payload = new Uint8Array(pcm.length)
    const encode = this.codec === 'PCMU' ? encodeUlaw : encodeAlaw
    encode(pcm, 0, pcm.length, payload, 0)
    return payload
  }

  /** Forgets what has come, and what waits in the socket still as something was computed meanwhile. */
  async forget(): Promise<void> {
    await sleep(50)
    // A timer may run before the socket is looked at; an immediate does not.
    await setImmediate()
    await setImmediate()
    this.received.length = 0
  }

  /** Sends a signal in real time, 20 ms a packet; returns when the last one has arrived. */
  async talk(pcm: Int16Array, frame = 160): Promise<void> {
    const startMs = performance.now()
    for (let at = 0; at + frame <= pcm.length; at += frame) {
      const dueMs = startMs + at / 8
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) await sleep(waitMs)
      this.sendFrame(pcm.subarray(at, at + frame))
    }
    await sleep(20)
  }

  /** One key press (RFC 4733): five packets of tone and three ends; `lose` lists those left out. */
  async press(event: number, lose: readonly number[] = []): Promise<void> {
    for (let n = 0; n < 8; n++) {
      const end = n >= 5
      const duration = Math.min(n + 1, 5) * 160
      const payload = Uint8Array.of(event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff)
      if (lose.includes(n)) this.sequence = (this.sequence + 1) & 0xffff
      else this.sendPayload(this.#options.eventType ?? 101, payload, n === 0)
      await sleep(20)
    }
    this.timestamp = (this.timestamp + 8 * 160) >>> 0
  }

  /** All audio heard, decoded and laid out by timestamp; gaps are zeros. */
  heard(): Int16Array {
    const audio = this.received.filter((packet) => packet.payloadType === this.payloadType)
    const first = audio[0]
    if (!first) return new Int16Array(0)
    const last = audio.at(-1)!
    const decode = this.#decoding()
    const lastPcm = this.codec === 'opus' ? 160 : last.payload.length
    const pcm = new Int16Array(((last.timestamp - first.timestamp) | 0) / this.#units + lastPcm)
    for (const { timestamp, payload } of audio) {
      const at = ((timestamp - first.timestamp) | 0) / this.#units
      const frame = decode(payload)
      if (at >= 0 && at + frame.length <= pcm.length) pcm.set(frame, at)
    }
    return pcm
  }

  #decoding(): (payload: Uint8Array) => Int16Array {
    if (this.codec === 'opus') {
      const decoder = newOpusDecoder(8000)
      return (payload) => {
        const frame = new Int16Array(960)
        return frame.subarray(0, decoder.decode(payload, 0, payload.length, frame))
      }
    }
    const decode = this.codec === 'PCMU' ? decodeUlaw : decodeAlaw
    return (payload) => {
      const frame = new Int16Array(payload.length)
      decode(payload, 0, payload.length, frame, 0)
      return frame
    }
  }

  close(): void {
    this.#opusEncoder.close()
    this.socket.close()
  }
}

/** A sine as samples; `amplitude` in PCM units. */
export function sine(frequencyHz: number, durationMs: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: durationMs * 8 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / 8000)),
  )
}

/** A signal that is like itself nowhere else: for finding it again by correlation. */
export function noise(durationMs: number, seed = 1, amplitude = 6000): Int16Array {
  let state = seed >>> 0 || 1
  let smooth = 0
  return Int16Array.from({ length: durationMs * 8 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    smooth += 0.5 * ((state / 2 ** 31 - 1) * amplitude - smooth)
    return Math.round(smooth)
  })
}

/**
 * How well a signal was heard: the correlation of the best of five stretches of 150 ms, wherever in
 * `heard` it is. (On a busy machine some other stretch may have had to be concealed.)
 */
export function likeness(said: Int16Array, heard: Int16Array): number {
  const found = [3200, 4400, 5600, 6800, 8000].map((at) => {
    const stretch = said.subarray(at, at + 1200)
    // All of it: of a few samples any two signals are alike.
    const last = Math.min(at + 6400, heard.length - stretch.length)
    return align(stretch, heard, Math.max(0, at - 2400), last).correlation
  })
  return Math.max(...found)
}
