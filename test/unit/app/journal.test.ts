import { expect, test } from 'vitest'
import { recordInJournal } from '../../../engine/app/directory/journal.ts'
import { recover } from '../../../engine/app/recover.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { type JournalContent, journalIdOf } from '../../../engine/core/journal.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = '+61498765432'
const trail = async (lab: CallLab, id: CallId) => {
  const entry = await lab.store.journal.get(lab.account.id, journalIdOf(id))
  if (entry === undefined) return undefined
  return [entry.changes[0]?.from ?? entry.status, ...entry.changes.map((change) => change.to)]
}
const placed = async (lab: CallLab, more: object = {}): Promise<CallId> => {
  const { id } = await lab.centre.placeCall(lab.account, { to, from: ownNumber, ...more })
  await lab.settle()
  return id
}
const answer = async (lab: CallLab, id: CallId) => {
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
}
const bye = async (lab: CallLab, id: CallId) => {
  lab.sip.remoteHangup(id, 'BYE')
  await lab.settle()
}

test('an inbound call that its program answered', async () => {
  const lab = await openCallLab()
  await lab.addNumber('+61255550100', {
    kind: 'verbs',
    verbs: [{ verb: 'answer' }, { verb: 'say', text: 'hello' }],
  })
  const id = await lab.incoming('+61255550100')
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program'])
  await bye(lab, id)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program'])
  expect(await lab.store.journal.get(lab.account.id, journalIdOf(id))).toMatchObject({
    direction: 'inbound',
    rate: '0',
    from: '+61411111111',
    to: '+61255550100',
  })
})

test('an inbound call that was put through to a phone', async () => {
  const lab = await openCallLab()
  await lab.addDevice('desk', true)
  await lab.addNumber('+61255550100', { kind: 'device', username: 'desk' })
  const id = await lab.incoming('+61255550100')
  expect(await trail(lab, id)).toEqual(['ringing'])
  const [desk] = lab.invited
  if (desk === undefined) throw new Error('the desk was not called')
  await answer(lab, desk)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program', 'answered'])
  await bye(lab, desk)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program', 'answered'])
  expect(await trail(lab, desk)).toBeUndefined()
})

test('an inbound call that hung up while the phone rang', async () => {
  const lab = await openCallLab()
  await lab.addDevice('desk', true)
  await lab.addNumber('+61255550100', { kind: 'device', username: 'desk' })
  const id = await lab.incoming('+61255550100')
  lab.sip.remoteCancel(id)
  await lab.settle()
  expect(await trail(lab, id)).toEqual(['ringing', 'missed'])
})

test('an outbound call that nobody answered', async () => {
  const lab = await openCallLab()
  const id = await placed(lab, { ringTimeoutMs: 5_000 })
  lab.sip.progress(id, 180, undefined)
  await lab.settle()
  expect(await trail(lab, id)).toEqual(['ringing'])
  await lab.clock.advance(5_000)
  expect(await trail(lab, id)).toEqual(['ringing', 'missed'])
})

test('an outbound call that only a program spoke to, and its end', async () => {
  const lab = await openCallLab()
  const id = await placed(lab, { verbs: [{ verb: 'say', text: 'hi' }] })
  await answer(lab, id)
  await lab.clock.advance(7_000)
  await lab.finishPlay(id)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program'])
  const entry = await lab.store.journal.get(lab.account.id, journalIdOf(id))
  expect(entry?.rate).toBe('0.1')
  expect((entry?.updatedAtMs ?? 0) - (entry?.createdAtMs ?? 0)).toBe(7_000)
})

test('a trigger call: the agent waits, then speaks with the lead', async () => {
  const lab = await openCallLab()
  const request = { agentPhone: '+61400000002', leadPhone: '+61400000003', leadName: 'x' }
  const { id } = await lab.centre.triggerCall(lab.account, request)
  await lab.settle()
  await answer(lab, id)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program'])
  lab.media.digit(id, '1', 100)
  await lab.settle()
  const lead = lab.invited[1]
  if (lead === undefined) throw new Error('the lead was not called')
  await answer(lab, lead)
  expect(await trail(lab, id)).toEqual(['ringing', 'answered_by_program', 'answered'])
  expect(await trail(lab, lead)).toBeUndefined()
})

test('after a crash: what was never up was missed, what was up keeps what it was', async () => {
  const lab = await openCallLab()
  const ringing = await placed(lab)
  const up = await placed(lab)
  await answer(lab, up)
  const over = await placed(lab)
  await answer(lab, over)
  await bye(lab, over)
  await lab.store.journal.change(lab.account.id, journalIdOf(over), (entry) => ({
    ...entry,
    status: 'voicemail',
  }))
  const atMs = lab.clock.nowMs() + 5_000
  await lab.clock.advance(10_000)
  expect(await recover(lab.ports, atMs)).toMatchObject({ calls: 2 })
  expect(await trail(lab, ringing)).toEqual(['ringing', 'missed'])
  expect(await trail(lab, up)).toEqual(['ringing', 'answered_by_program'])
  expect((await lab.store.journal.get(lab.account.id, journalIdOf(up)))?.updatedAtMs).toBe(atMs)
  const kept = await lab.store.journal.get(lab.account.id, journalIdOf(over))
  expect(kept?.status).toBe('voicemail')
})

/** An inbound call whose caller hears the desk's phone ring; and the leg to the desk. */
async function puttingThrough(lab: CallLab): Promise<CallId> {
  await lab.addDevice('desk', true)
  await lab.addNumber('+61255550100', { kind: 'device', username: 'desk' })
  await lab.incoming('+61255550100')
  const [desk] = lab.invited
  if (desk === undefined) throw new Error('the desk was not called')
  return desk
}

const contentOf = (externalId: string): JournalContent => ({
  ...{ businessId: 'b', staffId: 's', clientId: 'c', from: '1', to: '2', direction: 'inbound' },
  ...{ status: 'ringing', rate: '0', provider: 'x', sourceId: externalId, externalId },
})
const writer = { name: 'app', staffId: null, businesses: ['b'] }

test('a leg that somebody recorded: whoever answers it speaks with the caller', async () => {
  const lab = await openCallLab()
  const desk = await puttingThrough(lab)
  await recordInJournal(lab.ports, lab.account.id, contentOf(desk), writer)
  expect(await trail(lab, desk)).toEqual(['ringing'])
  await answer(lab, desk)
  await bye(lab, desk)
  expect(await trail(lab, desk)).toEqual(['ringing', 'answered'])
})

test('a leg that is over in the moment in which somebody records it', async () => {
  const lab = await openCallLab()
  const desk = await puttingThrough(lab)
  const insert = async (entry: Parameters<typeof lab.store.journal.insert>[0]) => {
    lab.sip.rejected(desk, 486, 'Busy')
    await lab.settle()
    return lab.store.journal.insert(entry)
  }
  const store = { ...lab.store, journal: { ...lab.store.journal, insert } }
  const ports = { ...lab.ports, store }
  const recorded = await recordInJournal(ports, lab.account.id, contentOf(desk), writer)
  expect(recorded.status).toBe('missed')
  expect(await trail(lab, desk)).toEqual(['ringing', 'missed'])
})
