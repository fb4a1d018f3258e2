/** Subscriptions and other requests in dialogs (RFC 6665, RFC 3515), in both directions. */
import { describe, expect, test } from 'vitest'
import { tagOf } from '../../../engine/sip-server/index.ts'
import { fieldOf, Sim } from './sim.ts'

const notify = (state: string): string[] => ['Event: presence', `Subscription-State: ${state}`]

/** The peer subscribes; `fields` are those of our 202. */
const subscribed = (sim: Sim, method = 'SUBSCRIBE', fields = ['Expires: 600']) => {
  sim.request(method, 's', { fields: ['Event: presence', 'Expires: 3600', 'Refer-To: <sip:c@h>'] })
  const answer = sim.respond(sim.shown(method), 202, fields)
  const inside = { to: sim.last('SIP/2.0 202').header('to') ?? '' }
  return { dialogId: 's;from-tag=peer', inside, answer }
}

/** We subscribe at the peer. */
const subscribing = (sim: Sim) => {
  sim.app('sip||\r\nSUBSCRIBE sip:b@192.0.2.1 SIP/2.0\r\nEvent: presence\r\nExpires: 600\r\n\r\n')
  const request = sim.last('SUBSCRIBE')
  sim.answer(request, 202, { fields: ['Expires: 300'] })
  const dialogId = fieldOf(sim.shown('SIP/2.0 202'), 8)
  const to = request.header('from') ?? ''
  const inside = { to, from: `${request.header('to')};tag=callee` }
  return { dialogId, inside, callId: request.callId }
}

describe.each(['SUBSCRIBE', 'REFER'])('a %s of the peer', (method) => {
  test('makes a dialog in which we notify, until the last NOTIFY is answered', async () => {
    const sim = new Sim()
    const { dialogId, answer } = subscribed(sim, method)
    expect(fieldOf(answer, 10)).toBe(dialogId)
    expect(sim.last('SIP/2.0 202').header('contact')).toBe('<sip:192.0.2.9:5060>')
    sim.inDialog(dialogId, 'NOTIFY', notify('active'))
    expect(sim.last('NOTIFY').toTag).toBe('peer')
    sim.answer(sim.last('NOTIFY'), 200)
    expect(fieldOf(sim.shown('SIP/2.0 200'), 8)).toBe(dialogId)
    sim.inDialog(dialogId, 'NOTIFY', notify('terminated;reason=timeout'))
    expect(sim.context.dialogs.size).toBe(1)
    sim.answer(sim.last('NOTIFY'), 200)
    expect(sim.context.dialogs.size).toBe(0)
    expect(sim.inDialog(dialogId, 'NOTIFY', notify('active'))).toContain('|NOK|')
    await sim.wait(100)
    expect([sim.idle, sim.clock.pendingTimers]).toEqual([true, 0])
  })
  test.each([[481], [408]])('a NOTIFY answered %i ends it', (status) => {
    const sim = new Sim()
    const { dialogId } = subscribed(sim, method)
    sim.inDialog(dialogId, 'NOTIFY', notify('active'))
    sim.answer(sim.last('NOTIFY'), status)
    expect(sim.context.dialogs.size).toBe(0)
  })
  test('a NOTIFY that nobody answers ends it', async () => {
    const sim = new Sim()
    const { dialogId } = subscribed(sim, method)
    sim.inDialog(dialogId, 'NOTIFY', notify('active'))
    await sim.wait(33)
    expect(sim.shown('SIP/2.0 408')).not.toBe('')
    expect(sim.context.dialogs.size).toBe(0)
  })
  test('a NOTIFY that wants credentials does not', () => {
    const sim = new Sim()
    const { dialogId } = subscribed(sim, method)
    sim.inDialog(dialogId, 'NOTIFY', notify('terminated'))
    sim.answer(sim.last('NOTIFY'), 401)
    expect(sim.context.dialogs.size).toBe(1)
  })
  test('refused, it makes none', () => {
    const sim = new Sim()
    sim.request(method, 's', { fields: ['Event: presence'] })
    sim.respond(sim.shown(method), 489)
    expect(sim.context.dialogs.size).toBe(0)
  })
})

describe('a SUBSCRIBE of the peer', () => {
  test('lives as long as it is refreshed', async () => {
    const sim = new Sim()
    const { dialogId, inside } = subscribed(sim)
    for (let seq = 2; seq < 6; seq++) {
      await sim.wait(500)
      sim.request('SUBSCRIBE', 's', { ...inside, seq, fields: ['Expires: 600'] })
      const frame = sim.shown('SUBSCRIBE')
      expect(fieldOf(frame, 8)).toBe(dialogId)
      sim.respond(frame, 200, ['Expires: 600'])
    }
    await sim.wait(631)
    expect(sim.context.dialogs.size).toBe(1)
    await sim.wait(2)
    expect(sim.idle).toBe(true)
  })
  test('moves with the Contact of its refresh', () => {
    const sim = new Sim()
    const { dialogId, inside } = subscribed(sim)
    sim.request('SUBSCRIBE', 's', { ...inside, seq: 2, contact: '<sip:a@192.0.2.50:5070>' })
    sim.respond(sim.shown('SUBSCRIBE'), 200)
    sim.inDialog(dialogId, 'NOTIFY', notify('active'))
    expect(sim.last('NOTIFY').uri).toBe('sip:a@192.0.2.50:5070')
  })
})

describe('a SUBSCRIBE of ours', () => {
  test('brings notifications; the last one ends it before it is answered', () => {
    const sim = new Sim()
    const { dialogId, inside, callId } = subscribing(sim)
    sim.request('NOTIFY', callId, { ...inside, seq: 1, fields: notify('active') })
    const first = sim.shown('NOTIFY')
    expect(fieldOf(first, 8)).toBe(dialogId)
    sim.respond(first, 200)
    sim.request('NOTIFY', callId, { ...inside, seq: 2, fields: notify('terminated') })
    const last = sim.shown('NOTIFY')
    expect(sim.context.dialogs.size).toBe(0)
    sim.respond(last, 200)
    expect(sim.heard('SIP/2.0 200').map(({ message }) => message.cseq?.number)).toEqual([1, 2])
    expect(sim.heard('SIP/2.0 500')).toEqual([])
  })
  test('that nobody refreshes is forgotten', async () => {
    const sim = new Sim()
    subscribing(sim)
    await sim.wait(331)
    expect(sim.context.dialogs.size).toBe(1)
    await sim.wait(2)
    expect([sim.idle, sim.clock.pendingTimers]).toEqual([true, 0])
  })
  test('refreshed, it lives on; refused for good, it is over', async () => {
    const sim = new Sim()
    const { dialogId } = subscribing(sim)
    await sim.wait(290)
    sim.inDialog(dialogId, 'SUBSCRIBE', ['Event: presence', 'Expires: 600'])
    sim.answer(sim.last('SUBSCRIBE'), 200, { fields: ['Expires: 600'] })
    await sim.wait(500)
    expect(sim.context.dialogs.size).toBe(1)
    sim.inDialog(dialogId, 'SUBSCRIBE', ['Event: presence', 'Expires: 600'])
    sim.answer(sim.last('SUBSCRIBE'), 481)
    expect(sim.context.dialogs.size).toBe(0)
  })
})

test('a NOTIFY that nobody asked for is shown as a new request', () => {
  const sim = new Sim()
  sim.request('NOTIFY', 'n', { fields: notify('active') })
  const frame = sim.shown('NOTIFY')
  expect(fieldOf(frame, 8)).toBe('')
  sim.respond(frame, 200)
  expect(sim.last('SIP/2.0 200').method).toBe('NOTIFY')
  expect(sim.context.dialogs.size).toBe(0)
})

test.each(['PUBLISH', 'MESSAGE', 'OPTIONS'])('%s passes to the application and back', (method) => {
  const sim = new Sim()
  sim.request(method, 'p', { fields: ['Event: presence'], body: 'x' })
  sim.respond(sim.shown(method), 200, ['SIP-ETag: 1'])
  expect(sim.last('SIP/2.0 200').header('sip-etag')).toBe('1')
})

const anywhere = ['INFO', 'MESSAGE', 'OPTIONS', 'UPDATE', 'NOTIFY', 'REFER', 'SUBSCRIBE', 'PUBLISH']

describe.each(anywhere)('%s in a call', (method) => {
  test.each([
    ['that came', (sim: Sim) => sim.callIn('c')],
    ['that we made', (sim: Sim) => sim.callOut()],
  ])('%s, in both directions', (_title, setUp) => {
    const sim = new Sim()
    const { dialogId, callId, inside } = setUp(sim)
    sim.request(method, callId, { ...inside, seq: 7 })
    const frame = sim.shown(method)
    expect(fieldOf(frame, 8)).toBe(dialogId)
    sim.respond(frame, 200)
    expect(sim.last('SIP/2.0 200').cseq).toEqual({ number: 7, method })
    sim.inDialog(dialogId, method, ['X-Ours: 1'])
    const ours = sim.last(method)
    expect([ours.callId, ours.header('x-ours')]).toEqual([callId, '1'])
    sim.answer(ours, 200)
    expect(fieldOf(sim.shown('SIP/2.0 200'), 8)).toBe(dialogId)
    // whatever it was about, the call goes on
    expect(sim.context.dialogs.size).toBe(1)
  })
})

describe.each(['SUBSCRIBE', 'REFER'])('a %s of ours that a NOTIFY overtakes', (method) => {
  const overtaken = (state = 'active') => {
    const sim = new Sim()
    const fields = 'Event: presence\r\nExpires: 600\r\nRefer-To: <sip:c@h>'
    sim.app(`sip||\r\n${method} sip:b@192.0.2.1 SIP/2.0\r\n${fields}\r\n\r\n`)
    const request = sim.last(method)
    expect(request.header('contact')).toBe('<sip:192.0.2.9:5060>')
    const to = request.header('from') ?? ''
    const from = `${request.header('to')};tag=callee`
    const routes = ['Record-Route: <sip:192.0.2.1;lr>', 'Record-Route: <sip:192.0.2.5;lr>']
    const inside = { to, from, fields: [...notify(state), ...routes] }
    sim.request('NOTIFY', request.callId, inside)
    const shown = sim.shown('NOTIFY')
    const dialogId = fieldOf(shown, 8)
    return { sim, request, inside, shown, dialogId }
  }
  test('has its dialog by then, and the answer confirms it', async () => {
    const { sim, request, inside, shown, dialogId } = overtaken()
    expect(dialogId).toBe(`${request.callId};from-tag=${tagOf(request.header('from') ?? '')}`)
    sim.respond(shown, 200)
    sim.answer(request, 202, { fields: ['Expires: 300'] })
    expect(fieldOf(sim.shown('SIP/2.0 202'), 8)).toBe(dialogId)
    expect(sim.context.dialogs.size).toBe(1)
    sim.request('NOTIFY', request.callId, { ...inside, seq: 2, fields: notify('terminated') })
    expect(fieldOf(sim.shown('NOTIFY'), 8)).toBe(dialogId)
    expect(sim.context.dialogs.size).toBe(0)
    await sim.wait(100)
    expect([sim.idle, sim.context.subscribing.size, sim.clock.pendingTimers]).toEqual([true, 0, 0])
  })
  test('and that is refused after all: nothing is left', async () => {
    const { sim, request } = overtaken()
    sim.answer(request, 489)
    expect([sim.context.dialogs.size, sim.context.subscribing.size]).toEqual([0, 0])
  })
  test('and that is the last word: over before it is answered', async () => {
    const { sim, request } = overtaken('terminated;reason=noresource')
    expect(sim.context.dialogs.size).toBe(0)
    sim.answer(request, 202)
    expect(sim.shown('SIP/2.0 202')).not.toBe('')
    expect(sim.context.dialogs.size).toBe(0)
    await sim.wait(100)
    expect([sim.idle, sim.clock.pendingTimers, sim.faults]).toEqual([true, 0, []])
  })
  test('a second one of another fork is nobody of ours', () => {
    const { sim, request, inside } = overtaken()
    sim.request('NOTIFY', request.callId, { ...inside, from: `${request.header('to')};tag=other` })
    expect(fieldOf(sim.shown('NOTIFY'), 8)).toBe('')
    expect(sim.context.dialogs.size).toBe(1)
  })
})

test('a REFER of ours to which nobody subscribes makes no dialog', () => {
  const sim = new Sim()
  sim.app('sip||\r\nREFER sip:b@192.0.2.1 SIP/2.0\r\nRefer-To: <sip:c@h>\r\n\r\n')
  sim.answer(sim.last('REFER'), 202, { fields: ['Refer-Sub: false'] })
  expect(sim.shown('SIP/2.0 202')).not.toBe('')
  expect([sim.context.dialogs.size, sim.context.subscribing.size]).toEqual([0, 0])
})
