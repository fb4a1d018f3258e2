/** Nothing that anybody sends makes the server throw, grow or fall silent. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  parseAddress,
  parseMessage,
  parseUri,
  parseVia,
  type SipServer,
  splitList,
} from '../../../engine/sip-server/index.ts'
import { refusalOf } from '../../../engine/sip-server/message/check.ts'
import { param, withoutParam } from '../../../engine/sip-server/message/params.ts'
import fc from '../../support/property.ts'
import { RawApp, RawPeer, startLab } from './lab.ts'

const valid = (method: string): string =>
  [
    `${method} sip:bob@127.0.0.1 SIP/2.0`,
    'Via: SIP/2.0/UDP 127.0.0.1:5066;branch=z9hG4bKq',
    'Max-Forwards: 70',
    'From: "A" <sip:alice@127.0.0.1>;tag=a',
    'To: <sip:bob@127.0.0.1>',
    `Call-ID: fuzz`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:alice@127.0.0.1:5066>',
    'Supported: 100rel, timer',
    'Session-Expires: 90;refresher=uac',
    'Route: <sip:127.0.0.1;lr>',
    'Content-Length: 4',
    '',
    'v=0\r',
  ].join('\r\n')

/** A valid message with a piece cut out, doubled or overwritten. */
const mutated = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      text: fc.constantFrom(...texts),
      from: fc.nat(500),
      length: fc.nat(40),
      put: fc.oneof(
        fc.string({ maxLength: 20, unit: 'binary-ascii' }),
        fc.constantFrom('', '\r\n', ';;', '<', '"', '\0', ',', '\r\n ', '99999999999', ':'),
      ),
    })
    .map(({ text, from, length, put }) => {
      const at = from % (text.length + 1)
      return text.slice(0, at) + put + text.slice(at + length)
    })

const methods = ['INVITE', 'OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'PRACK', 'SUBSCRIBE']
const anyMessage = mutated(methods.map(valid))

test('the parser reads or refuses, never throws, and keeps the text', () => {
  fc.assert(
    fc.property(fc.oneof(anyMessage, fc.string({ unit: 'binary-ascii' })), (text) => {
      const message = parseMessage(text)
      if (message === undefined) return
      refusalOf(message)
      for (const key of ['via', 'from', 'to', 'contact', 'route', 'x']) {
        message.list(key)
        message.withFirst(key, 'changed')
        message.withoutFirst(key)
      }
      void [message.via, message.cseq, message.fromTag, message.toTag, message.body]
      expect(message.bodyAt).toBeLessThanOrEqual(message.text.length)
      expect(parseMessage(message.text)?.text).toBe(message.text)
    }),
    { numRuns: 2000 },
  )
})

test('neither do the readers of single values', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80, unit: 'binary-ascii' }), (text) => {
      parseAddress(text)
      parseUri(`sip:${text}`)
      parseVia(`SIP/2.0/UDP ${text}`)
      expect(splitList(text).length).toBeGreaterThan(0)
      param(text, 'tag')
      expect(param(withoutParam(text, 'tag'), 'tag')).toBeUndefined()
    }),
    { numRuns: 2000 },
  )
})

test('long hostile values take no long time', () => {
  const hostile = ['"', '<', ';', ',', '\\"', ' ', '(', '@', ';a='].map((c) => c.repeat(30_000))
  const before = process.cpuUsage()
  for (const text of hostile) {
    parseAddress(text)
    parseUri(`sip:${text}`)
    parseVia(`SIP/2.0/UDP ${text}`)
    splitList(text)
    param(text, 'tag')
    const message = parseMessage(valid('OPTIONS').replace('"A"', text))
    if (message !== undefined) refusalOf(message)
  }
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1500)
})

let server: SipServer
let peer: RawPeer
beforeAll(async () => {
  server = await startLab({ timers: { t1Ms: 1, t2Ms: 4, t4Ms: 5 } })
  peer = await RawPeer.open(server)
})
afterAll(async () => {
  peer.close()
  await server.close()
})

/** A good request is still answered. */
const alive = async (id: string): Promise<void> => {
  peer.send(peer.request('BYE', id, { to: '<sip:x@h>;tag=none' }))
  expect((await peer.next((m) => m.callId === id)).status).toBe(481)
}

test('garbage on UDP is answered or dropped and counted', async () => {
  const texts = fc.sample(fc.oneof(anyMessage, fc.string({ unit: 'binary-ascii' })), 500)
  for (const [index, text] of texts.entries()) {
    peer.send(Buffer.from(text, 'latin1'))
    if (index % 50 === 49) await alive(`udp${index}`)
  }
  const { dropped } = server.stats()
  expect(dropped.garbage + dropped.badRequest + dropped.noVia).toBeGreaterThan(0)
})

test('garbage on TCP closes at most that connection', async () => {
  const texts = fc.sample(fc.oneof(anyMessage, fc.string({ unit: 'binary-ascii' })), 60)
  for (const text of texts) {
    const socket = connect(server.sipPort, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.end(Buffer.from(text, 'latin1'))
  }
  await alive('tcp')
})

test('garbage in control frames closes at most that connection', async () => {
  const ids = ['sip||', 'sip|x|', 'sip||d', 'proxy|x|a|b|c|serial|1|2|sip:h', 'route|', 'ping']
  const payloads = ids.map(
    (id) => `m|${id}\r\n${valid('INVITE').replace('bob@', 'bob@127.0.0.1:9;')}`,
  )
  for (const payload of fc.sample(mutated(payloads), 200)) {
    const app = await RawApp.open(server)
    app.send(payload)
    app.send('p|ping')
    await app.answer('p').catch(() => undefined)
    app.close()
  }
  const app = await RawApp.open(server)
  app.send('still|ping')
  expect(await app.answer('still')).toBe('response|still|OK|pong')
  app.close()
  await alive('control')
  expect(server.stats().faults).toBe(0)
})
