/** The counting and timing that the benches rest on, against a relay that loses and delays on purpose. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { AudioLeg, type Method, type Tally } from '../../bench/audio-leg.ts'
import { quantileOf } from '../../bench/statistics.ts'

const packets = 60
const closing: { close(): unknown }[] = []
afterEach(() => {
  for (const one of closing.splice(0)) one.close()
})

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(socket)
  return socket
}

/** One leg talks to another through `pass`, which is given every packet and a way to send it on; so many arrive. */
async function talked(
  method: Method,
  pass: (n: number, forward: () => void) => void,
  arriving = packets,
): Promise<Tally> {
  const tally: Tally = { sent: 0, received: 0, missing: 0, delaysMs: [] }
  const from = await AudioLeg.open('127.0.0.1', 0, 0, method, tally)
  const to = await AudioLeg.open('127.0.0.1', 1, 0, method, tally)
  closing.push(from, to)
  const [inward, outward] = [await bound(), await bound()]
  let n = 0
  inward.on('message', (packet) => pass(n++, () => outward.send(packet, to.port, '127.0.0.1')))
  to.partner = from
  from.remotePort = inward.address().port
  to.remotePort = outward.address().port
  for (const leg of [from, to]) leg.measure(performance.now())
  for (let sent = 0; sent < packets; sent++) {
    from.send(true)
    await sleep(1)
  }
  await expect.poll(() => tally.received).toBe(arriving)
  return tally
}

test('all that arrive are counted', async () => {
  const { sent, received, missing } = await talked('stamp', (_, forward) => forward())
  expect({ sent, received, missing }).toEqual({ sent: packets, received: packets, missing: 0 })
})

test('those that do not are missed', async () => {
  const dropped = [7, 20, 21]
  const pass = (n: number, forward: () => void) => void (dropped.includes(n) || forward())
  const { sent, received, missing } = await talked('stamp', pass, packets - dropped.length)
  expect({ lost: sent - received, missing }).toEqual({ lost: 3, missing: 3 })
})

test('one that is overtaken is not missing', async () => {
  const { received, missing } = await talked('stamp', (n, forward) => {
    if (n === 10) setTimeout(forward, 20)
    else forward()
  })
  expect({ received, missing }).toEqual({ received: packets, missing: 0 })
})

test.each(['stamp', 'impulse'] as const)('delay is seen by %s', async (method) => {
  const { delaysMs } = await talked(method, (_, forward) => setTimeout(forward, 40))
  // The impulse is sent in the first and the fifty-first packet.
  expect(delaysMs).toHaveLength(method === 'stamp' ? packets : 2)
  expect(quantileOf(delaysMs, 0.5)).toBeGreaterThan(38)
  // A busy machine adds to it.
  expect(quantileOf(delaysMs, 0.5)).toBeLessThan(2_000)
})
