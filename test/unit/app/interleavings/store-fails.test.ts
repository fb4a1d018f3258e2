import { expect, test } from 'vitest'
import { Life } from './life.ts'
import { Phones } from './phones.ts'
import { mobile, openWorld } from './world.ts'

/** A call that is up, in a process whose database is about to fail. */
async function callUp() {
  const { lab, owners } = await openWorld(500_000)
  const life = new Life(lab.ports, new Phones())
  const number = owners[0]?.number ?? ''
  const asked = { to: mobile, from: number }
  const { id } = await life.centre.placeCall(lab.account, asked)
  await lab.settle()
  life.sip.answered(id, 'v=0', 'x@phone')
  await lab.settle()
  return { lab, life, id }
}

test('an end that the database did not take is told with what is told after it', async () => {
  const { lab, life, id } = await callUp()
  await life.actions.play(lab.account.id, id, { url: 'x' })
  await lab.settle()
  await life.actions.park(lab.account.id, id, {})
  await lab.settle()
  life.failing = 1
  await life.centre.endCall(lab.account.id, id)
  await lab.settle()
  const told = await lab.logOf(id)
  expect(life.hasFailed).toBe(true)
  expect(told.filter((type) => type === 'call.completed')).toHaveLength(1)
  // In the order in which things happened.
  expect(told.indexOf('call.completed')).toBeLessThan(told.indexOf('park.ended'))
  await life.kill()
  await lab.store.close()
})

test('an end that the database did not take is stored a little later, and its money is free', async () => {
  const { lab, life, id } = await callUp()
  expect((await lab.store.money.totals()).heldMicro).toBeGreaterThan(0)
  life.failing = 3
  life.sip.remoteHangup(id, 'BYE')
  await lab.settle()
  expect((await lab.store.calls.unfinished()).map((call) => call.id)).toEqual([id])
  // Refused three times, after 1, 2 and 4 s it is taken.
  await lab.clock.advance(7_000)
  expect(await lab.store.calls.unfinished()).toEqual([])
  expect((await lab.logOf(id)).filter((type) => type === 'call.completed')).toHaveLength(1)
  expect((await lab.store.money.totals()).heldMicro).toBe(0)
  expect(life.timers).toBe(0)
  await life.kill()
  await lab.store.close()
})

test('a database that stays away is not asked for ever', async () => {
  const { lab, life, id } = await callUp()
  life.failing = 1_000
  life.sip.remoteHangup(id, 'BYE')
  await lab.settle()
  await lab.clock.advance(200_000)
  expect([life.timers, life.calls.size]).toEqual([0, 0])
  await life.kill()
  await lab.store.close()
})
