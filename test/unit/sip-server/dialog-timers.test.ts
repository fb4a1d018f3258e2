/** What a dialog does in time, on a virtual clock: RFC 3261 13.3.1.4, RFC 3262, RFC 6026, races. */
import { describe, expect, test } from 'vitest'
import { orphan } from '../../../engine/sip-server/dialog/orphan.ts'
import { Sim } from './sim.ts'

const resends = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]

describe('an answer that is not acknowledged (RFC 3261 13.3.1.4)', () => {
  test('is sent eleven times in 32 s, then the call is ended and nothing is left', async () => {
    const sim = new Sim()
    sim.request('INVITE', 'c')
    sim.respond(sim.shown('INVITE'), 200)
    await sim.wait(40)
    expect(sim.times('SIP/2.0 200')).toEqual(resends)
    expect(sim.times('BYE')[0]).toBe(32)
    expect(sim.last('BYE').header('reason')).toContain('ACK timeout')
    expect(sim.shown('BYE')).toContain('|unsolicited|c;from-tag=peer|')
    await sim.wait(100)
    expect([sim.idle, sim.clock.pendingTimers]).toEqual([true, 0])
  })
  test('to a re-INVITE likewise', async () => {
    const sim = new Sim()
    const { to } = sim.callIn('c')
    await sim.wait(40)
    sim.request('INVITE', 'c', { seq: 2, to })
    sim.respond(sim.shown('INVITE'), 200)
    sim.said.length = 0
    await sim.wait(31.9)
    expect(sim.times('SIP/2.0 200')).toHaveLength(10)
    await sim.wait(0.2)
    expect(sim.times('BYE')).toHaveLength(1)
  })
  test('the ACK ends the repetition; the INVITE again is absorbed until timer L', async () => {
    const sim = new Sim()
    sim.callIn('c')
    const count = sim.said.length
    await sim.wait(31)
    sim.request('INVITE', 'c')
    expect(sim.said).toHaveLength(count)
    expect(sim.shown('INVITE')).toBe('')
  })
})

describe('reliable provisional responses of ours (RFC 3262)', () => {
  const ring = (): Sim => {
    const sim = new Sim()
    sim.request('INVITE', 'c', { fields: ['Supported: 100rel'] })
    sim.respond(sim.shown('INVITE'), 183, ['Require: 100rel'])
    return sim
  }
  const prack = (sim: Sim, rack: string, seq = 2): void => {
    const to = sim.last('SIP/2.0 183').header('to') ?? ''
    sim.request('PRACK', 'c', { seq, to, fields: [`RAck: ${rack}`] })
  }
  const rseqOf = (sim: Sim): number => Number(sim.last('SIP/2.0 183').header('rseq'))

  test('without PRACK: doubling from T1, 504 after 64 * T1', async () => {
    const sim = ring()
    await sim.wait(33)
    expect(sim.times('SIP/2.0 183')).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
    expect(sim.times('SIP/2.0 504')[0]).toBe(32)
    expect(sim.shown('CANCEL')).toContain('PRACK timeout')
    await sim.wait(100)
    expect(sim.idle).toBe(true)
  })
  test('the right PRACK ends the repetition and is shown', async () => {
    const sim = ring()
    prack(sim, `${rseqOf(sim)} 1 INVITE`)
    expect(sim.shown('PRACK')).toContain('RAck')
    await sim.wait(10)
    expect(sim.times('SIP/2.0 183')).toEqual([0])
  })
  test.each([
    ['another RSeq', (rseq: number) => `${rseq + 1} 1 INVITE`],
    ['another CSeq', (rseq: number) => `${rseq} 2 INVITE`],
    ['another method', (rseq: number) => `${rseq} 1 MESSAGE`],
    ['nothing', () => ''],
    ['too much', (rseq: number) => `${rseq} 1 INVITE INVITE`],
  ])('a PRACK of %s gets 481', async (_title, rack) => {
    const sim = ring()
    prack(sim, rack(rseqOf(sim)))
    expect(sim.last('SIP/2.0 481').method).toBe('PRACK')
    expect(sim.shown('PRACK')).toBe('')
    await sim.wait(0.5)
    expect(sim.times('SIP/2.0 183')).toHaveLength(2)
  })
  test('a second PRACK of the same gets 481', () => {
    const sim = ring()
    prack(sim, `${rseqOf(sim)} 1 INVITE`)
    prack(sim, `${rseqOf(sim)} 1 INVITE`, 3)
    expect(sim.last('SIP/2.0 481').cseq?.number).toBe(3)
  })
})

describe('forked answers (RFC 3261 13.2.2.4, RFC 6026)', () => {
  const dial = (sim: Sim): void => {
    sim.app('sip||\r\nINVITE sip:b@192.0.2.1 SIP/2.0\r\n\r\n')
  }
  test.each([0, 5, 31])('a second callee who answers %i s later: ACK, then BYE', async (after) => {
    const sim = new Sim()
    dial(sim)
    const invite = sim.last('INVITE')
    sim.answer(invite, 200, { tag: 'one' })
    sim.inDialog(`${invite.callId};from-tag=${invite.fromTag}`, 'ACK')
    await sim.wait(after)
    sim.answer(invite, 200, { tag: 'two', contact: '<sip:second@192.0.2.2>' })
    expect(sim.last('ACK').toTag).toBe('two')
    expect(sim.last('BYE').toTag).toBe('two')
    expect(sim.last('BYE').uri).toBe('sip:second@192.0.2.2')
    expect(sim.heard('ACK').map(({ message }) => message.toTag)).toEqual(['one', 'two'])
    expect(sim.context.dialogs.size).toBe(1)
  })
  test('a first callee whose 200 comes again gets the same ACK', async () => {
    const sim = new Sim()
    dial(sim)
    const invite = sim.last('INVITE')
    sim.answer(invite, 200)
    // not before the application says so
    expect(sim.heard('ACK')).toEqual([])
    sim.inDialog(`${invite.callId};from-tag=${invite.fromTag}`, 'ACK', ['X-Mine: 1'])
    sim.answer(invite, 200)
    const acks = sim.heard('ACK').map(({ message }) => message.text)
    expect(acks).toHaveLength(2)
    expect(acks[0]).toBe(acks[1])
  })
  test('after timer M a 200 is nobody’s', async () => {
    const sim = new Sim()
    sim.callOut()
    await sim.wait(32)
    sim.answer(sim.last('INVITE'), 200, { tag: 'late' })
    expect(sim.heard('BYE')).toEqual([])
    expect(sim.context.counters.dropped.strayResponse).toBe(1)
  })
})

describe('CANCEL of a call of ours', () => {
  const dial = (sim: Sim): { readonly cancel: () => string } => {
    const sent = sim.app('sip||\r\nINVITE sip:b@192.0.2.1 SIP/2.0\r\n\r\n')
    const txnId = sent.split('|')[9]
    return {
      cancel: () =>
        sim.app(`sip|${txnId}|\r\nCANCEL sip:b@192.0.2.1 SIP/2.0\r\nReason: SIP;cause=200\r\n\r\n`),
    }
  }
  test('before anything came: held back, sent with the first provisional response', async () => {
    const sim = new Sim()
    const { cancel } = dial(sim)
    expect(cancel()).toContain('|OK|')
    await sim.wait(1)
    expect(sim.heard('CANCEL')).toEqual([])
    sim.answer(sim.last('INVITE'), 100)
    const [invite, cancelled] = [sim.last('INVITE'), sim.last('CANCEL')]
    expect(cancelled.header('via')).toBe(invite.header('via'))
    expect([cancelled.uri, cancelled.header('to'), cancelled.cseq?.number]).toEqual([
      invite.uri,
      invite.header('to'),
      invite.cseq?.number,
    ])
    expect(cancelled.header('reason')).toBe('SIP;cause=200')
    sim.answer(cancelled, 200)
    sim.answer(invite, 487)
    expect(sim.shown('SIP/2.0 487')).not.toBe('')
    expect(sim.heard('ACK')).toHaveLength(1)
  })
  test('after 180: at once', () => {
    const sim = new Sim()
    const { cancel } = dial(sim)
    sim.answer(sim.last('INVITE'), 180)
    cancel()
    expect(sim.heard('CANCEL')).toHaveLength(1)
  })
  test('crossing the 200: acknowledged, then hung up', () => {
    const sim = new Sim()
    const { cancel } = dial(sim)
    sim.answer(sim.last('INVITE'), 180)
    cancel()
    sim.answer(sim.last('INVITE'), 200)
    sim.answer(sim.last('CANCEL'), 481)
    const { callId, fromTag } = sim.last('INVITE')
    sim.inDialog(`${callId};from-tag=${fromTag}`, 'ACK')
    const order = sim.said.map(({ message }) => message.method || message.status)
    expect(order).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
    expect(sim.shown('BYE')).toContain('|unsolicited|')
  })
  test('after the 200: too late, and the call stays', () => {
    const sim = new Sim()
    const { cancel } = dial(sim)
    sim.answer(sim.last('INVITE'), 200)
    expect(cancel()).toContain('|NOK|unable to cancel unknown transaction id')
    expect(sim.heard('CANCEL')).toEqual([])
  })
  test('a 487 that never comes: over after 32 s', async () => {
    const sim = new Sim()
    const { cancel } = dial(sim)
    sim.answer(sim.last('INVITE'), 180)
    cancel()
    sim.answer(sim.last('CANCEL'), 200)
    await sim.wait(31.9)
    expect(sim.shown('SIP/2.0 487')).toBe('')
    await sim.wait(0.2)
    expect(sim.shown('SIP/2.0 487')).not.toBe('')
  })
})

describe('CANCEL of a call from the peer', () => {
  test.each([
    ['before the application answered', undefined],
    ['after 180', 180],
  ])('%s: 200 and 487, and the application hears it', async (_title, first) => {
    const sim = new Sim()
    sim.request('INVITE', 'c')
    const invite = sim.shown('INVITE')
    if (first !== undefined) sim.respond(invite, first)
    sim.request('CANCEL', 'c', { branch: 'z9hG4bKINVITEc1' })
    expect(sim.last('SIP/2.0 200').method).toBe('CANCEL')
    expect(sim.last('SIP/2.0 487').toTag).toBe(sim.last('SIP/2.0 200').toTag)
    expect(sim.shown('CANCEL')).not.toBe('')
    expect(sim.respond(invite, 200)).toContain('|NOK|Response not sent due to unknown transaction')
    await sim.wait(32)
    expect(sim.times('SIP/2.0 487')).toHaveLength(11)
    await sim.wait(32)
    expect(sim.idle).toBe(true)
  })
  test('crossing the 200: 481, and the call stays', () => {
    const sim = new Sim()
    sim.request('INVITE', 'c')
    sim.respond(sim.shown('INVITE'), 200)
    sim.request('CANCEL', 'c', { branch: 'z9hG4bKINVITEc1' })
    expect(sim.last('SIP/2.0 481').method).toBe('CANCEL')
    expect(sim.shown('CANCEL')).toBe('')
    expect(sim.context.dialogs.size).toBe(1)
  })
  test('without an INVITE: 481', () => {
    const sim = new Sim()
    sim.request('CANCEL', 'c')
    expect(sim.last('SIP/2.0 481').method).toBe('CANCEL')
  })
})

test('the application goes: a call that cannot be ended does not keep the others', () => {
  const sim = new Sim()
  const calls = ['one', 'two', 'three'].map((id) => sim.callIn(id))
  const owner = sim.context.dialogs.get(calls[0]?.dialogId ?? '')?.owner
  if (owner === undefined) throw new Error('no call')
  sim.wire = (text) => {
    if (text.includes('Call-ID: one')) throw new Error('a fault')
  }
  orphan(sim.context, owner)
  const ended = new Set(sim.heard('BYE').map(({ message }) => message.callId))
  expect([...ended]).toEqual(['one', 'two', 'three'])
  expect(sim.faults).toHaveLength(1)
})
