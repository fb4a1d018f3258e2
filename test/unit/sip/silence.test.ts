/** A 408 that somebody sent, told from the server's own for an INVITE to which nothing came. */
import { expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { SipTarget } from '../../../engine/core/ports/sip.ts'
import { trunk } from '../../loop/sip/support/rig.ts'
import { Bench } from './support/recorder.ts'

const toTrunk: SipTarget = { kind: 'trunk', trunk: trunk(5060), number: '+61400000001' }

it.each([
  [true, 1_000, true],
  [false, 1_000, false],
  [false, 32_000, true],
  [false, 60_000, false],
])('that ends in 408 (100 is shown: %s) after %i ms: silence %s', async (shown, ms, silent) => {
  const bench = new Bench([], shown)
  bench.sip.invite('call' as CallId, {
    target: toTrunk,
    callerId: '+15005550001',
    offers: { rtp: 'v=0' },
  })
  const sent = bench.sent.at(-1)?.taken()
  await bench.clock.advance(ms)
  sent?.respond(408)
  expect(bench.attempts.map((attempt) => attempt?.silent)).toEqual([silent])
})
