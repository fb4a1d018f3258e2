import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type SipServer,
  startInWorker,
  type WireMessage,
} from '../../../engine/sip-server/index.ts'
import { TraceBatch, type WireBatch } from '../../../engine/sip-server/trace-batch.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { WsPhone } from '../../support/ws-phone.ts'
import { RawPeer, secret, startLab, until } from './lab.ts'

const place = { address: '192.0.2.1', port: 5060 }
const invite = 'INVITE sip:a SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n'
const register = 'REGISTER sip:a SIP/2.0\r\nAllow: REGISTER\r\nCSeq: 1 REGISTER\r\n\r\n'
const registered = 'SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n\r\n'

describe('batches', () => {
  const gather = (scope: 'calls' | 'all' = 'calls') => {
    const clock = new VirtualClock()
    const posted: WireBatch[] = []
    const batch = new TraceBatch(clock, scope, (one) => posted.push(one))
    const put = (text: string, times = 1) => {
      for (let n = 0; n < times; n++) batch.tap(true, 'udp', place, place, text)
    }
    const sizes = () => posted.map(({ messages }) => messages.length)
    return { clock, batch, posted, put, sizes }
  }

  test('a while of messages at a time', async () => {
    const { clock, posted, put, sizes } = gather()
    put(invite, 2)
    expect(posted).toEqual([])
    await clock.advance(20)
    expect(sizes()).toEqual([2])
    expect(posted[0]?.messages[0]?.slice(1)).toEqual([
      ...[true, 'udp', '192.0.2.1', 5060, '192.0.2.1', 5060],
      invite,
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  test('one batch under way, and bounded meanwhile', async () => {
    const { clock, batch, posted, put, sizes } = gather()
    put(invite)
    await clock.advance(20)
    put(invite, 10_000)
    await clock.advance(1000)
    expect(sizes()).toEqual([1])
    batch.taken()
    expect(sizes()).toEqual([1, 4000])
    expect(posted[1]?.lost).toBe(6000)
    batch.taken()
    put(invite)
    await clock.advance(20)
    expect(sizes()).toEqual([1, 4000, 1])
    expect(posted[2]?.lost).toBe(0)
  })

  test('bounded by bytes too', async () => {
    const { clock, posted, put } = gather()
    put(`${invite}${'x'.repeat(60_000)}`, 100)
    await clock.advance(20)
    const bytes = posted[0]?.messages.reduce((sum, message) => sum + message[7].length, 0) ?? 0
    expect(bytes).toBeGreaterThan(4_000_000)
    expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024)
  })

  test.each([
    ['calls', [invite]],
    ['all', [invite, register, registered]],
  ] as const)('%s', async (scope, expected) => {
    const { clock, posted, put } = gather(scope)
    for (const text of ['\r\n\r\n', invite, register, registered]) put(text)
    await clock.advance(20)
    expect(posted[0]?.messages.map((message) => message[7])).toEqual(expected)
  })
})

describe('the wire', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  const heard: string[] = []
  const open = async (): Promise<SipServer> => {
    heard.length = 0
    const server = await startLab({
      ws: { port: 0 },
      tap: (sent, protocol, local, remote, text) => {
        const what = text.startsWith('SIP/2.0 ') ? text.slice(8, 11) : text.split(' ', 1)[0]
        const [own, peer] = [local, remote].map(({ address, port }) => `${address}:${port}`)
        heard.push(`${protocol} ${own} ${sent ? '>' : '<'} ${peer} ${what}`)
      },
    })
    closers.push(() => server.close())
    return server
  }

  test('UDP: both ways, what is repeated too', async () => {
    const server = await open()
    const peer = await RawPeer.open(server)
    closers.push(() => peer.close())
    const request = peer.request('OPTIONS', 'one')
    for (let n = 0; n < 2; n++) {
      peer.send(request)
      await peer.final('OPTIONS')
    }
    const [own, its] = [`127.0.0.1:${server.sipPort}`, `127.0.0.1:${peer.port}`]
    const once = [`udp ${own} < ${its} OPTIONS`, `udp ${own} > ${its} 503`]
    expect(heard).toEqual([...once, ...once])
  })

  test('TCP: with the port of the connection', async () => {
    const server = await open()
    const socket = connect(server.sipPort, '127.0.0.1')
    closers.push(() => socket.destroy())
    await once(socket, 'connect')
    const lines = ['From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: one', 'CSeq: 1 OPTIONS']
    const via = 'Via: SIP/2.0/TCP 127.0.0.1:7;branch=z9hG4bK6'
    socket.write(['OPTIONS sip:b@h SIP/2.0', via, ...lines, 'l: 0', '', ''].join('\r\n'))
    await until(() => heard.length === 2)
    const [own, its] = [`127.0.0.1:${server.sipPort}`, `127.0.0.1:${socket.localPort}`]
    expect(heard).toEqual([`tcp ${own} < ${its} OPTIONS`, `tcp ${own} > ${its} 503`])
  })

  test('WebSocket', async () => {
    const server = await open()
    const phone = await WsPhone.open(`ws://127.0.0.1:${server.wsPort}`)
    closers.push(() => phone.close())
    phone.send(phone.request('OPTIONS', 'one'))
    await phone.final('OPTIONS')
    const ends = new RegExp(`^ws 127\\.0\\.0\\.1:${server.wsPort} [<>] 127\\.0\\.0\\.1:\\d+ `)
    expect(heard.map((line) => line.replace(ends, ''))).toEqual(['OPTIONS', '503'])
  })
})

test('from a thread of its own', async () => {
  const messages: WireMessage[] = []
  const server = await startInWorker({
    ...{ host: '127.0.0.1', port: 0, controlHost: '127.0.0.1', controlPort: 0, secret },
    transports: ['udp', 'tcp'],
    traced: { scope: 'calls', take: (batch) => messages.push(...batch.messages) },
  })
  const peer = await RawPeer.open(server as unknown as SipServer)
  for (const id of ['one', 'two']) {
    peer.send(peer.request('REGISTER', id))
    peer.send(peer.request('OPTIONS', id))
    await peer.final('OPTIONS')
    // the second batch needs the first one to be acknowledged
    await until(() => messages.length >= (id === 'one' ? 2 : 4))
  }
  const { port } = peer
  peer.close()
  await server.close()
  expect(messages.map(([, sent, protocol, , , , its]) => [sent, protocol, its])).toEqual(
    [false, true, false, true].map((sent) => [sent, 'udp', port]),
  )
})
