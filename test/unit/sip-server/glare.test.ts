/** Requests that cross each other in a dialog (RFC 3261 section 14, RFC 3311), on a virtual clock. */
import { describe, expect, test } from 'vitest'
import type { SipMessage } from '../../../engine/sip-server/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { fieldOf, Sim, seededRandom } from './sim.ts'

const delayMs = 40

/** Two servers that are each other's peer, with a line of 40 ms between them. */
const connect = (seed: number): { caller: Sim; callee: Sim; dialogId: string } => {
  const clock = new VirtualClock()
  const caller = new Sim(2 * seed, clock)
  const callee = new Sim(2 * seed + 1, clock)
  caller.wire = (text) => void clock.after(delayMs, () => callee.hear(text))
  callee.wire = (text) => void clock.after(delayMs, () => caller.hear(text))
  return { caller, callee, dialogId: '' }
}

const callUp = async (caller: Sim, callee: Sim): Promise<string> => {
  caller.app('sip||\r\nINVITE sip:b@192.0.2.1 SIP/2.0\r\n\r\n')
  await caller.wait(0.1)
  callee.respond(callee.shown('INVITE'), 200)
  await caller.wait(0.1)
  const dialogId = fieldOf(caller.shown('SIP/2.0 200'), 8)
  caller.inDialog(dialogId, 'ACK')
  await caller.wait(0.1)
  callee.shown('ACK')
  return dialogId
}

/** An application that re-INVITEs and, after a 491, waits as RFC 3261 section 14.1 says. */
class Insisting {
  readonly #sim: Sim
  readonly #dialogId: string
  readonly #waitMs: () => number
  #due = 0
  readonly outcomes: number[] = []
  acceptedOthers = 0

  constructor(sim: Sim, dialogId: string, waitMs: () => number) {
    this.#sim = sim
    this.#dialogId = dialogId
    this.#waitMs = waitMs
  }
  get won(): boolean {
    return this.outcomes.at(-1) === 200
  }
  /** Does what is due; called often. */
  act(): void {
    const frame = this.#sim.shown('INVITE')
    if (frame !== '') {
      this.acceptedOthers++
      this.#sim.respond(frame, 200)
    }
    for (const status of [200, 491, 500]) this.#heard(status)
    if (this.#due > 0 && this.#sim.clock.nowMs() >= this.#due) this.offer()
  }
  offer(): void {
    this.#due = 0
    this.#sim.inDialog(this.#dialogId, 'INVITE')
  }
  #heard(status: number): void {
    if (this.#sim.shown(`SIP/2.0 ${status}`) === '') return
    this.outcomes.push(status)
    if (status === 200) this.#sim.inDialog(this.#dialogId, 'ACK')
    else this.#due = this.#sim.clock.nowMs() + this.#waitMs()
  }
}

describe('re-INVITE from both sides at once', () => {
  test('a hundred times: both are refused, then one after the other is taken', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { caller, callee } = connect(seed)
      const dialogId = await callUp(caller, callee)
      const { below } = seededRandom(seed)
      const first = new Insisting(caller, dialogId, () => 2100 + 10 * below(191))
      const second = new Insisting(callee, dialogId, () => 10 * below(201))
      first.offer()
      second.offer()
      for (let step = 0; step < 100 && !(first.won && second.won); step++) {
        await caller.wait(0.05)
        first.act()
        second.act()
      }
      // whoever made the Call-ID waits longer, so the other comes first, whatever chance says
      expect([first.outcomes, second.outcomes], `seed ${seed}`).toEqual([
        [491, 200],
        [491, 200],
      ])
      expect([first.acceptedOthers, second.acceptedOthers]).toEqual([1, 1])
      expect([caller.context.dialogs.size, callee.context.dialogs.size]).toEqual([1, 1])
      expect([caller.faults, callee.faults]).toEqual([[], []])
    }
  })
  test('a re-INVITE before the last one was answered: 500, and when to come again', () => {
    const sim = new Sim()
    const { callId, inside } = sim.callIn('c')
    sim.request('INVITE', callId, { ...inside, seq: 2 })
    sim.request('INVITE', callId, { ...inside, seq: 3 })
    const refused = sim.last('SIP/2.0 500')
    expect([refused.cseq?.number, Number(refused.header('retry-after'))]).toEqual([
      3,
      expect.closeTo(5, -1),
    ])
    // once it is answered there is room for the next
    sim.respond(sim.shown('INVITE'), 200)
    sim.request('ACK', callId, { ...inside, seq: 2 })
    sim.request('INVITE', callId, { ...inside, seq: 4 })
    expect(sim.shown('INVITE')).toContain('CSeq: 4')
  })
  test('a re-INVITE before the call was answered: 500; of one that was called, 491', () => {
    const sim = new Sim()
    sim.request('INVITE', 'c', { fields: ['Supported: 100rel'] })
    sim.respond(sim.shown('INVITE'), 183, ['Require: 100rel'])
    const to = sim.last('SIP/2.0 183').header('to') ?? ''
    sim.request('INVITE', 'c', { to, seq: 2 })
    expect(sim.last('SIP/2.0 500').cseq?.number).toBe(2)
    expect(sim.last('SIP/2.0 500').header('retry-after')).toMatch(/^\d+$/)

    const calling = new Sim()
    calling.app('sip||\r\nINVITE sip:b@192.0.2.1 SIP/2.0\r\n\r\n')
    const invite = calling.last('INVITE')
    calling.answer(invite, 183, { fields: ['Require: 100rel', 'RSeq: 1'] })
    const from = `${invite.header('to')};tag=callee`
    const inside = { to: invite.header('from') ?? '', from }
    calling.request('INVITE', invite.callId, { ...inside, seq: 2 })
    expect(calling.last('SIP/2.0 491').cseq?.number).toBe(2)
    expect(calling.shown('INVITE')).toBe('')
  })
  test('a fork that rings again after another one gets no number of a request twice', () => {
    const sim = new Sim()
    sim.app('sip||\r\nINVITE sip:b@192.0.2.1 SIP/2.0\r\n\r\n')
    const invite = sim.last('INVITE')
    const rings = (tag: string, rseq: number): number | undefined => {
      sim.answer(invite, 183, { tag, fields: ['Require: 100rel', `RSeq: ${rseq}`] })
      const dialogId = fieldOf(sim.shown('SIP/2.0 183'), 8)
      sim.inDialog(dialogId, 'PRACK', [`RAck: ${rseq} 1 INVITE`])
      const prack = sim.last('PRACK')
      expect(prack.header('to')).toContain(`tag=${tag}`)
      return prack.cseq?.number
    }
    const first = invite.cseq?.number ?? 0
    expect([rings('one', 1), rings('two', 5), rings('one', 2)]).toEqual([
      first + 1,
      first + 2,
      first + 3,
    ])
  })
  test('an UPDATE with an offer while ours is open: 491; without one it is shown', () => {
    const sim = new Sim()
    const { callId, inside, dialogId } = sim.callIn('c')
    sim.inDialog(dialogId, 'INVITE', [], 'v=0\r\n')
    sim.request('UPDATE', callId, { ...inside, seq: 2, body: 'v=0\r\n' })
    expect(sim.last('SIP/2.0 491').method).toBe('UPDATE')
    sim.request('UPDATE', callId, { ...inside, seq: 3 })
    expect(sim.shown('UPDATE')).not.toBe('')
  })
})

describe('the same request on two ways (RFC 3261 8.2.2.2)', () => {
  test.each(['INVITE', 'MESSAGE'])('%s: 482 for the second while the first is open', (method) => {
    const sim = new Sim()
    sim.request(method, 'c')
    const shown = sim.shown(method)
    sim.request(method, 'c', { branch: 'z9hG4bKsecond' })
    expect(sim.last('SIP/2.0 482').via?.branch).toBe('z9hG4bKsecond')
    expect(sim.shown(method)).toBe('')
    sim.respond(shown, 486)
    expect(sim.last('SIP/2.0 486').via?.branch).not.toBe('z9hG4bKsecond')
  })
})

describe('routes (RFC 3261 12.2, 16.12)', () => {
  const recorded = (...uris: string[]): string[] => uris.map((uri) => `Record-Route: <${uri}>`)
  const routesOf = (message: SipMessage): string[] => message.headers('route')

  test('called through loose routers: in their order', () => {
    const sim = new Sim()
    const fields = recorded('sip:near.example;lr', 'sip:far.example;lr')
    const { dialogId } = sim.callIn('c', { fields })
    sim.inDialog(dialogId, 'BYE')
    const bye = sim.last('BYE')
    expect(routesOf(bye)).toEqual(['<sip:near.example;lr>', '<sip:far.example;lr>'])
    expect([bye.uri, sim.said.at(-1)?.to]).toEqual(['sip:a@192.0.2.1', 'near.example:5060'])
  })
  test('calling through loose routers: reversed', () => {
    const sim = new Sim()
    const fields = recorded('sip:far.example;lr', 'sip:near.example;lr')
    const { dialogId } = sim.callOut([], { fields })
    expect(routesOf(sim.last('ACK'))).toEqual(['<sip:near.example;lr>', '<sip:far.example;lr>'])
    sim.inDialog(dialogId, 'BYE')
    expect(sim.said.at(-1)?.to).toBe('near.example:5060')
  })
  test('a strict router is the Request-URI, the target comes last', () => {
    const sim = new Sim()
    const fields = recorded('sip:strict.example', 'sip:far.example;lr')
    const { dialogId } = sim.callIn('c', { fields })
    sim.inDialog(dialogId, 'INFO')
    const info = sim.last('INFO')
    expect(info.uri).toBe('sip:strict.example')
    expect(routesOf(info)).toEqual(['<sip:far.example;lr>', '<sip:a@192.0.2.1>'])
    expect(sim.said.at(-1)?.to).toBe('strict.example:5060')
  })
  test('the routes stay when the target moves', () => {
    const sim = new Sim()
    const { dialogId, callId, inside } = sim.callIn('c', { fields: recorded('sip:p.example;lr') })
    const moved = { ...inside, seq: 2, contact: '<sip:a@192.0.2.77>' }
    sim.request('INVITE', callId, { ...moved, fields: recorded('sip:other.example;lr') })
    sim.respond(sim.shown('INVITE'), 200)
    sim.inDialog(dialogId, 'BYE')
    expect(sim.last('BYE').uri).toBe('sip:a@192.0.2.77')
    expect(routesOf(sim.last('BYE'))).toEqual(['<sip:p.example;lr>'])
  })
})
