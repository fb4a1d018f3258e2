import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { openImpairedRelay } from '../support/impaired-relay.ts'
import { type Impairment, Impairments } from '../support/impairments.ts'

const COUNT = 200
const closing: { close(): void }[] = []
afterEach(() => {
  for (const one of closing.splice(0)) one.close()
})

async function peer(): Promise<{ socket: Socket; heard: number[] }> {
  const socket = createSocket('udp4')
  closing.push(socket)
  const heard: number[] = []
  socket.on('message', (packet) => heard.push(packet.readUInt16BE(0)))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { socket, heard }
}

const numbered = (n: number): Buffer => Buffer.from([n >> 8, n & 255])
const aimAt = (socket: Socket) => ({ address: '127.0.0.1', port: socket.address().port })

/** How often each packet comes out of the other end, by the model alone. */
function foretold(impairment: Impairment): number[] {
  const network = new Impairments(impairment)
  return Array.from({ length: COUNT }, (_, n) => network.next(n).length)
}

const counted = (heard: readonly number[]): number[] =>
  Array.from({ length: COUNT }, (_, n) => heard.filter((number) => number === n).length)

test('both ways, packets are lost and doubled as the seed says, and some overtake others', async () => {
  const there: Impairment = {
    ...{ seed: 21, delayMs: 2, jitterMs: 4, lossPercent: 8 },
    ...{ duplicatePercent: 5, reorderPercent: 10, reorderMs: 8 },
  }
  const back: Impairment = { seed: 4, bursts: { startPercent: 5, meanPackets: 3 } }
  const [a, b] = await Promise.all([peer(), peer()])
  const relay = await openImpairedRelay(there, back)
  closing.push(relay)
  relay.aim(aimAt(a.socket), aimAt(b.socket))
  for (let n = 0; n < COUNT; n++) {
    a.socket.send(numbered(n), relay.portForA, '127.0.0.1')
    b.socket.send(numbered(n), relay.portForB, '127.0.0.1')
    if (n % 5 === 0) await sleep(4)
  }
  const [toB, toA] = [foretold(there), foretold(back)]
  const expected = [...toB, ...toA].reduce((sum, times) => sum + times, 0)
  await expect.poll(() => a.heard.length + b.heard.length).toBe(expected)
  expect(counted(b.heard)).toEqual(toB)
  expect(counted(a.heard)).toEqual(toA)
  expect(toB).toContain(0)
  expect(toB).toContain(2)
  expect(b.heard.some((number, i) => number < (b.heard[i - 1] ?? 0))).toBe(true)
  expect(relay.figures).toEqual({ received: 2 * COUNT, sent: expected })
})
