/** Packets that never come, with SIP's timers shortened: everything still comes to an end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InviteRequest } from '../../../engine/core/ports/sip.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { Caller } from './support/caller.ts'
import { reply, sdp, UdpPeer } from './support/peer.ts'
import { type Rig, startRig, systemClock, trunk } from './support/rig.ts'

const tryingWithinMs = 300
/** How soon a trunk has to say something is the test's to tell; all else takes its time. */
let patience: VirtualClock

let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  patience = new VirtualClock()
  const after = (delayMs: number, run: () => void) =>
    (delayMs === tryingWithinMs ? patience : systemClock).after(delayMs, run)
  rig = await startRig({ clock: { ...systemClock, after } }, { fast: true })
  peer = await UdpPeer.open(rig.sipPort)
  rig.trunks.push(trunk(peer.port))
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

const call = (more: Partial<InviteRequest> = {}) =>
  rig.call({ kind: 'trunk', trunk: rig.trunks[0]!, number: '+61400000001' }, more)
/** Of a trunk that says nothing. */
const loses = async (): Promise<void> => {
  await expect.poll(() => patience.pendingTimers).toBe(1)
  await patience.advance(tryingWithinMs)
  await rig.heard.next('rejected 408 Silence')
}
const nothingLeft = () => expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })

describe('silence', () => {
  it('to an INVITE is 408', async () => {
    call()
    await rig.heard.next('rejected 408')
    await nothingLeft()
  })

  it('is told from a trunk that only takes its time', async () => {
    const slow = call({ tryingWithinMs })
    const invite = await peer.expect('INVITE')
    await expect.poll(() => patience.pendingTimers).toBe(1)
    peer.send(reply(invite, 100))
    await expect.poll(() => patience.pendingTimers).toBe(0)
    await patience.advance(2 * tryingWithinMs)
    expect(rig.heard.lines).toEqual([])
    rig.sip.cancel(slow)
    peer.send(reply(await peer.expect('CANCEL'), 200))
    call({ tryingWithinMs })
    await loses()
  })

  it('is not called again once it was given up: another trunk may ring by then', async () => {
    call({ tryingWithinMs })
    await loses()
    // What was sent until the server knew of it is here before its answer.
    const uri = `sip:127.0.0.1:${rig.sipPort}`
    new Caller(peer, { from: 'sip:a@a', to: uri }).request('OPTIONS', { uri })
    await peer.expect(200)
    const invites = () => peer.all.filter(({ method }) => method === 'INVITE').length
    const before = invites()
    await new Promise((done) => setTimeout(done, 700))
    expect(invites()).toBe(before)
  })

  it('that ends after all with an answer: that one is hung up', async () => {
    call({ tryingWithinMs })
    const invite = await peer.expect('INVITE')
    await loses()
    peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact }))
    await peer.expect('ACK')
    peer.send(reply(await peer.expect('BYE'), 200))
    await nothingLeft()
    expect(rig.heard.lines).toEqual(['rejected 408 Silence'])
  })

  it('to a CANCEL stays silence', async () => {
    const callId = call()
    peer.send(reply(await peer.expect('INVITE'), 180))
    await rig.heard.next('progress')
    rig.sip.cancel(callId)
    await peer.expect('CANCEL')
    await new Promise((done) => setTimeout(done, 2000))
    expect(rig.heard.lines).toEqual(['progress 180'])
    await nothingLeft()
  })

  it('to a BYE ends the call all the same', async () => {
    const callId = call()
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact }))
    await rig.heard.next('answered')
    rig.sip.bye(callId)
    await peer.expect('BYE')
    await nothingLeft()
  })

  it('instead of an ACK ends the call', async () => {
    const caller = new Caller(peer, {
      from: 'sip:+61400000009@x',
      to: `sip:+15005550100@127.0.0.1:${rig.sipPort}`,
    })
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming')
    rig.sip.accept(rig.heard.invites[0]!.callId, sdp(5004))
    await rig.heard.next('remoteHangup ACK timeout')
    await peer.expect('BYE')
    await nothingLeft()
    // Retransmitted until the end, as it should be.
    expect(peer.all.filter((message) => message.status === 200).length).toBeGreaterThan(3)
  })
})

describe('lost packets', () => {
  it('an INVITE that comes three times rings once', async () => {
    const caller = new Caller(peer, {
      from: 'sip:+61400000009@x',
      to: `sip:+15005550100@127.0.0.1:${rig.sipPort}`,
    })
    const { send } = peer
    peer.send = (text) => {
      for (let i = 0; i < 3; i++) send.call(peer, text)
    }
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming')
    rig.sip.accept(rig.heard.invites[0]!.callId, sdp(5004))
    caller.ack(await peer.expect(200))
    caller.request('BYE')
    await rig.heard.next('remoteHangup')
    await nothingLeft()
    expect(rig.heard.lines).toHaveLength(2)
  })

  it('a 200 that comes again is acknowledged again and answered once', async () => {
    const callId = call()
    const ok = reply(await peer.expect('INVITE'), 200, { body: sdp(), contact: peer.contact })
    peer.send(ok)
    await peer.expect('ACK')
    peer.send(ok)
    await peer.expect('ACK')
    expect(rig.heard.lines).toEqual(['answered 4000'])
    rig.sip.bye(callId)
    peer.send(reply(await peer.expect('BYE'), 200))
    await nothingLeft()
  })
})
