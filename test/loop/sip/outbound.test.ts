/** Calls that we make, against a scripted UDP peer behind the embedded server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { register } from './support/caller.ts'
import { type Message, reply, sdp, UdpPeer } from './support/peer.ts'
import { device, type Rig, startRig, trunk } from './support/rig.ts'

let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  rig = await startRig()
  peer = await UdpPeer.open(rig.sipPort)
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

const toTrunk = (more = {}) =>
  ({ kind: 'trunk', trunk: trunk(peer.port, more), number: '+61400000001' }) as const

describe('an INVITE to a trunk', () => {
  it('is answered, acknowledged and ended by us', async () => {
    const callId = rig.call(toTrunk({ trusted: true }), { callerName: 'An "odd" name' })
    const invite = await peer.expect('INVITE')
    expect(invite.start).toBe(
      `INVITE sip:+61400000001@127.0.0.1:${peer.port};transport=udp SIP/2.0`,
    )
    expect(invite.headers['from']).toMatch(
      /^"An \\"odd\\" name" <sip:\+15005550001@127\.0\.0\.1>;tag=/,
    )
    expect(invite.headers['p-asserted-identity']).toBe('<sip:+15005550001@127.0.0.1>')
    expect(invite.body).toBe(sdp(5004))
    peer.send(reply(invite, 180))
    await rig.heard.next('progress 180')
    peer.send(reply(invite, 183, { body: sdp(4002) }))
    await rig.heard.next('progress 183 sdp')
    peer.send(reply(invite, 200, { body: sdp(4004), contact: peer.contact }))
    await rig.heard.next('answered 4004')
    await peer.expect('ACK')
    rig.sip.bye(callId)
    const bye = await peer.expect('BYE')
    peer.send(reply(bye, 200))
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('is ended by the phone', async () => {
    rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    const ok = reply(invite, 200, { body: sdp(), contact: peer.contact })
    peer.send(ok)
    const ack = await peer.expect('ACK')
    await rig.heard.next('answered')
    const { from = '', to = '', 'call-id': id = '' } = ack.headers
    const via = `SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKbye`
    const bye = `BYE sip:127.0.0.1:${rig.sipPort} SIP/2.0\r\nVia: ${via}\r\nFrom: ${to}\r\nTo: ${from}\r\nCall-ID: ${id}\r\nCSeq: 1 BYE\r\nReason: Q.850;cause=16;text="Normal"\r\nContent-Length: 0\r\n\r\n`
    peer.send(bye)
    await peer.expect(200)
    await rig.heard.next('remoteHangup Normal')
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })
  it.each([
    [486, 'rejected 486'],
    [302, 'rejected 302'],
    [603, 'rejected 603'],
    [503, 'rejected 503'],
  ])('that gets %i is rejected', async (status, event) => {
    rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, status, { headers: [['Contact', '<sip:elsewhere@127.0.0.1>']] }))
    await peer.expect('ACK')
    await rig.heard.next(event)
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('to a port where nobody listens is rejected with 503', async () => {
    rig.call({ kind: 'uri', uri: `sip:x@127.0.0.1:${await freePort()};transport=tcp` })
    await rig.heard.next('rejected 503')
  })

  it.each([
    ['nonsense', 'sip:'],
    ['ourselves', 'self'],
  ])('to %s is rejected with 503', async (_what, uri) => {
    rig.call({ kind: 'uri', uri: uri === 'self' ? `sip:x@127.0.0.1:${rig.sipPort}` : uri })
    await rig.heard.next('rejected 503')
  })

  it('whose 200 brings no SDP is hung up and rejected', async () => {
    rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 200, { contact: peer.contact }))
    await peer.expect('ACK')
    await peer.expect('BYE')
    await rig.heard.next('rejected 488')
  })

  it('whose 200 brings no SDP but whose 183 did is answered with that', async () => {
    rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 183, { body: sdp(4002) }))
    await rig.heard.next('progress 183 sdp')
    peer.send(reply(invite, 200, { contact: peer.contact }))
    await rig.heard.next('answered 4002')
  })

  it('finds the SDP in a multipart answer', async () => {
    rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    const body = `--b1\r\nContent-Type: application/sdp\r\n\r\n${sdp(4006)}\r\n--b1--\r\n`
    const plain = reply(invite, 200, { contact: peer.contact, body })
    peer.send(
      plain.replace(
        'application/sdp\r\nContent-Length',
        'multipart/mixed;boundary=b1\r\nContent-Length',
      ),
    )
    await rig.heard.next('answered 4006')
  })
})

describe('cancel', () => {
  it('of a ringing call sends CANCEL and says nothing', async () => {
    const callId = rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 180))
    await rig.heard.next('progress')
    rig.sip.cancel(callId)
    const cancel = await peer.expect('CANCEL')
    peer.send(reply(cancel, 200))
    peer.send(reply(invite, 487))
    await peer.expect('ACK')
    expect(rig.heard.lines).toEqual(['progress 180'])
    expect(rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('right after the command waits for the first response', async () => {
    const callId = rig.call(toTrunk())
    rig.sip.cancel(callId)
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 100))
    const cancel = await peer.expect('CANCEL')
    peer.send(reply(cancel, 200))
    peer.send(reply(invite, 487))
    await peer.expect('ACK')
    expect(rig.heard.lines).toEqual([])
  })

  it('that a 200 crosses is followed by ACK and BYE', async () => {
    const callId = rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 180))
    await rig.heard.next('progress')
    rig.sip.cancel(callId)
    const cancel = await peer.expect('CANCEL')
    peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact }))
    peer.send(reply(cancel, 481))
    await peer.expect('ACK')
    const bye = await peer.expect('BYE')
    peer.send(reply(bye, 200))
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
    expect(rig.heard.lines).toEqual(['progress 180'])
  })

  it('of an answered call is a BYE', async () => {
    const callId = rig.call(toTrunk())
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact }))
    await rig.heard.next('answered')
    rig.sip.cancel(callId)
    const bye = await peer.expect('BYE')
    peer.send(reply(bye, 481))
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })
})

const challenge = (algorithm: string, more = ''): [string, string] => [
  'Proxy-Authenticate',
  `Digest realm="carrier", nonce="n1", algorithm=${algorithm}, qop="auth"${more}`,
]
const invites = (): Message[] => peer.all.filter((message) => message.method === 'INVITE')

describe('a trunk that challenges', () => {
  const login = { username: 'us', password: 'pw' }

  it.each(['MD5', 'SHA-256'])('gets credentials in %s', async (algorithm) => {
    rig.call(toTrunk(login))
    const first = await peer.expect('INVITE')
    peer.send(reply(first, 407, { headers: [challenge(algorithm)] }))
    await peer.expect('ACK')
    const second = await peer.expect('INVITE')
    const value = second.headers['proxy-authorization'] ?? ''
    expect(value).toContain(`algorithm=${algorithm}`)
    expect(value).toContain('username="us", realm="carrier", nonce="n1"')
    expect(second.headers['call-id']).toBe(first.headers['call-id'])
    expect(second.headers['from']).toBe(first.headers['from'])
    expect(second.headers['cseq']).toBe('2 INVITE')
    peer.send(reply(second, 200, { body: sdp(4004), contact: peer.contact }))
    await rig.heard.next('answered 4004')
  })

  it('twice with the same nonce is rejected', async () => {
    rig.call(toTrunk(login))
    for (let i = 0; i < 2; i++) {
      peer.send(reply(await peer.expect('INVITE'), 407, { headers: [challenge('MD5')] }))
    }
    await rig.heard.next('rejected 407')
    expect(invites()).toHaveLength(2)
  })

  it('may say once that the nonce was stale', async () => {
    rig.call(toTrunk(login))
    peer.send(reply(await peer.expect('INVITE'), 407, { headers: [challenge('MD5')] }))
    const stale = challenge('MD5', ', stale=true')
    peer.send(reply(await peer.expect('INVITE'), 407, { headers: [stale] }))
    const third = await peer.expect('INVITE')
    peer.send(reply(third, 486))
    await rig.heard.next('rejected 486')
  })

  it('may challenge our BYE alone, if it was given its realm', async () => {
    const callId = rig.call(toTrunk({ ...login, realm: 'carrier' }))
    const invite = await peer.expect('INVITE')
    peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact }))
    await rig.heard.next('answered')
    rig.sip.bye(callId)
    peer.send(reply(await peer.expect('BYE'), 407, { headers: [challenge('MD5')] }))
    const second = await peer.expect('BYE')
    expect(second.headers['proxy-authorization']).toContain(`uri="sip:peer@127.0.0.1:${peer.port}"`)
    peer.send(reply(second, 200))
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('gets nothing when it has no credentials, nor does any other address', async () => {
    rig.call(toTrunk())
    peer.send(reply(await peer.expect('INVITE'), 407, { headers: [challenge('MD5')] }))
    await rig.heard.next('rejected 407')
    rig.call({ kind: 'uri', uri: `sip:x@127.0.0.1:${peer.port}` })
    peer.send(reply(await peer.expect('INVITE'), 407, { headers: [challenge('MD5')] }))
    await rig.heard.next('rejected 407')
    expect(invites()).toHaveLength(2)
  })
})

describe('an INVITE to a device', () => {
  const phones: UdpPeer[] = []
  const alice = { username: 'alice', password: 'right' }
  beforeEach(async () => {
    rig.devices.push(device('alice', 'right'))
    for (let i = 0; i < 3; i++) {
      const phone = await UdpPeer.open(rig.sipPort)
      phones.push(phone)
      expect((await register(phone, rig.sipPort, alice)).status).toBe(200)
    }
  })
  afterEach(() => {
    for (const phone of phones.splice(0)) phone.close()
  })
  const toAlice = () => ({ kind: 'device', deviceId: rig.devices[0]!.id }) as const

  it('rings all its phones; the first answer wins, the others get CANCEL', async () => {
    rig.call(toAlice())
    const [one, two, three] = phones as [UdpPeer, UdpPeer, UdpPeer]
    const invited = await Promise.all(phones.map((phone) => phone.expect('INVITE')))
    for (const [i, invite] of invited.entries()) phones[i]!.send(reply(invite, 180))
    for (let i = 0; i < 3; i++) await rig.heard.next('progress 180')
    two.send(reply(invited[1]!, 200, { body: sdp(4004), contact: two.contact }))
    await rig.heard.next('answered 4004')
    await two.expect('ACK')
    const [cancelOne] = await Promise.all([one.expect('CANCEL'), three.expect('CANCEL')])
    one.send(reply(cancelOne, 200))
    one.send(reply(invited[0]!, 487))
    // The third phone was picked up in the same moment.
    three.send(reply(invited[2]!, 200, { body: sdp(4006), contact: three.contact }))
    await three.expect('ACK')
    await three.expect('BYE')
    expect(rig.heard.lines.slice(3)).toEqual(['answered 4004'])
  })

  it('is busy when one phone is busy and the others do not answer', async () => {
    rig.call(toAlice())
    for (const [i, status] of [480, 486, 500].entries()) {
      phones[i]!.send(reply(await phones[i]!.expect('INVITE'), status))
    }
    await rig.heard.next('rejected 486')
  })

  it('is declined for all when one phone declines', async () => {
    rig.call(toAlice())
    const invited = await Promise.all(phones.map((phone) => phone.expect('INVITE')))
    phones[0]!.send(reply(invited[0]!, 180))
    await rig.heard.next('progress')
    phones[1]!.send(reply(invited[1]!, 603))
    await rig.heard.next('rejected 603')
    await phones[0]!.expect('CANCEL')
  })

  it('that is not registered is rejected with 480', async () => {
    rig.devices.push(device('bob', 'x'))
    rig.call({ kind: 'device', deviceId: rig.devices[1]!.id })
    await rig.heard.next('rejected 480')
  })
})
