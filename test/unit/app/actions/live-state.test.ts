import { expect, test } from 'vitest'
import { hangsUp, twoParties } from '../two-parties.ts'

test('what goes on in a call is told as it is, and nothing of one that is over', async () => {
  const { lab, caller, callee } = await twoParties()
  const now = () => lab.centre.liveStateOf(caller)
  const quiet = {
    ...{ isMuted: false, isDeaf: false, isHeld: false, slot: null },
    ...{ talksTo: callee, recording: null, isListenedTo: false },
  }
  expect(now()).toEqual(quiet)

  await lab.actions.mute(lab.account.id, caller, 'hears', true)
  expect(now()).toEqual({ ...quiet, isDeaf: true })
  await lab.actions.mute(lab.account.id, caller, 'both', false)

  await lab.centre.holdCall(lab.account.id, caller, true)
  expect(now()).toEqual({ ...quiet, isHeld: true })
  await lab.centre.holdCall(lab.account.id, caller, false)

  await lab.actions.record(lab.account.id, caller, { action: 'start' })
  expect(now()).toEqual({ ...quiet, recording: 'running' })
  await lab.actions.record(lab.account.id, caller, { action: 'mask' })
  expect(now()).toEqual({ ...quiet, recording: 'masked' })
  await lab.actions.record(lab.account.id, caller, { action: 'stop' })
  await lab.settle()
  expect(now()).toEqual(quiet)

  await lab.actions.park(lab.account.id, caller, {})
  expect(now()).toMatchObject({ slot: '701', talksTo: null })

  await hangsUp(lab, caller)
  expect(now()).toBeUndefined()
})
