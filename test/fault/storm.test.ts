import { expect, test } from 'vitest'
import { storm } from './storm/storm.ts'

const kills = 3

test('killed again and again under load: no call twice, none without an end, no gap in the log, the ledger sums to zero', async () => {
  const { wishes, askedAgain, events, ...faults } = await storm(kills)
  expect(faults).toEqual({
    ...{ kills, rungTwice: [], twoIds: [], refusals: [], logFaults: [] },
    ...{ unread: 0, unfinished: 0, ledgerMicro: 0, heldMicro: 0 },
  })
  // a storm that hits nothing shows nothing
  expect(wishes).toBeGreaterThan(20)
  expect(askedAgain).toBeGreaterThan(0)
  expect(events).toBeGreaterThan(wishes)
  // Five starts of an engine, each of which may take its time on a busy machine.
}, 600_000)
