import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/ports/observe.ts'
import type { SipMessage } from '../core/ports/trace.ts'
import { type HepIdentity, hepPacket } from './hep.ts'
import { sipCallIdOf } from './traced-head.ts'

/** Where a Homer server takes packets. */
export interface HepTarget extends HepIdentity {
  readonly host: string
  readonly port: number
}

/** Packets that may wait for the system; more are counted as errors. */
const maxWaiting = 1000
const againMs = 30_000
const tellEveryMs = 600_000

/**
 * Sends every message to a Homer server by UDP and never waits for anything: what cannot be sent now is
 * counted and gone. The name is asked for once, and again 30 s after each failure to find it.
 */
export class HepSender {
  sent = 0
  errors = 0
  /** Sent, but for the end of a message that was too long. */
  cut = 0
  readonly #target: HepTarget
  readonly #clock: Clock
  readonly #log: Log
  #socket: Socket | undefined
  #isConnected: boolean = false
  #isClosed: boolean = false
  #waiting = 0
  #disarm = (): void => {}
  /** A fault is told once in a while, not for every packet. */
  #toldAtMs: number | undefined

  constructor(target: HepTarget, clock: Clock, log: Log) {
    this.#target = target
    this.#clock = clock
    this.#log = log
    this.#connect()
  }

  send(message: SipMessage): void {
    if (!this.#isConnected || this.#waiting >= maxWaiting) {
      this.errors++
      return
    }
    this.#waiting++
    const { packet, isCut } = hepPacket(message, sipCallIdOf(message.raw), this.#target)
    this.#socket?.send(packet, (error) => {
      this.#waiting--
      if (error === null) {
        this.sent++
        if (isCut) this.cut++
      } else this.#fail(error)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#isConnected = false
    this.#disarm()
    this.#socket?.close()
    this.#socket = undefined
  }

  /** A socket has one family, which the name decides: the one that is connected is found by trying. */
  #connect(kind: 'udp4' | 'udp6' = 'udp4'): void {
    const socket = createSocket(kind)
    this.#socket = socket
    socket.unref()
    // what comes back (ICMP) is an error of an earlier packet
    socket.on('error', (error) => {
      if (this.#isConnected) this.#fail(error)
    })
    const { host, port } = this.#target
    socket.connect(port, host, (error?: Error) => {
      if (this.#isClosed) return
      if (error === undefined) {
        this.#isConnected = true
        return
      }
      socket.close()
      if (kind === 'udp4') {
        this.#connect('udp6')
        return
      }
      this.#fail(error, 0)
      this.#disarm = this.#clock.after(againMs, () => this.#connect())
    })
  }

  #fail(error: Error, packets = 1): void {
    this.errors += packets
    if (this.#isClosed) return
    const nowMs = this.#clock.monotonicMs()
    if (this.#toldAtMs !== undefined && nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    this.#log.warn('HEP packets are not sent', { error: error.message })
  }
}
