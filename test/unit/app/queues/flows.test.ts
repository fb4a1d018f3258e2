import { expect, test } from 'vitest'
import { openQueueLab } from './queue-lab.ts'

test('a caller waits with music, an agent takes the call, and they talk', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const caller = await lab.caller({}, [{ verb: 'say', text: 'bye' }])
  expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
  expect(lab.atWork()).toBe('1001 / ')
  expect(lab.requests[0]).toMatchObject({ callerId: '+61411111111' })
  const agent = lab.ringing('1001')!
  await lab.clock.advance(4_000)
  await lab.answers(agent)
  expect(lab.atWork()).toBe(' / 1001')
  expect(lab.commands).toContain('media.bridge c1 c2')
  expect(await lab.told(caller)).toEqual([
    ...['call.enqueued', 'queue.agent-ringing', 'call.dequeued bridged', 'queue.agent-answered'],
  ])
  expect(await lab.event(caller, 'call.dequeued')).toMatchObject({
    ...{ queueId: lab.id, waitMs: 4_000, agentCallId: agent },
  })
  const { waiting, talking, record } = await lab.desk.get(lab.account.id, lab.id)
  expect({ waiting, talking }).toEqual({ waiting: 0, talking: 1 })
  expect(record.figures).toMatchObject({ entered: 1, answered: 1, waitedMs: 4_000 })
  await lab.hangUp(agent)
  expect(lab.nowPlaying(caller)).toMatchObject({ kind: 'wav', path: '/speech/bye' })
  expect((await lab.desk.get(lab.account.id, lab.id)).agents[0]).toMatchObject({
    ...{ status: 'idle', tally: { answered: 1, missed: 0 } },
  })
})

test('the caller hangs up: the agent is hung up', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const caller = await lab.caller()
  const agent = lab.ringing('1001')!
  await lab.answers(agent)
  await lab.hangUp(caller)
  expect(lab.commands).toContain('sip.bye c2')
  expect(lab.atWork()).toBe(' / ')
})

test('the caller gives up while an agent rings: the phone is let go, nobody has missed a call', async () => {
  const cancelled: unknown[] = []
  const lab = await openQueueLab({}, ['1001'], {
    sip: { cancel: (_id, isElsewhere) => cancelled.push(isElsewhere) },
  })
  const caller = await lab.caller()
  await lab.clock.advance(3_000)
  await lab.hangUp(caller)
  expect(cancelled).toEqual([true])
  expect(await lab.told(caller)).toEqual([
    ...['call.enqueued', 'queue.agent-ringing', 'call.dequeued hangup'],
    'queue.agent-missed caller-gone',
  ])
  const { record, agents } = await lab.desk.get(lab.account.id, lab.id)
  expect(record.figures).toMatchObject({ entered: 1, answered: 0, abandoned: 1 })
  expect(agents[0]).toMatchObject({ status: 'idle', tally: { missed: 0 } })
  // He is called at once for the next one.
  await lab.caller()
  expect(lab.atWork()).toBe('1001 / ')
})

test('two agents answer at once: one has the call, the other is hung up at once', async () => {
  const lab = await openQueueLab({ strategy: 'ring-all' }, ['1001', '1002', '1003'])
  const caller = await lab.caller()
  expect(lab.atWork()).toBe('1001 1002 1003 / ')
  const [first, second] = [lab.ringing('1002')!, lab.ringing('1003')!]
  lab.sip.answered(first, 'v=0', 'x@phone')
  lab.sip.answered(second, 'v=0', 'x@phone')
  await lab.settle()
  expect(lab.atWork()).toBe(' / 1002')
  expect(lab.commands.filter((one) => one.startsWith('sip.'))).toContain('sip.bye c4')
  expect(lab.commands.filter((one) => one.startsWith('media.bridge'))).toHaveLength(1)
  expect((await lab.told(caller)).filter((one) => one.includes('missed'))).toEqual([
    ...['queue.agent-missed answered-elsewhere', 'queue.agent-missed answered-elsewhere'],
  ])
  expect(
    (await lab.desk.get(lab.account.id, lab.id)).agents.map(({ tally }) => tally),
  ).toMatchObject([...[{ missed: 0 }, { answered: 1 }, { missed: 0 }]])
})

test('an agent declines, one does not answer: the next one is called, and they rest', async () => {
  const lab = await openQueueLab({ strategy: 'linear', retryDelayMs: 30_000 }, ['1001', '1002'])
  const caller = await lab.caller()
  lab.sip.rejected(lab.ringing('1001')!, 603, 'Decline')
  await lab.settle()
  expect(lab.atWork()).toBe('1002 / ')
  await lab.clock.advance(20_000)
  expect(lab.atWork()).toBe(' / ')
  expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
  expect((await lab.told(caller)).filter((one) => one.includes('missed'))).toEqual([
    ...['queue.agent-missed declined', 'queue.agent-missed no-answer'],
  ])
  expect((await lab.desk.get(lab.account.id, lab.id)).agents).toMatchObject([
    ...[{ status: 'resting', tally: { missed: 1 } }, { status: 'resting' }],
  ])
  await lab.clock.advance(10_000)
  expect(lab.atWork()).toBe('1001 / ')
})

test("an agent's leg fails: it is tried again, and the caller waits on", async () => {
  const lab = await openQueueLab({}, ['1001'])
  const caller = await lab.caller()
  lab.sip.rejected(lab.ringing('1001')!, 503, 'Service Unavailable')
  await lab.settle()
  expect(await lab.told(caller)).toContain('queue.agent-missed failed')
  await lab.clock.advance(6_000)
  expect(lab.atWork()).toBe('1001 / ')
})

test('the agent is gone before the two are connected: the caller waits on in his place', async () => {
  let broken = true
  const lab = await openQueueLab({}, ['1001', '1002'], {
    media: {
      bridge: async () => {
        if (broken) throw new Error('no such leg')
      },
    },
  })
  const caller = await lab.caller()
  await lab.answers(lab.ringing('1001'))
  broken = false
  expect(lab.queue().waiting).toHaveLength(1)
  await lab.clock.advance(1_000)
  await lab.answers(lab.ringing('1002'))
  expect(await lab.told(caller)).toContain('call.dequeued bridged')
  await lab.hangUp(caller)
  expect(lab.atWork()).toBe(' / ')
})

test('an agent has to press 1: another key, or none, and the next one is called', async () => {
  const lab = await openQueueLab({ confirm: true, strategy: 'linear' }, ['1001', '1002'])
  const caller = await lab.caller()
  const first = lab.ringing('1001')!
  await lab.answers(first)
  expect(lab.nowPlaying(first)).toMatchObject({ kind: 'wav' })
  expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
  await lab.finishPlay(first)
  await lab.clock.advance(10_000)
  await lab.finishPlay(first)
  await lab.clock.advance(10_000)
  expect(await lab.told(caller)).toContain('queue.agent-missed not-accepted')
  const second = lab.ringing('1002')!
  await lab.answers(second)
  lab.media.digit(second, '1', 100)
  await lab.settle()
  expect(await lab.told(caller)).toContain('call.dequeued bridged')
  expect(lab.atWork()).toBe(' / 1002')
})

test('wrap-up time, pauses, and phones on other calls', async () => {
  const lab = await openQueueLab({}, [{ target: '1001', wrapUpMs: 15_000 }])
  await lab.caller()
  const agent = lab.ringing('1001')!
  await lab.answers(agent)
  await lab.hangUp(agent)
  await lab.caller()
  expect(lab.atWork()).toBe(' / ')
  await lab.clock.advance(15_000)
  expect(lab.atWork()).toBe('1001 / ')
  const [{ id: agentId } = { id: undefined }] = lab.queue().record.agents
  await lab.desk.changeAgent(lab.account.id, lab.id, agentId!, { paused: true, pauseReason: 'tea' })
  // It rings on: a pause is for the next call.
  expect(lab.atWork()).toBe('1001 / ')
  await lab.clock.advance(20_000)
  await lab.clock.advance(20_000)
  expect(lab.atWork()).toBe(' / ')
  await lab.desk.changeAgent(lab.account.id, lab.id, agentId!, { paused: false })
  await lab.settle()
  expect(lab.atWork()).toBe('1001 / ')
  expect(lab.queue().record.agents[0]?.pauseReason).toBeNull()
})

test('a phone that is on a call of another kind is left alone until that is over', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const other = await lab.centre.placeCall(lab.account, { to: '1001', from: '+15005550100' })
  await lab.answers(other.id)
  await lab.caller()
  expect(lab.invited).toHaveLength(1)
  await lab.hangUp(other.id)
  await lab.clock.advance(1_000)
  expect(lab.atWork()).toBe('1001 / ')
})

test('nobody is registered: the caller waits, and is called for when somebody is', async () => {
  const lab = await openQueueLab({}, ['1009'])
  const caller = await lab.caller()
  await lab.clock.advance(10_000)
  expect(lab.invited).toEqual([])
  await lab.addDevice('1009', true)
  await lab.clock.advance(1_000)
  expect(lab.atWork()).toBe('1009 / ')
  await lab.hangUp(caller)
  // Nothing looks for agents when nobody waits.
  await lab.clock.advance(2_000)
  expect(lab.clock.pendingTimers).toBe(0)
})

test('callers are taken by priority, then in the order in which they came', async () => {
  const lab = await openQueueLab({}, [])
  const first = await lab.caller()
  const second = await lab.caller()
  const urgent = await lab.caller({ priority: 9 })
  const order = async () =>
    (await lab.desk.waiting(lab.account.id, lab.id)).map(({ callId }) => callId)
  expect(await order()).toEqual([urgent, first, second])
  await lab.desk.prioritise(lab.account.id, lab.id, second, 10)
  expect(await order()).toEqual([second, urgent, first])
  await lab.desk.addAgent(lab.account.id, lab.id, { target: '1001' })
  await lab.settle()
  await lab.answers(lab.ringing('1001'))
  expect(await lab.told(second)).toContain('call.dequeued bridged')
})

test('several agents take several callers at a time', async () => {
  const lab = await openQueueLab({ strategy: 'round-robin' }, ['1001', '1002', '1003'])
  const callers = [await lab.caller(), await lab.caller()]
  expect(lab.atWork()).toBe('1001 1002 / ')
  await lab.answers(lab.ringing('1002'))
  await lab.answers(lab.ringing('1001'))
  expect(lab.atWork()).toBe(' / 1001 1002')
  expect(await lab.told(callers[1]!)).toContain('call.dequeued bridged')
})

test('a change that can not be stored is refused, and nothing has changed', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const { save } = lab.store.queues
  const { desk, account, id } = lab
  lab.store.queues.save = () => Promise.reject(new Error('disk full'))
  await expect(desk.change(account.id, id, { name: 'sales', maxSize: 3 })).rejects.toThrow('disk')
  await expect(desk.addAgent(account.id, id, { target: '1002' })).rejects.toThrow('disk')
  // Who calls is not the worse for it.
  const caller = await lab.caller()
  expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
  lab.store.queues.save = save
  const { record } = await desk.get(account.id, id)
  expect([record.name, record.options.maxSize, record.agents.length]).toEqual(['support', 100, 1])
  await lab.clock.advance(1)
  expect((await desk.create(account, { name: 'sales' })).record.name).toBe('sales')
  await lab.answers(lab.ringing('1001'))
  expect(await lab.store.queues.all()).toMatchObject([
    { name: 'support', figures: { entered: 1, answered: 1 } },
    { name: 'sales' },
  ])
})

test('a caller who is gone while an agent is being looked for rings nobody', async () => {
  const lab = await openQueueLab({}, ['1001'])
  const { devices } = lab.store
  const found = Promise.withResolvers<void>()
  const byUsername = devices.byUsername.bind(devices)
  devices.byUsername = async (name) => {
    await found.promise
    return byUsername(name)
  }
  const caller = await lab.caller()
  await lab.hangUp(caller)
  found.resolve()
  await lab.settle()
  expect(lab.invited).toEqual([])
})

test('an agent who is told to do something else just as he is connected does that', async () => {
  const joining = Promise.withResolvers<void>()
  const lab = await openQueueLab({}, ['1001'], { media: { bridge: () => joining.promise } })
  const caller = await lab.caller()
  const agent = lab.ringing('1001')!
  await lab.answers(agent)
  const elsewhere = { verbs: [{ verb: 'say', text: 'elsewhere' }] } as const
  await lab.actions.redirect(lab.account.id, agent, elsewhere)
  joining.resolve()
  await lab.settle()
  expect(lab.calls.get(agent)?.bridge).toBeUndefined()
  expect(lab.calls.get(caller)).toBeUndefined()
})
