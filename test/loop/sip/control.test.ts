/** The control connection: refused, wrong secret, lost and found again. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type SipOptions, startSip } from '../../../engine/sip/index.ts'
import { freePort } from '../../support/free-port.ts'
import { register } from './support/caller.ts'
import { reply, sdp, UdpPeer } from './support/peer.ts'
import {
  device,
  Heard,
  noteLog,
  type Rig,
  startRig,
  startServer,
  systemClock,
  trunk,
} from './support/rig.ts'

const options = (port: number, secret: string): SipOptions => ({
  control: { host: '127.0.0.1', port, secret },
  realm: 'r',
  publicAddress: '127.0.0.1',
  devices: { byUsername: async () => undefined },
  registrations: { save: async () => {}, remove: async () => {}, all: async () => [] },
  trunks: async () => [],
  clock: systemClock,
  ids: { uuid: () => randomUUID() },
  log: noteLog([]),
  connectWithinMs: 500,
})

describe('startSip', () => {
  it('rejects in one line when the secret is wrong', async () => {
    const server = await startServer()
    const patient = { ...options(server.controlPort, 'wrong'), connectWithinMs: 30_000 }
    await expect(startSip(patient, new Heard())).rejects.toThrow(
      `SIP control connection to 127.0.0.1:${server.controlPort}: failed to authenticate to server`,
    )
    await server.close()
  })

  it('rejects when nobody listens there', async () => {
    const port = await freePort()
    await expect(startSip(options(port, 'loop'), new Heard())).rejects.toThrow(
      'no answer within 0.5 s',
    )
  })

  it('rejects when somebody else listens there', async () => {
    const mute = createServer()
    await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done))
    const address = mute.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    await expect(startSip(options(port, 'loop'), new Heard())).rejects.toThrow(
      'no answer within 0.5 s',
    )
    mute.close()
  })
})

describe('a lost control connection', () => {
  let rig: Rig
  const peers: UdpPeer[] = []
  const open = async (): Promise<UdpPeer> => {
    const peer = await UdpPeer.open(rig.sipPort)
    peers.push(peer)
    return peer
  }
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close()
    await rig.close()
  })

  it('rejects what was ringing, keeps what was up until the server denies it, and works again', async () => {
    rig = await startRig()
    const peer = await open()
    const target = { kind: 'trunk', trunk: trunk(peer.port), number: '+61400000001' } as const
    rig.call(target)
    const first = await peer.expect('INVITE')
    peer.send(reply(first, 200, { body: sdp(), contact: peer.contact }))
    await rig.heard.next('answered')
    rig.call(target)
    await peer.expect('INVITE')
    await rig.stopServer()
    await rig.heard.next('rejected 503')
    expect(rig.sip.ready()).toBe(false)
    expect(rig.sip.counts().legs).toBe(1)
    rig.call(target)
    await rig.heard.next('rejected 503')

    await rig.restartServer()
    await rig.heard.next('remoteHangup control connection lost')
    expect(rig.sip.ready()).toBe(true)
    await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
    const again = await open()
    rig.devices.push(device('alice', 'right'))
    const login = { username: 'alice', password: 'right' }
    expect((await register(again, rig.sipPort, login)).status).toBe(200)
    rig.call({ kind: 'device', deviceId: rig.devices[0]!.id })
    await again.expect('INVITE')
  })
})

describe('close', () => {
  it('hangs up, refuses, cancels, and can be called twice', async () => {
    const rig = await startRig()
    const peer = await UdpPeer.open(rig.sipPort)
    const target = { kind: 'trunk', trunk: trunk(peer.port), number: '+61400000001' } as const
    rig.call(target)
    const up = await peer.expect('INVITE')
    peer.send(reply(up, 200, { body: sdp(), contact: peer.contact }))
    await rig.heard.next('answered')
    rig.call(target)
    peer.send(reply(await peer.expect('INVITE'), 180))
    await rig.heard.next('progress')
    const closing = rig.sip.close()
    expect(rig.sip.close()).toBe(closing)
    await Promise.all([peer.expect('BYE'), peer.expect('CANCEL')])
    await closing
    expect(rig.sip.ready()).toBe(false)
    await rig.close()
    peer.close()
  })
})
