import { describe, expect, test } from 'vitest'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { QueueOptions } from '../../../../engine/core/queue.ts'
import type { DialVerb, EnqueueVerb, Verb } from '../../../../engine/core/verbs.ts'
import { jsonAnswer, type openCallLab } from '../../../support/call-lab.ts'
import { openQueueLab } from './queue-lab.ts'

type Overrides = NonNullable<Parameters<typeof openCallLab>[0]>

const action = 'https://app.example/after'
const waitUrl = 'https://app.example/wait'

/** A queue, and an application that remembers what it is asked and answers as it is said. */
async function openLab(
  options: Partial<QueueOptions> = {},
  agents: readonly string[] = [],
  answers: Readonly<Record<string, readonly unknown[]>> = {},
) {
  const asked: { url: string; fields: Readonly<Record<string, unknown>> }[] = []
  const rounds = new Map<string, number>()
  const web: NonNullable<Overrides['ports']>['web'] = {
    prompt: async (url) => ({ path: `/prompt/${url}`, durationMs: 1000 }),
    instructions: async ({ url, fields }) => {
      asked.push({ url, fields })
      const round = rounds.get(url) ?? 0
      rounds.set(url, round + 1)
      const known = answers[url] ?? []
      return jsonAnswer(known[Math.min(round, known.length - 1)] ?? [], url)
    },
    checkUrl() {},
    checkPromptUrl() {},
    checkSocketUrl() {},
    socket: () => Promise.reject(new Error('no sockets here')),
  }
  const lab = await openQueueLab(options, agents, { ports: { web } })
  /** What the action was told. */
  const result = () => {
    const { queue_result, queue_time, queue_id } = asked.findLast(({ url }) => url === action)
      ?.fields ?? { queue_result: 'not asked' }
    return [queue_result, queue_time, queue_id === lab.id]
  }
  const enters = (verb: Partial<EnqueueVerb> = {}, then: readonly Verb[] = []) =>
    lab.caller({ action, ...verb }, then)
  return { ...lab, asked, result, enters }
}

let diallers = 0

/** Somebody calls a number that dials the queue. */
async function dials(lab: Awaited<ReturnType<typeof openLab>>, verb: Partial<DialVerb> = {}) {
  const number = `+1500555${9_000 + diallers++}`
  const dial: Verb = { verb: 'dial', queue: 'support', action, ...verb }
  await lab.addNumber(number, { kind: 'verbs', verbs: [dial] })
  const callId = await lab.incoming(number, '+61422222222')
  await lab.settle()
  return callId
}

describe('what the action is told', () => {
  test('bridged, when the talk is over', async () => {
    const lab = await openLab({}, ['1001'])
    await lab.enters()
    await lab.clock.advance(2_000)
    const agent = lab.ringing('1001')
    await lab.answers(agent)
    await lab.clock.advance(60_000)
    expect(lab.asked).toEqual([])
    await lab.hangUp(agent!)
    expect(lab.result()).toEqual(['bridged', 2, true])
  })

  test('hangup: nobody waits for what it answers', async () => {
    const lab = await openLab({}, [], { [action]: [[{ verb: 'say', text: 'never' }]] })
    const caller = await lab.enters()
    await lab.clock.advance(7_000)
    await lab.hangUp(caller)
    expect(lab.result()).toEqual(['hangup', 7, true])
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect(lab.calls.queues.waiting).toBe(0)
  })

  test('timeout: the shorter of the two limits', async () => {
    const lab = await openLab({ maxWaitMs: 30_000 })
    await lab.enters({ maxWaitMs: 10_000 })
    await lab.clock.advance(10_000)
    expect(lab.result()).toEqual(['timeout', 10, true])
    await lab.enters({ maxWaitMs: 100_000 })
    await lab.clock.advance(30_000)
    expect(lab.result()).toEqual(['timeout', 30, true])
    expect(lab.queue().record.figures).toMatchObject({ entered: 2, timedOut: 2 })
  })

  test('queue-full, before it is answered', async () => {
    const lab = await openLab({ maxSize: 1 })
    await lab.enters()
    const second = await lab.enters({}, [])
    expect(lab.result()).toEqual(['queue-full', undefined, false])
    expect(lab.commands).not.toContain('sip.accept c2')
    expect(await lab.told(second)).toEqual(['queue.full'])
    expect(lab.queue().record.figures).toMatchObject({ entered: 1, refused: 1 })
  })

  test('queue-full, where the verb allows fewer than the queue', async () => {
    const lab = await openLab({ maxSize: 5 })
    await lab.enters({ maxSize: 1 })
    await lab.enters({ maxSize: 1 })
    expect(lab.result()).toEqual(['queue-full', undefined, false])
    await lab.enters({ maxSize: 2 })
    expect(lab.queue().waiting).toHaveLength(2)
  })

  test('redirected by the API: it goes on there', async () => {
    const there = 'https://app.example/there'
    const lab = await openLab({}, [], { [there]: [[{ verb: 'say', text: 'there' }]] })
    const caller = await lab.enters()
    const to = { is: 'instructions', url: there, method: 'POST' } as const
    await lab.desk.dequeue(lab.account.id, lab.id, 'first', to)
    await lab.settle()
    expect(lab.result()).toEqual(['redirected', 0, true])
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/there' })
  })

  test('redirected as any call is', async () => {
    const lab = await openLab()
    const caller = await lab.enters()
    await lab.centre.updateCall(lab.account.id, caller, { url: 'https://app.example/other' })
    await lab.settle()
    expect(lab.result()).toEqual(['redirected', 0, true])
    expect(lab.queue().waiting).toEqual([])
  })

  test('error: the queue is deleted, and the list goes on', async () => {
    const lab = await openLab()
    const caller = await lab.enters({}, [])
    const other = await lab.caller({}, [{ verb: 'say', text: 'sorry' }])
    await lab.desk.remove(lab.account.id, lab.id)
    await lab.settle()
    expect(lab.result()).toEqual(['error', 0, true])
    expect(lab.nowPlaying(other)).toMatchObject({ path: '/speech/sorry' })
    expect(await lab.told(caller)).toEqual(['call.enqueued', 'call.dequeued error'])
    expect(await lab.store.queues.all()).toEqual([])
    expect(await lab.store.queues.unfinished()).toEqual([])
  })

  test('a queue that is not there is made, once for two who come at once', async () => {
    const lab = await openLab()
    await Promise.all([lab.enters({ queue: 'sales' }), lab.enters({ queue: 'sales' })])
    const names = (await lab.desk.list(lab.account.id)).map(({ record, waiting }) => {
      return `${record.name} ${waiting}`
    })
    expect(names).toEqual(['support 0', 'sales 2'])
  })
})

describe('what a caller hears', () => {
  test('instructions, over and over, with his place; `leave` ends the wait', async () => {
    const lab = await openLab({ waitUrl }, [], {
      [waitUrl]: [[{ verb: 'pause', length: 5 }], [{ verb: 'leave' }, { verb: 'hangup' }]],
    })
    await lab.caller()
    const caller = await lab.enters({ data: { topic: 'tax' } }, [])
    await lab.clock.advance(5_000)
    await lab.settle()
    expect(
      lab.asked.filter(({ url }) => url === waitUrl).map(({ fields }) => fields),
    ).toMatchObject([
      { queue_position: 1 },
      {
        ...{ call_id: caller, queue_id: lab.id, queue_name: 'support', queue_position: 2 },
        ...{ current_queue_size: 2, queue_time: 0, avg_queue_time: 0 },
        queue_data: { topic: 'tax' },
      },
      {},
    ])
    expect(lab.asked.some(({ fields }) => fields['queue_result'] === 'leave')).toBe(true)
  })

  test('`hangup` in them hangs up', async () => {
    const lab = await openLab({ waitUrl }, [], { [waitUrl]: [[{ verb: 'hangup' }]] })
    const caller = await lab.caller({}, [{ verb: 'say', text: 'never' }])
    await lab.settle()
    expect(lab.calls.get(caller)).toBeUndefined()
    expect(await lab.told(caller)).toContain('call.dequeued hangup')
  })

  test('music where they can not be had; they stop when an agent answers', async () => {
    const lab = await openLab({ waitUrl }, ['1001'], {
      [waitUrl]: [[{ verb: 'pause', length: 5 }], { no: 'verbs' }],
    })
    const caller = await lab.caller()
    expect(lab.nowPlaying(caller)).toBeUndefined()
    await lab.clock.advance(5_000)
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
    await lab.answers(lab.ringing('1001'))
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect(lab.commands).toContain('media.bridge c1 c2')
  })

  test('his place at first and now and then, and music between', async () => {
    const lab = await openLab({ announceEveryMs: 30_000, waitMusic: 'https://a.example/m.wav' })
    const first = await lab.caller()
    const caller = await lab.caller()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/You are number 2 in the queue.' })
    await lab.finishPlay(caller)
    expect(lab.nowPlaying(caller)).toMatchObject({
      tracks: ['/prompt/https://a.example/m.wav'],
    })
    await lab.hangUp(first)
    await lab.clock.advance(30_000)
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/You are next in the queue.' })
  })

  test('and how long it will probably take, once talks have shown it', async () => {
    const lab = await openLab({ announceEveryMs: 30_000, announceWait: true }, ['1001'])
    const hears = (id: CallId) => lab.nowPlaying(id)
    const expected = { path: '/speech/The expected wait is about 4 minutes.' }
    for (let talks = 0; talks < 3; talks++) {
      const one = await lab.caller()
      // It rings for him: there is nothing to expect.
      expect(hears(one)).toMatchObject({ path: '/speech/You are next in the queue.' })
      await lab.finishPlay(one)
      expect(hears(one)).toEqual({ kind: 'tone', tone: 'hold' })
      await lab.answers(lab.ringing('1001'))
      const waits = await lab.caller()
      await lab.finishPlay(waits)
      expect(hears(waits)).toEqual({ kind: 'tone', tone: 'hold' })
      await lab.hangUp(waits)
      await lab.clock.advance(100_000)
      await lab.hangUp(one)
    }
    const talks = await lab.caller()
    await lab.answers(lab.ringing('1001'))
    const [first, second] = [await lab.caller(), await lab.caller()]
    await lab.finishPlay(second)
    expect(hears(second)).toMatchObject(expected)
    await lab.finishPlay(second)
    expect(hears(second)).toEqual({ kind: 'tone', tone: 'hold' })
    await lab.finishPlay(first)
    expect(hears(first)).toMatchObject({ path: '/speech/The expected wait is about 2 minutes.' })
    await lab.hangUp(talks)
  })

  test('nothing, where that is said', async () => {
    const lab = await openLab({ waitMusic: '' })
    expect(lab.nowPlaying(await lab.caller())).toBeUndefined()
  })

  test('the music again, after something else was played', async () => {
    const lab = await openLab()
    const caller = await lab.caller()
    void lab.ports.media.play(caller, { kind: 'tone', tone: 'beep' })
    await lab.settle()
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'beep' })
    await lab.clock.advance(5_000)
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
  })
})

describe('somebody dials the queue', () => {
  test('and gets who has waited the longest', async () => {
    const lab = await openLab()
    const first = await lab.caller({}, [{ verb: 'say', text: 'bye' }])
    await lab.caller()
    const agent = await dials(lab)
    expect(await lab.told(first)).toContain('call.dequeued bridged')
    expect((await lab.desk.waiting(lab.account.id, lab.id)).length).toBe(1)
    // He hangs up: the caller goes on.
    await lab.hangUp(agent)
    expect(lab.nowPlaying(first)).toMatchObject({ path: '/speech/bye' })
  })

  test('and waits for somebody, with music; the caller hangs up, and it goes on', async () => {
    const lab = await openLab({}, ['1001'])
    const agent = await dials(lab)
    expect(lab.nowPlaying(agent)).toEqual({ kind: 'tone', tone: 'hold' })
    await lab.clock.advance(10_000)
    const caller = await lab.caller()
    // He is there: nobody is called.
    expect(lab.invited).toEqual([])
    await lab.clock.advance(3_000)
    await lab.hangUp(caller)
    expect(lab.asked.at(-1)?.fields).toMatchObject({
      ...{ call_id: agent, dial_status: 'completed', dial_call_id: caller, dial_duration: 3 },
    })
  })

  test('and nobody comes in time', async () => {
    const lab = await openLab()
    const agent = await dials(lab, { timeoutMs: 8_000 })
    await lab.clock.advance(8_000)
    expect(lab.asked.at(-1)?.fields).toMatchObject({ call_id: agent, dial_status: 'no-answer' })
    expect(lab.queue().diallers).toEqual([])
  })

  test('and there is none of that name', async () => {
    const lab = await openLab()
    await dials(lab, { queue: 'nowhere' })
    expect(lab.asked.at(-1)?.fields).toMatchObject({
      ...{ dial_status: 'failed', dial_error: 'not_found' },
    })
  })

  test('for a while, or until the star key; both go on', async () => {
    const lab = await openLab()
    const caller = await lab.caller({}, [{ verb: 'say', text: 'bye' }])
    await dials(lab, { timeLimitMs: 20_000 })
    await lab.clock.advance(20_000)
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/bye' })
    expect(lab.asked.at(-1)?.fields).toMatchObject({ dial_status: 'completed', dial_duration: 20 })
    const other = await lab.caller({}, [{ verb: 'say', text: 'bye' }])
    const agent = await dials(lab, { hangupOnStar: true })
    lab.media.digit(agent, '*', 100)
    await lab.settle()
    expect(lab.nowPlaying(other)).toMatchObject({ path: '/speech/bye' })
  })
})

describe('whoever is taken out of the queue hears something first', () => {
  const queueUrl = 'https://app.example/before'
  const words = { [queueUrl]: [[{ verb: 'say', text: 'connecting' }]] }
  test('his document is run, and then the two are connected', async () => {
    const lab = await openLab({}, [], words)
    const caller = await lab.caller()
    await lab.clock.advance(7_000)
    const agent = await dials(lab, { queueUrl, queueMethod: 'GET' })
    expect(lab.asked.at(-1)).toMatchObject({
      url: queueUrl,
      fields: { call_id: caller, queue_id: lab.id, queue_time: 7, dequeuing_call_id: agent },
    })
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/connecting' })
    expect(lab.nowPlaying(agent)).toEqual({ kind: 'tone', tone: 'hold' })
    expect(lab.calls.get(caller)?.partner).toBeUndefined()
    await lab.finishPlay(caller)
    await lab.settle()
    expect(lab.calls.get(caller)?.partner?.id).toBe(agent)
    expect(lab.nowPlaying(agent)).toBeUndefined()
    expect(await lab.told(caller)).toContain('call.dequeued bridged')
  })

  test('whoever dialled hangs up meanwhile: he waits on, and the next one has him', async () => {
    const lab = await openLab({}, [], words)
    const caller = await lab.caller()
    await lab.hangUp(await dials(lab, { queueUrl }))
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
    expect(lab.queue().open()).toHaveLength(1)
    const other = await dials(lab, { queueUrl })
    await lab.finishPlay(caller)
    await lab.settle()
    expect(lab.calls.get(caller)?.partner?.id).toBe(other)
  })

  test('he hangs up meanwhile: the one who dialled waits for the next one', async () => {
    const lab = await openLab({}, [], words)
    const caller = await lab.caller()
    const agent = await dials(lab, { queueUrl })
    await lab.hangUp(caller)
    const next = await lab.caller()
    await lab.finishPlay(next)
    await lab.settle()
    expect(lab.calls.get(next)?.partner?.id).toBe(agent)
  })

  test('a hangup in it ends his call', async () => {
    const lab = await openLab({}, [], { [queueUrl]: [[{ verb: 'hangup' }]] })
    const caller = await lab.caller()
    await dials(lab, { queueUrl })
    expect(lab.commands).toContain('sip.bye c1')
    expect(await lab.told(caller)).toContain('call.dequeued hangup')
  })

  test('a leave in it does nothing: somebody has him already', async () => {
    const lab = await openLab({}, [], { [queueUrl]: [[{ verb: 'leave' }]] })
    const caller = await lab.caller()
    const agent = await dials(lab, { queueUrl })
    await lab.settle()
    expect(lab.calls.get(caller)?.partner?.id).toBe(agent)
  })

  test('where it can not be had the two are connected, and no fallback is asked', async () => {
    const fallbackUrl = 'https://app.example/sorry'
    const lab = await openLab({}, [], {
      [queueUrl]: [[{ verb: 'nonsense' }]],
      [fallbackUrl]: [[{ verb: 'hangup' }]],
    })
    const caller = await lab.caller()
    Object.assign(lab.calls.get(caller)?.asking ?? {}, { fallbackUrl })
    const agent = await dials(lab, { queueUrl })
    expect(lab.calls.get(caller)?.partner?.id).toBe(agent)
    expect(lab.asked.map(({ url }) => url)).toEqual([queueUrl])
  })

  test('agents whose phones ring for him are let go', async () => {
    const lab = await openLab({}, ['1001'], words)
    await lab.caller()
    expect(lab.ringing('1001')).toBeDefined()
    await dials(lab, { queueUrl })
    expect(lab.atWork()).toBe(' / ')
  })
})

describe('dequeue by the API', () => {
  test('to somebody who is no agent: he waits on until that one answers', async () => {
    const lab = await openLab()
    const caller = await lab.caller()
    const to = { is: 'agent', to: '1004' } as const
    expect(await lab.desk.dequeue(lab.account.id, lab.id, caller, to)).toMatchObject({
      ringing: ['1004'],
    })
    await lab.settle()
    expect(lab.nowPlaying(caller)).toEqual({ kind: 'tone', tone: 'hold' })
    await lab.answers(lab.ringing('1004'))
    expect(await lab.told(caller)).toContain('call.dequeued bridged')
  })

  test('hung up', async () => {
    const lab = await openLab({}, ['1001'])
    const caller = await lab.caller()
    await lab.desk.dequeue(lab.account.id, lab.id, caller, { is: 'hangup' })
    await lab.settle()
    expect(lab.commands).toContain('sip.bye c1')
    expect(lab.atWork()).toBe(' / ')
  })
})

test('a number may lead to a queue', async () => {
  const lab = await openQueueLab({}, ['1001'])
  await lab.addNumber('+15005550177', { kind: 'queue', queue: 'support' })
  const caller = await lab.incoming('+15005550177')
  await lab.settle()
  expect(lab.queue().waiting.map(({ callId }) => callId)).toEqual([caller])
  await lab.answers(lab.ringing('1001'))
  expect(lab.calls.get(caller)?.partner).toBeDefined()
})
