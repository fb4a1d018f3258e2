import { expect, test } from 'vitest'
import type { QueueNews } from '../../../../engine/app/queues/desk.ts'
import { openQueueLab } from './queue-lab.ts'

test('changes are told together, twice a second at most; nothing to nobody', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const told: string[] = []
  const tell = (news: QueueNews) =>
    told.push(
      news.is === 'queue'
        ? `${news.waiting.length} waiting, ${news.queue.ringing} ringing, ${news.queue.talking} talking`
        : news.is,
    )
  const stop = await lab.desk.follow(lab.account.id, lab.id, { tell, end: () => told.push('end') })
  await lab.caller()
  await lab.caller()
  expect(told).toEqual(['0 waiting, 0 ringing, 0 talking'])
  await lab.clock.advance(500)
  expect(told.slice(1)).toEqual(['2 waiting, 1 ringing, 0 talking'])
  await lab.answers(lab.ringing('1001'))
  await lab.clock.advance(500)
  expect(told.slice(2)).toEqual(['1 waiting, 0 ringing, 1 talking'])
  await lab.clock.advance(5_000)
  expect(told.length).toBe(3)
  stop()
  await lab.caller()
  await lab.clock.advance(5_000)
  expect(told.length).toBe(3)
  await lab.desk.follow(lab.account.id, lab.id, { tell, end: () => told.push('end') })
  await lab.desk.remove(lab.account.id, lab.id)
  expect(told.slice(-2)).toEqual(['deleted', 'end'])
})

test('an agent who is on a call of another kind is busy, and idle when it is over', async () => {
  const mobile = '+15005550140'
  const lab = await openQueueLab({}, [mobile, { target: '1001', maxCalls: 2 }])
  const told: string[] = []
  const tell = (news: QueueNews) => {
    if (news.is === 'queue') told.push(news.queue.agents.map(({ status }) => status).join(' '))
  }
  await lab.desk.follow(lab.account.id, lab.id, { tell, end: () => undefined })
  const place = (to: string) => lab.centre.placeCall(lab.account, { to, from: '+15005550100' })
  const { id } = await place(mobile)
  await place('1001')
  await lab.clock.advance(500)
  const [agent] = lab.queue().record.agents
  expect((await lab.desk.agent(lab.account.id, lab.id, agent!.id)).status).toBe('busy')
  lab.sip.rejected(id, 486, 'Busy Here')
  await lab.settle()
  await lab.clock.advance(500)
  await place('1001')
  await lab.clock.advance(500)
  expect(told).toEqual(['idle idle', 'busy idle', 'idle idle', 'idle busy'])
})
