/** Message lamps and texts on the wire: SUBSCRIBE, NOTIFY and MESSAGE through the embedded server. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noMessages } from '../../../engine/core/ports/mailbox.ts'
import { authorize, Caller, register } from './support/caller.ts'
import { type Message, type Peer, reply, TcpPeer, UdpPeer } from './support/peer.ts'
import { device, type Rig, startRig } from './support/rig.ts'

const alice = { username: 'alice', password: 'right' }
let counts = noMessages
let rig: Rig
const open: { close(): void }[] = []
beforeEach(async () => {
  counts = { ...noMessages, new: 1, old: 4 }
  rig = await startRig({ mailboxes: { counts: async () => counts } })
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

const asAlice = (peer: Peer) => {
  const caller = new Caller(peer, { from: 'sip:alice@a', to: 'sip:alice@a' })
  const uri = `sip:alice@127.0.0.1:${rig.sipPort}`
  const subscribe = async (expires: string, at = uri): Promise<Message> => {
    const headers: [string, string][] = [
      ['Event', 'message-summary'],
      ['Accept', 'application/simple-message-summary'],
      ['Expires', expires],
    ]
    caller.request('SUBSCRIBE', { uri: at, headers })
    const authorization = authorize(await peer.expect(401), 'SUBSCRIBE', at, alice)
    caller.request('SUBSCRIBE', {
      uri: at,
      headers: [...headers, ['Authorization', authorization]],
    })
    return peer.expect((message) => (message.status ?? 0) >= 200)
  }
  return { caller, subscribe }
}

const notified = async (peer: Peer): Promise<Message> => {
  const notify = await peer.expect('NOTIFY')
  peer.send(reply(notify, 200))
  return notify
}

describe('a message lamp', () => {
  it.each([
    ['UDP', udp],
    ['TCP', tcp],
  ])('over %s: on, off after a refresh, and no more', async (_transport, connect) => {
    const peer = await connect()
    const { caller, subscribe } = asAlice(peer)
    const ok = await subscribe('600')
    expect(ok).toMatchObject({ status: 200, headers: { expires: '600' } })
    caller.learn(ok)
    const first = await notified(peer)
    expect(first.headers).toMatchObject({
      event: 'message-summary',
      'subscription-state': 'active;expires=600',
      'content-type': 'application/simple-message-summary',
      'call-id': caller.callId,
    })
    expect(first.body).toContain('Messages-Waiting: yes\r\n')
    expect(first.body).toContain('Voice-Message: 1/4 (0/0)\r\n')

    counts = { ...noMessages, old: 5 }
    rig.sip.mailboxChanged(rig.devices[0]!.id, 'alice')
    expect((await notified(peer)).body).toContain('Messages-Waiting: no\r\n')

    const target = /<([^>]*)>/.exec(ok.headers['contact'] ?? '')?.[1]
    expect((await subscribe('0', target)).status).toBe(200)
    expect((await notified(peer)).headers['subscription-state']).toBe('terminated;reason=timeout')
    await expect.poll(() => rig.sip.counts().dialogs).toBe(0)
    expect((await subscribeAgain(peer, caller, target)).status).toBe(481)
  })

  it('of a phone that only registered is told out of the blue', async () => {
    const peer = await udp()
    await register(peer, rig.sipPort, alice)
    rig.sip.mailboxChanged(rig.devices[0]!.id, 'alice')
    const notify = await notified(peer)
    expect(notify.headers['to']).not.toContain('tag=')
    expect(notify.body).toContain('Voice-Message: 1/4')
  })

  it('ends with a restart of the SIP server, and the phone is told when it asks', async () => {
    const peer = await udp()
    const { caller, subscribe } = asAlice(peer)
    caller.learn(await subscribe('600'))
    await notified(peer)
    expect(rig.sip.counts().dialogs).toBe(1)
    await rig.stopServer()
    await rig.restartServer()
    await expect.poll(() => rig.sip.ready()).toBe(true)
    await expect.poll(() => rig.sip.counts().dialogs).toBe(0)
  })
})

/** A refresh of what is over: no credentials are asked for. */
async function subscribeAgain(peer: Peer, caller: Caller, uri: string | undefined) {
  caller.request('SUBSCRIBE', {
    ...(uri === undefined ? {} : { uri }),
    headers: [['Event', 'message-summary']],
  })
  return peer.expect((message) => (message.status ?? 0) >= 200)
}

describe('a text', () => {
  it('of a device arrives as it was written', async () => {
    const peer = await udp()
    const caller = new Caller(peer, { from: 'sip:alice@a', to: 'sip:1002@a' })
    const uri = `sip:1002@127.0.0.1:${rig.sipPort}`
    const text = { uri, body: 'Grüße, 你好', type: 'text/plain;charset=UTF-8' }
    caller.request('MESSAGE', text)
    const authorization = authorize(await peer.expect(401), 'MESSAGE', uri, alice)
    caller.request('MESSAGE', { ...text, headers: [['Authorization', authorization]] })
    expect((await peer.expect((one) => (one.status ?? 0) >= 200)).status).toBe(200)
    expect(await rig.heard.next('message')).toBe('message alice 1002 Grüße, 你好')
  })

  it('to a device goes to its connection', async () => {
    const peer = await tcp()
    await register(peer, rig.sipPort, alice)
    const outcome = rig.sip.message(rig.devices[0]!.id, {
      ...{ from: '1002', fromName: null, to: 'alice', text: 'Grüße' },
    })
    const message = await peer.expect('MESSAGE')
    expect(message.body).toBe('Grüße')
    expect(message.headers).toMatchObject({ 'content-length': '7' })
    peer.send(reply(message, 200))
    expect(await outcome).toEqual({ sipStatus: 200 })
  })
})
