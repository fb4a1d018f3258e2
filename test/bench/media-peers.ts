import type { Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { ALAW_SILENCE, ULAW_SILENCE } from '../../engine/dsp/g711.ts'
import { emptyRtpHeader, readRtp, writeRtp } from '../../engine/dsp/rtp.ts'
import { bindUdp } from '../../engine/media/rtp/udp-socket.ts'

/**
 * Phones for the benches, in a thread of their own: each sends a packet every 20 ms. Peer 2n talks to
 * peer 2n + 1 through the engine. How long that takes is read from what arrives: with `stamp` the time of
 * sending stands in the payload (relayed untouched); with `impulse` one loud frame a second is timed.
 */

export type PeerMethod = 'stamp' | 'impulse'
export type PeerCommand =
  | { readonly is: 'open'; readonly count: number }
  | {
      readonly is: 'talk'
      readonly targets: readonly number[]
      readonly payloadTypes: readonly number[]
      readonly method: PeerMethod
      readonly durationMs: number
    }
export type PeerReport =
  | { readonly is: 'opened'; readonly ports: readonly number[] }
  | {
      readonly is: 'talked'
      readonly sent: number
      readonly received: number
      /** Sequence numbers that never came. */
      readonly missing: number
      readonly delaysMs: readonly number[]
    }

const LOUD = 0x10
const WARM_UP_MS = 2000

class Peer {
  readonly socket: Socket
  received = 0
  first = -1
  highest = -1
  sent = 0
  /** When the loud frame that is on its way was sent. */
  loudAtMs = 0
  wasLoud = false
  readonly packet = Buffer.alloc(172)

  constructor(socket: Socket) {
    this.socket = socket
  }

  count(sequence: number): void {
    this.received += 1
    if (this.first < 0) {
      this.first = sequence
      this.highest = sequence
      return
    }
    const ahead = ((sequence - this.highest) << 16) >> 16
    if (ahead > 0) this.highest += ahead
  }

  get missing(): number {
    return this.first < 0 ? 0 : this.highest - this.first + 1 - this.received
  }
}

const peers: Peer[] = []
const delaysMs: number[] = []
const header = emptyRtpHeader()
let method: PeerMethod = 'stamp'
let measuring = false
let targets: readonly number[] = []

const partnerOf = (n: number): Peer => peers[n ^ 1]!

function receive(n: number, fromPort: number, packet: Buffer): void {
  const nowMs = performance.now()
  if (!measuring || fromPort !== targets[n] || !readRtp(packet, packet.length, header)) return
  const peer = peers[n]!
  peer.count(header.sequence)
  if (method === 'stamp') {
    const sentMs = packet.readDoubleLE(12)
    if (sentMs > 0 && sentMs <= nowMs && nowMs - sentMs < 5000) delaysMs.push(nowMs - sentMs)
    return
  }
  // The middle of the frame: its edges may be blended.
  const loud = (packet[92]! & 0x70) < 0x40
  if (loud && !peer.wasLoud && partnerOf(n).loudAtMs > 0) {
    delaysMs.push(nowMs - partnerOf(n).loudAtMs)
    partnerOf(n).loudAtMs = 0
  }
  peer.wasLoud = loud
}

async function open(count: number): Promise<readonly number[]> {
  while (peers.length < count) {
    const n = peers.length
    // Sends at once: the packet may be overwritten afterwards.
    const socket = await bindUdp('127.0.0.1', 0)
    socket.on('message', (packet, from) => receive(n, from.port, packet))
    peers.push(new Peer(socket))
  }
  return peers.map((peer) => peer.socket.address().port)
}

function send(peer: Peer, n: number, tick: number, port: number, payloadType: number): void {
  const silence = payloadType === 8 ? ALAW_SILENCE : ULAW_SILENCE
  const { packet } = peer
  writeRtp(packet, 0, payloadType, tick === 0, tick, tick * 160, 1000 + n)
  if (method === 'stamp') {
    packet.writeDoubleLE(performance.now(), 12)
  } else {
    const loud = (tick + 7 * n) % 50 === 0
    packet.fill(loud ? LOUD : silence, 12)
    if (loud) peer.loudAtMs = performance.now()
  }
  peer.socket.send(packet, port, '127.0.0.1')
  if (measuring) peer.sent += 1
}

async function talk(command: PeerCommand & { is: 'talk' }): Promise<PeerReport> {
  method = command.method
  targets = command.targets
  const ticks = (WARM_UP_MS + command.durationMs) / 20
  const startMs = performance.now()
  for (let tick = 0; tick < ticks; tick++) {
    const waitMs = startMs + tick * 20 - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    measuring = tick >= WARM_UP_MS / 20
    for (const [n, peer] of peers.entries()) {
      send(peer, n, tick, targets[n]!, command.payloadTypes[n]!)
    }
  }
  await sleep(200)
  measuring = false
  const sum = (pick: (peer: Peer) => number) => peers.reduce((total, p) => total + pick(p), 0)
  return {
    is: 'talked',
    sent: sum((peer) => peer.sent),
    received: sum((peer) => peer.received),
    missing: sum((peer) => peer.missing),
    delaysMs,
  }
}

parentPort?.on('message', async (command: PeerCommand) => {
  const report: PeerReport =
    command.is === 'open' ? { is: 'opened', ports: await open(command.count) } : await talk(command)
  parentPort?.postMessage(report)
})
