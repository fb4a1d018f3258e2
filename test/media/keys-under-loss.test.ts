import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RtpPeer } from './rtp-peer.ts'
import { callId, startForTest } from './start.ts'

test('a key is told exactly once whichever two of its packets are lost', async () => {
  const { media, seen } = await startForTest(27_300, { portRestMs: 0 })
  const losses = Array.from({ length: 8 }, (_, first) =>
    Array.from({ length: 7 - first }, (_unused, n) => [first, first + 1 + n] as const),
  ).flat()
  expect(losses).toHaveLength(28)
  const toldOf = (n: number) => seen.digits.filter(({ callId: id }) => id === `k${n}`)
  await Promise.all(
    losses.map(async (lose, n) => {
      const peer = await RtpPeer.open()
      peer.aim(await media.answer(callId(`k${n}`), peer.sdp()))
      await peer.press(n % 12, lose)
      // The last ones of a press may be lost: then a silence ends it.
      await expect.poll(() => toldOf(n)).not.toEqual([])
      // Nor is it told once more.
      await sleep(200)
      await media.close(callId(`k${n}`))
      peer.close()
    }),
  )
  const told = losses.map((_, n) => toldOf(n))
  expect(told.map((digits) => digits.map(({ digit }) => digit).join())).toEqual(
    losses.map((_, n) => '0123456789*#'[n % 12]),
  )
  for (const [digit] of told) expect(digit!.durationMs).toBeLessThanOrEqual(100)
  await media.shutDown()
})
