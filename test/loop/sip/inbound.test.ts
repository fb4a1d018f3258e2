/** Calls that come to us from trunks and devices. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorize, Caller } from './support/caller.ts'
import { sdp, UdpPeer } from './support/peer.ts'
import { device, type Rig, startRig, trunk } from './support/rig.ts'

const alice = { username: 'alice', password: 'right' }
let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  rig = await startRig()
  peer = await UdpPeer.open(rig.sipPort)
  rig.devices.push(device('alice', 'right'))
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

const target = (user = '+15005550100'): string => `sip:${user}@127.0.0.1:${rig.sipPort}`
const fromTrunk = (to = target()): Caller => {
  rig.trunks.push(trunk(peer.port))
  return new Caller(peer, { from: 'sip:+61400000009@carrier.example', to })
}
const lastCall = () => rig.heard.invites.at(-1)!.callId

/** A call from the trunk that we have answered and that was acknowledged. */
async function upCall(): Promise<Caller> {
  const caller = fromTrunk()
  caller.request('INVITE', { body: sdp(4000) })
  await rig.heard.next('incoming')
  rig.sip.accept(lastCall(), sdp(5004))
  caller.ack(await peer.expect(200))
  await new Promise((done) => setTimeout(done, 30))
  return caller
}

describe('an INVITE from a trunk', () => {
  it('tells its X- headers and who was called before', async () => {
    const headers: [string, string][] = [
      ['X-Customer', '42; a="b, c"'],
      ['x-lower', '1'],
      ['User-to-User', '56a3;encoding=hex'],
      ['Diversion', '<sip:+61400000001@a>;reason=user-busy'],
      ['P-Other', 'x'],
    ]
    fromTrunk().request('INVITE', { headers, body: sdp(4000) })
    await rig.heard.next('incoming')
    const { received } = rig.heard.invites[0]!
    expect(Object.entries(received?.sipHeaders ?? {}).map((one) => one.join(': '))).toEqual(
      expect.arrayContaining([
        'X-Customer: 42; a="b, c"',
        expect.stringMatching(/^x-lower: 1$/i),
        expect.stringMatching(/^user-to-user: 56a3;encoding=hex$/i),
      ]),
    )
    expect(Object.keys(received?.sipHeaders ?? {})).toHaveLength(3)
    expect(received?.diversion).toEqual([{ from: '+61400000001', reason: 'user-busy', counter: 1 }])
  })

  it('rings, is answered, and ends by BYE from the caller', async () => {
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp(4000) })
    expect(await rig.heard.next('incoming')).toBe('incoming +61400000009 +15005550100 trunk')
    expect(rig.heard.invites[0]).toMatchObject({ sdp: sdp(4000), sipCallId: caller.callId })
    rig.sip.progress(lastCall(), 180)
    await peer.expect(180)
    rig.sip.progress(lastCall(), 183, sdp(5002))
    expect((await peer.expect(183)).body).toBe(sdp(5002))
    rig.sip.accept(lastCall(), sdp(5004))
    const ok = await peer.expect(200)
    expect(ok.body).toBe(sdp(5004))
    caller.ack(ok)
    caller.request('BYE')
    await peer.expect(200)
    await rig.heard.next('remoteHangup BYE')
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('ends by BYE from us', async () => {
    await upCall()
    rig.sip.bye(lastCall())
    const bye = await peer.expect('BYE')
    const { reply } = await import('./support/peer.ts')
    peer.send(reply(bye, 200))
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
    expect(rig.heard.lines).toHaveLength(1)
  })

  it('waits for the ACK before it sends BYE', async () => {
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming')
    rig.sip.accept(lastCall(), sdp(5004))
    rig.sip.bye(lastCall())
    const ok = await peer.expect(200)
    await new Promise((done) => setTimeout(done, 100))
    expect(peer.all.some((m) => m.method === 'BYE')).toBe(false)
    caller.ack(ok)
    await peer.expect('BYE')
  })

  it('is rejected with our status', async () => {
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming')
    rig.sip.reject(lastCall(), 486)
    caller.ackFailure(await peer.expect(486))
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('is cancelled by the caller', async () => {
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming')
    rig.sip.progress(lastCall(), 180)
    await peer.expect(180)
    caller.cancel()
    caller.ackFailure(await peer.expect(487))
    await rig.heard.next('remoteCancel')
    rig.sip.accept(lastCall(), sdp())
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0, commandsIgnored: 1 })
  })

  it('without SDP is answered by an offer, and the ACK brings the answer', async () => {
    const caller = fromTrunk()
    caller.request('INVITE')
    await rig.heard.next('incoming')
    expect(rig.heard.invites[0]?.sdp).toBeUndefined()
    rig.sip.accept(lastCall(), sdp(5004))
    caller.ack(await peer.expect(200), sdp(4010))
    await rig.heard.next('lateAnswer 4010')
  })

  it('without SDP and without an answer in the ACK is hung up', async () => {
    const caller = fromTrunk()
    caller.request('INVITE')
    await rig.heard.next('incoming')
    rig.sip.accept(lastCall(), sdp(5004))
    caller.ack(await peer.expect(200))
    await peer.expect('BYE')
    await rig.heard.next('remoteHangup no answer in ACK')
  })

  it.each([
    ['400 for a broken escape', (to: string) => to.replace('+1', '%zz'), {}, 400],
    ['404 for a name that is none', (to: string) => to.replace('+1', '%22%20x'), {}, 404],
    ['416 for another scheme', () => 'http:x', {}, 416],
    ['415 for another body', (to: string) => to, { body: 'x', type: 'text/plain' }, 415],
    ['420 for an extension', (to: string) => to, { headers: [['Require', 'nonsense']] }, 420],
  ])('gets %s', async (_what, change, more, status) => {
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp(), ...(more as object), uri: change(target()) })
    const response = await peer.expect((m) => (m.status ?? 0) >= 200)
    expect(response.status).toBe(status)
    expect(rig.heard.invites).toEqual([])
  })

  it('gets 503 while draining', async () => {
    rig.sip.drain()
    const caller = fromTrunk()
    caller.request('INVITE', { body: sdp() })
    expect((await peer.expect(503)).headers['retry-after']).toBe('30')
  })
})

describe('an INVITE from a device', () => {
  const invite = async (from: string, login = alice): Promise<Caller> => {
    const caller = new Caller(peer, { from, to: target() })
    caller.request('INVITE', { body: sdp() })
    const challenge = await peer.expect(401)
    caller.ackFailure(challenge)
    const authorization = authorize(challenge, 'INVITE', target(), login)
    caller.request('INVITE', { body: sdp(), headers: [['Authorization', authorization]] })
    return caller
  }

  it('is challenged and let in', async () => {
    await invite('sip:alice@127.0.0.1')
    expect(await rig.heard.next('incoming')).toBe('incoming alice +15005550100 device')
    expect(rig.heard.invites[0]?.source).toEqual({
      kind: 'device',
      deviceId: rig.devices[0]!.id,
      username: 'alice',
    })
  })

  it('is challenged even where a trunk has the same address', async () => {
    rig.trunks.push(trunk(peer.port === 5999 ? 5998 : 5999))
    await invite('sip:alice@127.0.0.1')
    expect(await rig.heard.next('incoming')).toBe('incoming alice +15005550100 device')
  })

  it('may not call itself something else', async () => {
    await invite('sip:bob@127.0.0.1')
    await peer.expect(403)
    expect(rig.heard.invites).toEqual([])
  })

  it('stays outside with a wrong password', async () => {
    await invite('sip:alice@127.0.0.1', { username: 'alice', password: 'wrong' })
    await peer.expect(401)
    expect(rig.heard.invites).toEqual([])
  })
})

describe('an INVITE from nowhere', () => {
  it('is challenged', async () => {
    const caller = new Caller(peer, { from: 'sip:+61400000009@x', to: target() })
    caller.request('INVITE', { body: sdp() })
    await peer.expect(401)
    expect(rig.heard.invites).toEqual([])
  })

  it('is a trunk from any port of its address', async () => {
    rig.trunks.push(trunk(peer.port === 5999 ? 5998 : 5999))
    const caller = new Caller(peer, { from: 'sip:+61400000009@x', to: target() })
    caller.request('INVITE', { body: sdp() })
    await rig.heard.next('incoming +61400000009')
  })
})

describe('inside a call', () => {
  it.each([
    ['dtmf-relay', 'application/dtmf-relay', 'Signal=5\r\nDuration=120\r\n', 'infoDigit 5 120'],
    ['dtmf-relay with a star', 'application/dtmf-relay', 'Signal=*', 'infoDigit * 160'],
    ['dtmf', 'application/dtmf', '#', 'infoDigit # 160'],
  ])('INFO %s is a digit', async (_what, type, body, event) => {
    const caller = await upCall()
    caller.request('INFO', { body, type })
    await peer.expect(200)
    await rig.heard.next(event)
  })

  it.each([
    ['INFO of another kind', 'INFO', { body: 'x', type: 'text/plain' }, 415],
    ['INFO without a key', 'INFO', { body: 'Signal=', type: 'application/dtmf-relay' }, 400],
    ['empty INFO', 'INFO', {}, 200],
    ['OPTIONS', 'OPTIONS', {}, 200],
    ['NOTIFY', 'NOTIFY', {}, 200],
    ['MESSAGE', 'MESSAGE', { body: 'x', type: 'text/plain' }, 405],
    ['REFER', 'REFER', { headers: [['Refer-To', '<sip:x@y>']] }, 603],
    ['UPDATE without SDP', 'UPDATE', {}, 200],
  ])('%s is answered', async (_what, method, more, status) => {
    const caller = await upCall()
    caller.request(method, more as object)
    const response = await peer.expect((m) => (m.status ?? 0) >= 200)
    expect(response.status).toBe(status)
    expect(rig.heard.lines).toHaveLength(1)
  })

  it('a re-INVITE is answered with what the application says', async () => {
    const caller = await upCall()
    const offers: (string | undefined)[] = []
    rig.heard.renegotiate = async (_callId, offer) => {
      offers.push(offer)
      return sdp(5006)
    }
    const hold = sdp(4000).replace('sendrecv', 'sendonly')
    caller.request('INVITE', { body: hold })
    const ok = await peer.expect(200)
    expect(ok.body).toBe(sdp(5006))
    caller.ack(ok)
    caller.request('UPDATE', { body: sdp(4000) })
    expect((await peer.expect(200)).body).toBe(sdp(5006))
    expect(offers).toEqual([hold, sdp(4000)])
  })

  it('a re-INVITE without SDP gets an offer, and the ACK the answer', async () => {
    const caller = await upCall()
    rig.heard.renegotiate = async () => sdp(5006)
    caller.request('INVITE')
    const ok = await peer.expect(200)
    // While our offer is open, theirs has to wait.
    caller.request('UPDATE', { body: sdp(4000) })
    await peer.expect(491)
    caller.ack(ok, sdp(4020))
    await rig.heard.next('lateAnswer 4020')
  })

  it('a re-INVITE that the application refuses gets 488, and the call goes on', async () => {
    const caller = await upCall()
    caller.request('INVITE', { body: sdp(4000) })
    caller.ackFailure(await peer.expect(488))
    caller.request('BYE')
    await peer.expect(200)
    await rig.heard.next('remoteHangup')
  })

  it('a second offer before the first is answered gets 500 with Retry-After', async () => {
    const caller = await upCall()
    let answer = (_sdp: string): void => {}
    rig.heard.renegotiate = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    caller.request('UPDATE', { body: sdp(4000) })
    caller.request('UPDATE', { body: sdp(4002) })
    expect((await peer.expect(500)).headers['retry-after']).toBeDefined()
    answer(sdp(5006))
    expect((await peer.expect(200)).body).toBe(sdp(5006))
  })
})
