import { expect, test } from 'vitest'
import { ObservedTimes } from '../../../engine/app/observed-times.ts'
import { openCallLab } from '../../support/call-lab.ts'

test('nothing is said of few measurements, and old ones are forgotten', () => {
  const times = new ObservedTimes()
  for (let count = 0; count < 19; count++) times.add(10)
  expect(times.quantiles()).toBeUndefined()
  for (let count = 0; count < 200; count++) times.add(1000 + count * 10)
  expect(times.quantiles()).toEqual({ p50Ms: 1990, p90Ms: 2790 })
})

test('the ringing of triggered agents is measured, once for each', async () => {
  const lab = await openCallLab()
  const request = { agentPhone: '+61412345678', leadPhone: '+61498765432', leadName: 'Sarah' }
  for (let count = 0; count < 20; count++) {
    const { id } = await lab.centre.triggerCall(lab.account, request)
    await lab.settle()
    await lab.clock.advance(1_500)
    lab.sip.progress(id, 180, undefined)
    lab.sip.progress(id, 180, undefined)
    await lab.settle()
    expect(lab.centre.connectTimes() === undefined).toBe(count < 19)
  }
  expect(lab.centre.connectTimes()).toEqual({ p50Ms: 1_500, p90Ms: 1_500 })
})
