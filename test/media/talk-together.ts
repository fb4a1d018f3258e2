import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { likeness, noise, type RtpPeer } from './rtp-peer.ts'

/**
 * Audio goes both ways. Where a machine was busy elsewhere for a moment they say it again: no stretch of what is
 * heard may then be without a gap. What does not work at all never sounds right.
 */
export async function talkTogether(a: RtpPeer, b: RtpPeer, least = 0.98): Promise<void> {
  const [fromA, fromB] = [noise(1500, 1), noise(1500, 2)]
  let heard = [0, 0]
  for (let attempt = 0; attempt < 3 && Math.min(...heard) <= least; attempt++) {
    await Promise.all([a.forget(), b.forget()])
    await Promise.all([a.talk(fromA), b.talk(fromB)])
    await sleep(150)
    heard = [likeness(fromA, b.heard()), likeness(fromB, a.heard())]
  }
  expect(Math.min(...heard)).toBeGreaterThan(least)
}
