import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { type Impairment, Impairments } from './impairments.ts'

export interface RelayPeer {
  readonly address: string
  readonly port: number
}

export interface ImpairedRelay {
  /** Where each side sends to, and sees packets come from: ports of 127.0.0.1 unless told. */
  readonly portForA: number
  readonly portForB: number
  /** Packets so far: taken in, and given out. */
  readonly figures: { received: number; sent: number }
  /** Before this, what comes is thrown away. */
  aim(a: RelayPeer, b: RelayPeer): void
  close(): void
}

/**
 * A network between two peers on loopback: UDP in at one end and out at the other, lost, late, out of order or
 * twice as `impairments.ts` says, each way with a seed of its own. What becomes of the n-th packet is the same
 * in every run with the same seed; only the times are a clock's. A clock that is fast (negative drift) needs a
 * delay to take from.
 */
export async function openImpairedRelay(
  aToB: Impairment,
  bToA: Impairment = { ...aToB, seed: aToB.seed + 1 },
  address: string = '127.0.0.1',
): Promise<ImpairedRelay> {
  const [forA, forB] = await Promise.all([bound(address), bound(address)])
  const timers = new Set<NodeJS.Timeout>()
  const figures = { received: 0, sent: 0 }
  let ends: { readonly a: RelayPeer; readonly b: RelayPeer } | undefined
  const carry = (network: Impairments, out: Socket, packet: Buffer, to: RelayPeer) => {
    const nowMs = performance.now()
    figures.received += 1
    for (const atMs of network.next(nowMs)) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        figures.sent += 1
        out.send(packet, to.port, to.address)
      }, atMs - nowMs)
      timers.add(timer)
    }
  }
  const [there, back] = [new Impairments(aToB), new Impairments(bToA)]
  forA.on('message', (packet) => ends && carry(there, forB, packet, ends.b))
  forB.on('message', (packet) => ends && carry(back, forA, packet, ends.a))
  return {
    portForA: forA.address().port,
    portForB: forB.address().port,
    figures,
    aim: (a, b) => {
      ends = { a, b }
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
      forA.close()
      forB.close()
    },
  }
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
