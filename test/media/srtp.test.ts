/** Keys that SDP agreed on, in use: two legs of ours, one behind the other's SDP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LegOptions } from '../../engine/core/ports/media.ts'
import type { RunningMedia } from '../../engine/media/index.ts'
import { callId, startForTest } from './start.ts'

let media: RunningMedia
const overTls = { srtp: 'required', secureSignalling: true } satisfies LegOptions

beforeAll(async () => {
  media = (await startForTest(28_800, { portRestMs: 0 })).media
})
afterAll(() => media.shutDown())

const suites = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
]

/** The offer with that suite alone. */
const only = (suite: string, offer: string): string =>
  offer
    .split('\r\n')
    .filter((line) => !line.startsWith('a=crypto') || line.includes(` ${suite} `))
    .join('\r\n')

const receivedBy = async (name: string): Promise<number> =>
  (await media.figures(callId(name))).packetsReceived
const close = (...names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => media.close(callId(name))))

/** So many more packets come to it than until now. */
async function hearsOn(name: string, more = 5): Promise<void> {
  const before = await receivedBy(name)
  await expect.poll(() => receivedBy(name)).toBeGreaterThan(before + more)
}

test.each(suites)('%s', async (suite) => {
  const [a, b] = [`${suite} a`, `${suite} b`]
  const offer = only(suite, await media.offer(callId(a), overTls))
  const answer = await media.answer(callId(b), offer, overTls)
  expect(answer).toContain(` ${suite} inline:`)
  await media.complete(callId(a), answer)
  expect(media.agreedOn(callId(b))).toMatchObject({ protection: 'sdes' })
  for (const name of [a, b]) await hearsOn(name)
  await close(a, b)
})

test('a key that somebody has changed on the way: nothing is heard under it', async () => {
  const offer = await media.offer(callId('changed a'), overTls)
  const answer = await media.answer(callId('changed b'), offer, overTls)
  const other = answer.replace(/inline:./, (found) => `inline:${found.at(-1) === 'A' ? 'B' : 'A'}`)
  await media.complete(callId('changed a'), other)
  await hearsOn('changed b', 15)
  expect(await receivedBy('changed a')).toBe(0)
  await close('changed a', 'changed b')
})

test('a new key of theirs, in the middle of the call', async () => {
  const [a, b] = [callId('new key a'), callId('new key b')]
  const offer = await media.offer(a, overTls)
  await media.complete(a, await media.answer(b, offer, overTls))
  await sleep(200)
  const again = await media.offer(b)
  const changed = again.replace(
    /inline:./g,
    (found) => `inline:${found.at(-1) === 'A' ? 'B' : 'A'}`,
  )
  const answer = await media.answer(a, changed)
  expect(answer).not.toContain(/inline:\S+/.exec(offer)?.[0])
  await media.complete(b, answer)
  // Theirs is not the key that b sends with: what comes under the old one is heard for a second; ours to b is.
  const before = await receivedBy(a)
  await hearsOn(b, 85)
  const atA = await receivedBy(a)
  // What was in a socket when they were counted comes on top of the 50 of that second.
  expect(atA - before).toBeLessThanOrEqual(65)
  await hearsOn(b, 15)
  expect(await receivedBy(a)).toBe(atA)
  await close(a, b)
})
