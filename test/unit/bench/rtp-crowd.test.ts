/** The crowd of RTP legs hears what was said, when, and what is missing: against a relay that we can see through. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import type { CrowdCodec } from '../../support/rtp-crowd/voices.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  // Packets that are held back find their socket yet.
  closing.push(() => setTimeout(() => socket.close(), 100))
  return socket
}

/** Two legs whose packets go to each other through `pass`. */
async function pair(
  codec: CrowdCodec,
  legsPerSocket: number,
  pass: (n: number, forward: () => void) => void,
): Promise<RtpCrowd> {
  const crowd = await RtpCrowd.start({ legs: 2, codecs: [codec], legsPerSocket })
  closing.push(() => crowd.stop())
  const [left, right] = [await bound(), await bound()]
  for (const [from, to, port] of [
    [left, right, crowd.ports[1]!],
    [right, left, crowd.ports[0]!],
  ] as const) {
    let n = 0
    from.on('message', (packet) => pass(n++, () => to.send(packet, port, '127.0.0.1')))
  }
  await crowd.aim([
    { leg: 0, port: left.address().port },
    { leg: 1, port: right.address().port },
  ])
  return crowd
}

const always = { fromMs: 0, toMs: 60_000 }

test.each([
  ['PCMU', 1],
  ['G722', 2],
  ['opus', 1],
] as const)('what %s legs say is found again, and when it was said', async (codec, sharing) => {
  const crowd = await pair(codec, sharing, (_, forward) => setTimeout(forward, 40))
  await crowd.say([
    { leg: 0, voice: { is: 'noise', value: 3, levelDb: -20 }, ...always },
    { leg: 1, voice: { is: 'tone', value: 612, levelDb: -20 }, ...always },
  ])
  await sleep(300)
  await crowd.measure([0, 1])
  await sleep(1800)
  const [levels] = await crowd.tones([
    { leg: 0, fromMs: 0, toMs: 1e9, frequenciesHz: [612, 624, 600] },
  ])
  expect(levels![0]).toBeGreaterThan(-26)
  expect(levels![0]).toBeLessThan(-18)
  expect(Math.max(levels![1]!, levels![2]!)).toBeLessThan(-40)
  const { delayMs, stretches, notFound } = await crowd.delays([{ talker: 0, listener: 1 }])
  expect(stretches).toBeGreaterThan(2)
  // On a busy machine the relay is late as well, and a stretch may be torn.
  expect(notFound).toBeLessThan(stretches / 2)
  expect(delayMs.p50).toBeGreaterThan(38)
  expect(delayMs.p50).toBeLessThan(2_000)
})

test('packets that do not come are missing, and who is aimed at nothing is still', async () => {
  const crowd = await pair('PCMA', 1, (n, forward) => {
    if (n % 10 !== 3) forward()
  })
  await sleep(100)
  await crowd.measure()
  await sleep(1000)
  const [one] = (await crowd.figures()).legs
  expect(one!.received).toBeGreaterThan(20)
  expect(one!.missing / (one!.received + one!.missing)).toBeCloseTo(0.1, 1)
  await crowd.aim([{ leg: 0, port: 0 }])
  await crowd.measure()
  await sleep(200)
  expect((await crowd.figures()).legs[0]).toEqual({ sent: 0, received: 0, missing: 0 })
})
