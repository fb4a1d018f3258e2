import { afterEach, beforeEach, expect, test } from 'vitest'
import { ownNumber } from '../../../support/call-lab.ts'
import { dials } from '../two-parties.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
beforeEach(async () => {
  lab = await openConferenceLab()
})
afterEach(() => lab.store.close())

/** Device 1001 talks to 1002. */
async function talking() {
  await lab.addDevice('1001', true)
  await lab.addDevice('1002', true)
  const caller = await dials(lab, '1001', '1002')
  const callee = lab.invited.at(-1)!
  lab.sip.answered(callee, 'v=0', 'x@phone')
  await lab.settle()
  return { caller, callee }
}

test('a call that is up joins, out of whatever it does', async () => {
  const id = await lab.room()
  const a = await lab.incoming(ownNumber)
  const joined = await lab.desk.bring(lab.account.id, id, a, { label: 'Ann', muted: true })
  expect(joined).toMatchObject({ callId: a, status: 'connected', label: 'Ann', muted: true })
  await lab.hangUp(a)
  expect((await lab.desk.get(lab.account.id, id)).record.endReason).toBe('last_member_left')
})

test('who called joins: the one whom he called is hung up', async () => {
  const id = await lab.room()
  const { caller, callee } = await talking()
  await lab.desk.bring(lab.account.id, id, caller, {})
  await lab.settle()
  expect(lab.calls.get(caller)?.state.at).toBe('up')
  expect(lab.calls.get(callee)).toBeUndefined()
  expect(lab.commands).toContain('media.joinRoom c1 c3')
})

test('who was called joins: the program of the caller goes on', async () => {
  const id = await lab.room()
  const { caller, callee } = await talking()
  await lab.desk.bring(lab.account.id, id, callee, {})
  await lab.settle()
  expect(lab.calls.get(callee)?.state.at).toBe('up')
  // It has nothing more to do.
  expect(lab.calls.get(caller)).toBeUndefined()
  expect(lab.commands).toContain('media.unbridge c1')
})

test('out of one conference into another: he leaves the first before he is in the second', async () => {
  const first = await lab.room({ options: { exitSound: 'none' } })
  const second = await lab.room({ options: { entrySound: 'none' } })
  const a = await lab.member(first)
  await lab.member(first)
  await lab.desk.bring(lab.account.id, second, a, {})
  await lab.settle()
  expect(lab.commands.filter((one) => /(join|leave)Room c1/.test(one))).toEqual([
    'media.joinRoom c1 c2',
    'media.leaveRoom c1',
    'media.joinRoom c1 c4',
  ])
  const left = (await lab.events(first)).find(({ type }) => type === 'participant.left')
  expect(left?.data['reason']).toBe('moved')
  expect(lab.live(first).members.size).toBe(1)
  expect(lab.live(second).members.size).toBe(1)
  expect(lab.calls.conferences.members).toBe(2)
})

test('refused: not answered, over, there already, full, locked', async () => {
  const id = await lab.room()
  const code = (callId: typeof a) =>
    lab.desk.bring(lab.account.id, id, callId, {}).then(
      () => 'none',
      (error: { code: string }) => error.code,
    )
  const a = await lab.member(id)
  expect(await code(a)).toBe('already_exists')
  const { callId } = await lab.desk.invite(lab.account, id, {
    ...{ to: '+15005550141', from: ownNumber },
  })
  expect(await code(callId)).toBe('call_not_answered')
  const over = await lab.incoming(ownNumber)
  await lab.hangUp(over)
  expect(await code(over)).toBe('call_ended')
  await lab.desk.change(lab.account.id, id, { locked: true })
  const other = await lab.incoming(ownNumber)
  expect(await code(other)).toBe('conference_locked')
  expect(lab.calls.get(other)?.state.at).toBe('up')
})

test('redirected: he leaves the conference and does what he is told', async () => {
  const id = await lab.room()
  const a = await lab.member(id)
  await lab.member(id)
  await lab.centre.updateCall(lab.account.id, a, { url: 'http://app.example/next' })
  await lab.settle()
  expect(lab.live(id).members.size).toBe(1)
  const left = (await lab.events(id)).find(({ type }) => type === 'participant.left')
  expect(left?.data['reason']).toBe('moved')
})
