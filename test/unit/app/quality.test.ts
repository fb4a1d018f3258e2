import { expect, test } from 'vitest'
import type { LegStatistics } from '../../../engine/core/ports/media.ts'
import { noQuality } from '../../../engine/core/quality.ts'
import { hangsUp, twoParties } from './two-parties.ts'

const figures: LegStatistics = {
  ...noQuality,
  ...{ codec: 'PCMU', packetsSent: 100, packetsReceived: 97, packetsLost: 3, packetsLate: 0 },
  ...{ framesConcealed: 3, packetsFromStrangers: 0 },
  ...{ lossPercent: 3.001, jitterMs: 2.345, roundTripMs: 40, concealedPercent: 3 },
  mos: { value: 4.05, grounded: true },
}
const media = { close: async () => figures, figures: async () => figures }

test('a leg that ends leaves its figures in the record and one event, after its last status', async () => {
  const { lab, caller, callee } = await twoParties({ media })
  const account = lab.account.id
  expect((await lab.store.calls.get(account, caller))?.quality).toBeNull()
  await hangsUp(lab, caller)
  for (const id of [caller, callee]) {
    expect((await lab.store.calls.get(account, id))?.quality).toMatchObject({
      ...{ codec: 'PCMU', lossPercent: 3, jitterMs: 2.35, roundTripMs: 40 },
      mos: { value: 4.05, grounded: true },
    })
    const log = await lab.logOf(id)
    expect(log.filter((type) => type === 'call.quality')).toHaveLength(1)
    expect(log.indexOf('call.quality')).toBeGreaterThan(log.indexOf('call.completed'))
  }
  const events = await lab.store.events.ofCall(account, caller)
  expect(events.find(({ type }) => type === 'call.quality')?.data).toMatchObject({
    ...{ mos: 4.05, mosGrounded: true, packetsReceived: 97, remoteLossPercent: null },
  })
  expect(lab.metrics['quality']).toBe(2)
})

test('a leg over which nothing went leaves none', async () => {
  const { lab, caller } = await twoParties()
  await hangsUp(lab, caller)
  expect((await lab.store.calls.get(lab.account.id, caller))?.quality).toBeNull()
  expect(await lab.logOf(caller)).not.toContain('call.quality')
})

test('live figures, those of a call that is over, and of another account none', async () => {
  const { lab, caller } = await twoParties({ media })
  const of = (id = lab.account.id) => lab.centre.qualityOf(id, caller)
  expect(await of()).toMatchObject({ lossPercent: 3 })
  await hangsUp(lab, caller)
  expect(await of()).toMatchObject({ lossPercent: 3, bytesSent: 0 })
  const other = '00000000-0000-4000-8000-0000000000ff' as typeof lab.account.id
  await expect(of(other)).rejects.toMatchObject({ code: 'not_found' })
})

test('when it turns bad, and good again, the log says so', async () => {
  const { lab, caller } = await twoParties()
  lab.media.quality(caller, 'degraded', figures)
  lab.media.quality(caller, 'restored', { ...figures, lossPercent: 0 })
  await lab.settle()
  const events = await lab.store.events.ofCall(lab.account.id, caller)
  expect(events.slice(-2).map(({ type, data }) => [type, data['lossPercent']])).toEqual([
    ['quality.degraded', 3],
    ['quality.restored', 0],
  ])
})
