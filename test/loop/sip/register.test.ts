/** The registrar on the wire: UDP and TCP, both hashes, wrong passwords. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Caller, register } from './support/caller.ts'
import { TcpPeer, UdpPeer } from './support/peer.ts'
import { device, type Rig, startRig } from './support/rig.ts'

const alice = { username: 'alice', password: 'right' }
let rig: Rig
const open: { close(): void }[] = []
beforeEach(async () => {
  rig = await startRig()
  rig.devices.push(device('alice', 'right'))
})
afterEach(async () => {
  for (const peer of open.splice(0)) peer.close()
  await rig.close()
})

const udp = async (): Promise<UdpPeer> => {
  const peer = await UdpPeer.open(rig.sipPort)
  open.push(peer)
  return peer
}
const tcp = async (): Promise<TcpPeer> => {
  const peer = await TcpPeer.open(rig.sipPort)
  open.push(peer)
  return peer
}
const contacts = () => rig.sip.registeredContacts(rig.devices[0]!.id)

describe('REGISTER', () => {
  it('over UDP', async () => {
    const peer = await udp()
    const ok = await register(peer, rig.sipPort, alice)
    expect(ok.status).toBe(200)
    expect(ok.headers['contact']).toBe(`<sip:peer@127.0.0.1:${peer.port}>;expires=3600`)
    expect(contacts()).toMatchObject([
      { uri: `sip:peer@127.0.0.1:${peer.port}`, source: `udp/127.0.0.1:${peer.port}` },
    ])
    expect(rig.registrations.size).toBe(1)
  })

  it('over TCP, and calls the phone on that connection', async () => {
    const peer = await tcp()
    // What a phone behind NAT writes: an address that nobody can reach.
    const contact = '<sip:alice@192.0.2.7:5060;transport=tcp>'
    expect((await register(peer, rig.sipPort, alice, { contact })).status).toBe(200)
    rig.call({ kind: 'device', deviceId: rig.devices[0]!.id })
    const invite = await peer.expect('INVITE')
    expect(invite.start).toBe('INVITE sip:alice@192.0.2.7:5060;transport=tcp SIP/2.0')
  })

  it('is challenged in MD5 alone: some phones give up at anything else', async () => {
    const peer = await udp()
    const caller = new Caller(peer, { from: 'sip:alice@a', to: 'sip:alice@a' })
    caller.request('REGISTER', { uri: `sip:127.0.0.1:${rig.sipPort}` })
    const challenge = (await peer.expect(401)).headers['www-authenticate'] ?? ''
    expect(challenge).toMatch(
      /^Digest realm="ringdown", nonce="[^",]+", algorithm=MD5, qop="auth"$/,
    )
  })

  it.each([
    ['a wrong password', { username: 'alice', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'right' }],
  ])('refuses %s with the same 401', async (_what, login) => {
    const refused = await register(await udp(), rig.sipPort, login)
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).not.toContain('stale')
    expect(contacts()).toEqual([])
    expect(rig.sip.counts().digestsFailed).toBe(1)
  })

  it('refuses to register another user', async () => {
    const peer = await udp()
    const uri = `sip:127.0.0.1:${rig.sipPort}`
    rig.devices.push(device('bob', 'secret'))
    const caller = new Caller(peer, { from: 'sip:bob@a', to: 'sip:bob@a' })
    caller.request('REGISTER', { uri })
    const { authorize } = await import('./support/caller.ts')
    const authorization = authorize(await peer.expect(401), 'REGISTER', uri, alice)
    caller.request('REGISTER', { uri, headers: [['Authorization', authorization]] })
    await peer.expect(403)
    expect(rig.sip.registeredContacts(rig.devices[1]!.id)).toEqual([])
  })

  it('locks a source out after 20 wrong digests', async () => {
    const peer = await udp()
    for (let i = 0; i < 20; i++) {
      await register(peer, rig.sipPort, { username: 'alice', password: `guess${i}` })
    }
    expect((await register(peer, rig.sipPort, alice)).status).toBe(403)
    expect(rig.sip.counts()).toMatchObject({ digestsFailed: 20, lockouts: 1 })
  })
})

describe('outside a dialog', () => {
  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 401],
    ['SUBSCRIBE', 489],
    ['PUBLISH', 489],
    ['INFO', 481],
    ['NOTIFY', 481],
  ])('%s gets %i', async (method, status) => {
    const peer = await udp()
    const uri = `sip:127.0.0.1:${rig.sipPort}`
    new Caller(peer, { from: 'sip:a@a', to: uri }).request(method, { uri })
    const response = await peer.expect((m) => (m.status ?? 0) >= 200)
    expect(response.status).toBe(status)
    if (method === 'OPTIONS') {
      expect(response.headers['allow']).toContain('REGISTER')
      expect(response.headers['accept']).toBe('application/sdp')
    }
  })

  it('OPTIONS while draining gets 503 with Retry-After', async () => {
    rig.sip.drain()
    const peer = await udp()
    const uri = `sip:127.0.0.1:${rig.sipPort}`
    new Caller(peer, { from: 'sip:a@a', to: uri }).request('OPTIONS', { uri })
    expect((await peer.expect(503)).headers['retry-after']).toBe('30')
  })
})

describe('where SHA-256 is offered too', () => {
  it.each(['SHA-256', 'MD5'] as const)('a phone may answer with %s', async (algorithm) => {
    await rig.close()
    rig = await startRig({ digestOffer: ['SHA-256', 'MD5'] })
    rig.devices.push(device('alice', 'right'))
    const peer = await udp()
    expect((await register(peer, rig.sipPort, alice, { algorithm })).status).toBe(200)
    const challenge = peer.all[0]?.headers['www-authenticate'] ?? ''
    // Two lines, each with a nonce of its own.
    expect(challenge).toMatch(/^Digest .*algorithm=SHA-256, .*, Digest .*algorithm=MD5, /)
    expect(new Set(challenge.match(/nonce="[^"]+"/g)).size).toBe(2)
  })
})
