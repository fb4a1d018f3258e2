import { expect, test } from 'vitest'
import { twoParties } from './two-parties.ts'

test('a phone that is not heard and heard again: told in the log, and the call goes on', async () => {
  const { lab, caller } = await twoParties()
  lab.media.silence(caller, 'lost', 20_000)
  lab.media.silence(caller, 'back', 31_000)
  await lab.settle()
  const events = await lab.store.events.ofCall(lab.account.id, caller)
  expect(events.slice(-2).map(({ type, data }) => [type, data])).toEqual([
    ['media.lost', { silentMs: 20_000 }],
    ['media.back', { silentMs: 31_000 }],
  ])
  expect((await lab.store.calls.get(lab.account.id, caller))?.status).toBe('in-progress')
})

test('one that stays away is hung up, and so is whom it talked to', async () => {
  const { lab, caller, callee } = await twoParties()
  lab.media.silence(caller, 'lost', 20_000)
  lab.media.silence(caller, 'end', 60_000)
  await lab.settle()
  expect(lab.commands.filter((line) => line.startsWith('sip.bye'))).toEqual([
    expect.stringContaining('sip.bye'),
    expect.stringContaining('sip.bye'),
  ])
  expect(await lab.store.calls.get(lab.account.id, caller)).toMatchObject({
    status: 'completed',
    endReason: 'media_lost',
  })
  expect((await lab.store.calls.get(lab.account.id, callee))?.status).toBe('completed')
})

test('a call that is over is not ended again', async () => {
  const { lab, caller } = await twoParties()
  lab.media.silence(caller, 'end', 60_000)
  await lab.settle()
  lab.media.silence(caller, 'lost', 20_000)
  lab.media.silence(caller, 'end', 60_000)
  await lab.settle()
  expect((await lab.logOf(caller)).filter((type) => type === 'media.lost')).toEqual([])
})
