import { expect, test } from 'vitest'
import { createMediasoupWorker } from '../../engine/media/mediasoup.ts'

test('a program that is not there is one clear line', async () => {
  const attempt = createMediasoupWorker('/nowhere/mediasoup-worker')
  await expect(attempt).rejects.toThrow(/^The mediasoup worker does not start \(.*ENOENT.*\); /)
})

test('a program that is something else is one clear line', async () => {
  const attempt = createMediasoupWorker('/bin/true')
  await expect(attempt).rejects.toThrow(/^The mediasoup worker does not start \(/)
})
