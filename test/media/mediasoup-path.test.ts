import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMediasoupWorker, createMediasoupWorker } from '../../engine/media/mediasoup.ts'
import { openMediasoupPath } from '../../engine/media/rtp/mediasoup-path.ts'
import type { RtpFormat } from '../../engine/media/rtp/rtp-port.ts'

type MediasoupWorker = Awaited<ReturnType<typeof createMediasoupWorker>>

let worker: MediasoupWorker

beforeAll(async () => {
  worker = await createMediasoupWorker()
})

afterAll(() => closeMediasoupWorker(worker))

const formats = (...types: readonly number[]): RtpFormat[] =>
  types.map((payloadType) => ({ payloadType, codec: 'PCMU', clockHz: 8000 }))

const ends = { onInside: () => {}, onOutside: () => {} }
const routers = async (): Promise<number> => (await worker.dump()).routerIds.length
const sockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource.startsWith('UDP')).length

test('a path has a router and a socket, and closes both', async () => {
  const before = sockets()
  const path = await openMediasoupPath(worker, formats(0, 8, 101), ends)
  expect([await routers(), sockets() - before]).toEqual([1, 1])
  await path.close()
  expect([await routers(), sockets() - before]).toEqual([0, 0])
})

test.each([
  ['produces', formats()],
  ['has a router', formats(0, 0)],
])('a path that fails when it %s leaves nothing open', async (_when, wrong) => {
  const before = sockets()
  await expect(openMediasoupPath(worker, wrong, ends)).rejects.toThrow()
  expect([await routers(), sockets() - before]).toEqual([0, 0])
})
