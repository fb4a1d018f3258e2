import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeRtp } from '../../engine/dsp/rtp.ts'
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

const ends = { onInside: () => {}, onOutside: () => {}, onFault: () => {} }
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

test('what goes wrong with a packet inside is told, once, and the next ones come', async () => {
  const faults: unknown[] = []
  let came = 0
  const path = await openMediasoupPath(worker, formats(0), {
    ...ends,
    onInside: () => {
      came += 1
      throw new Error('of ours')
    },
    onFault: (error) => faults.push(error),
  })
  const packet = new Uint8Array(172)
  for (let n = 0; n < 100 && came < 3; n++) {
    writeRtp(packet, 0, 0, false, n, n * 160, 9)
    path.inwards(packet, packet.length)
    await sleep(10)
  }
  await path.close()
  expect(came).toBeGreaterThanOrEqual(3)
  expect(faults).toEqual([expect.objectContaining({ message: 'of ours' })])
})
