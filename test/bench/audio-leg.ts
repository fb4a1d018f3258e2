import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { ALAW_SILENCE, ULAW_SILENCE } from '../../engine/dsp/g711.ts'
import { emptyRtpHeader, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'

/**
 * How delay is seen. `stamp`: the time of sending stands in the payload, for bridges that pass it on as
 * it is. `impulse`: a few loud samples once a second, for bridges that decode.
 */
export type Method = 'stamp' | 'impulse'

const headerBytes = 12
const frameSamples = 160
/** Where the impulse is in its frame, and what it is: full scale in both laws, at even and odd places. */
const impulseAt = 76
const impulseSamples = 8
const loud = { 0: 0x80, 8: 0xaa } as const
/** An impulse that has not come by then is forgotten. */
const forgottenMs = 900

const header = emptyRtpHeader()

/** What came of legs, together. */
export interface Tally {
  sent: number
  received: number
  /** Gaps in the sequence numbers that arrived. */
  missing: number
  readonly delaysMs: number[]
}

/** The audio of one phone: sends a packet every 20 ms when told to, and looks at what comes. */
export class AudioLeg {
  readonly port: number
  readonly #socket: Socket
  readonly #payloadType: 0 | 8
  readonly #packet = Buffer.alloc(headerBytes + frameSamples)
  readonly #tally: Tally
  readonly #method: Method
  /** The leg at the other end of the bridge. */
  partner: AudioLeg | undefined
  remotePort = 0
  #number: number
  #ticks = 0
  #impulseSentMs = 0
  #lastSequence = -1
  #countsFromMs = Number.POSITIVE_INFINITY

  private constructor(socket: Socket, n: number, payloadType: 0 | 8, method: Method, tally: Tally) {
    this.#socket = socket
    this.port = socket.address().port
    this.#number = n
    this.#payloadType = payloadType
    this.#method = method
    this.#tally = tally
    socket.on('message', (packet, from) => this.#receive(packet, from.port))
  }

  static async open(
    address: string,
    n: number,
    payloadType: 0 | 8,
    method: Method,
    tally: Tally,
  ): Promise<AudioLeg> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1_048_576 })
    socket.bind(0, address)
    await once(socket, 'listening')
    return new AudioLeg(socket, n, payloadType, method, tally)
  }

  /** From now on packets count. */
  measure(nowMs: number): void {
    this.#countsFromMs = nowMs
    this.#lastSequence = -1
  }

  /** Sends the next packet; `counts` when its arrival will be looked for. */
  send(counts: boolean): void {
    const tick = this.#ticks++
    const packet = this.#packet
    packet.fill(this.#payloadType === 8 ? ALAW_SILENCE : ULAW_SILENCE, headerBytes)
    writeRtp(packet, 0, this.#payloadType, tick === 0, tick, tick * frameSamples, this.#number + 1)
    const nowMs = performance.now()
    if (this.#method === 'stamp') {
      packet.writeDoubleLE(nowMs, headerBytes)
    } else if ((tick + 7 * this.#number) % 50 === 0) {
      const from = headerBytes + impulseAt
      packet.fill(loud[this.#payloadType], from, from + impulseSamples)
      this.#impulseSentMs = nowMs
    }
    this.#socket.send(packet, this.remotePort, '127.0.0.1')
    if (counts) this.#tally.sent += 1
  }

  close(): void {
    this.#socket.close()
  }

  #receive(packet: Buffer, fromPort: number): void {
    const nowMs = performance.now()
    if (fromPort !== this.remotePort || !readRtp(packet, packet.length, header)) return
    if (header.payloadType !== this.#payloadType || nowMs < this.#countsFromMs) return
    if (this.#method === 'stamp') this.#takeStamped(packet, nowMs)
    else this.#takeSound(packet, nowMs)
  }

  #takeStamped(packet: Buffer, nowMs: number): void {
    const sentMs = packet.readDoubleLE(headerBytes)
    // Also left out: what was sent before the measurement, and frames of the engine's own.
    if (!(sentMs >= this.#countsFromMs && sentMs <= nowMs)) return
    this.#count(header.sequence)
    this.#tally.delaysMs.push(nowMs - sentMs)
  }

  /** How much later the sound comes than it went, whatever frames it is cut into. */
  #takeSound(packet: Buffer, nowMs: number): void {
    this.#count(header.sequence)
    const { partner } = this
    if (!partner || partner.#impulseSentMs === 0) return
    const sinceMs = nowMs - partner.#impulseSentMs
    if (sinceMs > forgottenMs) {
      partner.#impulseSentMs = 0
      return
    }
    const end = header.payloadOffset + header.payloadLength
    for (let at = header.payloadOffset; at < end; at++) {
      // The upper half of the levels, in either law (A-law has every other bit turned over).
      const level = this.#payloadType === 8 ? (packet[at]! ^ 0x55) & 0x7f : ~packet[at]! & 0x7f
      if (level < 0x60) continue
      this.#tally.delaysMs.push(sinceMs + (at - header.payloadOffset - impulseAt) / 8)
      partner.#impulseSentMs = 0
      return
    }
  }

  #count(sequence: number): void {
    this.#tally.received += 1
    const ahead = this.#lastSequence < 0 ? 1 : ((sequence - this.#lastSequence) << 16) >> 16
    if (ahead > 0) this.#lastSequence = sequence
    // One that comes after those that follow it was counted as missing when it was passed.
    this.#tally.missing += ahead > 0 ? ahead - 1 : -1
  }
}
