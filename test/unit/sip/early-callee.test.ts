/** Calls of ours before they are answered: 18x that we acknowledge (PRACK), and UPDATE from the callee. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { SipTarget } from '../../../engine/core/ports/sip.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, sdp, withSdp } from './support/device-calls.ts'
import { Bench, Received, type Sent } from './support/recorder.ts'
import { register } from './support/registering.ts'

let bench: Bench
let calls: DeviceCalls
beforeEach(() => {
  bench = new Bench()
  calls = new DeviceCalls(bench)
})

const callId = 'call-1' as CallId
const bob: SipTarget = { kind: 'uri', uri: 'sip:bob@192.0.2.7' }
const alice = { kind: 'device', deviceId: 'id-of-alice', username: 'alice' } as SipTarget
const invite = (target: SipTarget = bob): Sent[] => {
  bench.sip.invite(callId, { target, callerId: '+15005550001', offers: { rtp: sdp } })
  return calls.sent('INVITE').map((sent) => sent.taken())
}
const reliable = (rseq: number, more: Record<string, string> = {}) => ({
  ...{ require: '100rel', rseq: `${rseq}`, cseq: '1 INVITE' },
  ...{ to: '<sip:bob@192.0.2.7>;tag=his', ...more },
})
const dialogOf = (sent: Sent): string =>
  `${sent.out.headers['Call-ID']};from-tag=${/tag=(.*)$/.exec(sent.out.headers['From']!)?.[1]}`
const update = async (sent: Sent, body = sdp, address = '192.0.2.9'): Promise<Received> => {
  const headers = body === '' ? {} : withSdp
  const one = new Received('UPDATE', { dialogId: dialogOf(sent), body, headers, address })
  bench.receive(one)
  await settle()
  return one
}
const racks = () => calls.sent('PRACK').map(({ out }) => out.headers['RAck'])

describe('a reliable 18x', () => {
  it('is acknowledged each time, inside its dialog', () => {
    const [sent] = invite()
    expect(sent?.out.headers['Supported']).toContain('100rel')
    sent?.respond(180, reliable(7))
    sent?.respond(183, reliable(8, withSdp), sdp)
    expect(racks()).toEqual(['7 1 INVITE', '8 1 INVITE'])
    expect(calls.sent('PRACK')[0]?.out.dialogId).toBe(dialogOf(sent!))
    expect(bench.heard).toEqual(['progress 180', `progress 183 ${sdp}`])
  })

  it.each([
    ['without the option', { require: 'timer' }],
    ['without a number', { rseq: '' }],
    ['whose number is none', { rseq: '1 2' }],
  ])('%s is none', (_title, wrong) => {
    const [sent] = invite()
    sent?.respond(180, reliable(7, wrong))
    expect(racks()).toEqual([])
    expect(bench.heard).toEqual(['progress 180'])
  })

  it('that crosses our CANCEL is acknowledged, and all is over with the 487', () => {
    const [sent] = invite()
    bench.sip.cancel(callId)
    sent?.respond(180, reliable(7))
    expect(racks()).toEqual(['7 1 INVITE'])
    expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 1 })
    sent?.respond(487)
    expect(bench.heard).toEqual([])
    expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('whose PRACK fails fails no call', () => {
    const [sent] = invite()
    sent?.respond(183, reliable(1, withSdp), sdp)
    calls.sent('PRACK')[0]?.taken().respond(481)
    sent?.respond(200, { to: '<sip:bob@192.0.2.7>;tag=his' })
    expect(bench.heard.at(-1)).toMatch(/^answered v=0/)
  })

  it('of one callee is not the answer of another in the same branch', () => {
    const [sent] = invite()
    sent?.respond(183, reliable(1, withSdp), sdp)
    sent?.respond(200, { to: '<sip:bob@192.0.2.7>;tag=another' })
    expect(bench.heard.at(-1)).toBe('rejected 488 No SDP in the answer')
  })
})

describe('UPDATE of a callee before the answer', () => {
  it('gets an answer once ours has one, and what his 200 says is old', async () => {
    bench.renegotiate = async () => 'v=0 new'
    const [sent] = invite()
    sent?.respond(180, reliable(1))
    expect((await update(sent!)).status).toBe(491)
    expect((await update(sent!, '')).status).toBe(200)
    sent?.respond(183, reliable(2, withSdp), sdp)
    expect((await update(sent!)).responses).toMatchObject([{ status: 200, body: 'v=0 new' }])
    sent?.respond(200, { ...withSdp, to: '<sip:bob@192.0.2.7>;tag=his' }, sdp)
    expect(bench.heard.at(-1)).toMatch(/^answered id-/)
    expect((await update(sent!)).status).toBe(200)
    expect(bench.sip.counts()).toMatchObject({ legs: 1, dialogs: 1 })
  })

  it('that we cannot take leaves things as they were', async () => {
    const [sent] = invite()
    sent?.respond(183, reliable(1, withSdp), sdp)
    expect((await update(sent!)).status).toBe(488)
    sent?.respond(200, { to: '<sip:bob@192.0.2.7>;tag=his' })
    expect(bench.heard.at(-1)).toMatch(/^answered v=0/)
  })

  it('under way when the call is refused gets 487', async () => {
    bench.renegotiate = () => new Promise(() => {})
    const [sent] = invite()
    sent?.respond(183, reliable(1, withSdp), sdp)
    const open = await update(sent!)
    sent?.respond(486)
    expect(open.status).toBe(487)
    expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('is for one who rings alone, and from where a device rings', async () => {
    bench.renegotiate = async () => 'v=0 new'
    await register(bench, { contact: '<sip:a@192.0.2.1:5061>' })
    const [alone] = invite(alice)
    alone?.respond(183, reliable(1, withSdp), sdp)
    expect(bench.heard.at(-1)).toBe(`progress 183 ${sdp} 192.0.2.1`)
    expect((await update(alone!, sdp, '192.0.2.66')).status).toBe(403)
    expect((await update(alone!)).status).toBe(200)
    alone?.respond(486)
    await register(bench, { contact: '<sip:b@192.0.2.1:5062>' })
    const [, one] = invite(alice)
    one?.respond(183, reliable(1, withSdp), sdp)
    expect((await update(one!)).status).toBe(500)
  })

  it('is all that is taken there', async () => {
    const [sent] = invite()
    sent?.respond(180, reliable(1))
    const dialogId = dialogOf(sent!)
    expect(bench.receive(new Received('INFO', { dialogId })).status).toBe(481)
  })
})
