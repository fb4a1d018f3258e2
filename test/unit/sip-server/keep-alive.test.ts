/** What keeps ways through NATs open (RFC 5626 section 4.4). */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { isStun, stunAnswer } from '../../../engine/sip-server/transport/stun.ts'
import { RawApp, RawPeer, startLab, until } from './lab.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
const start = async (): Promise<SipServer> => {
  const server = await startLab()
  closers.push(() => server.close())
  return server
}

const hex = (number: number): string => number.toString(16).padStart(4, '0')
const binding = Buffer.from('000100002112a4420102030405060708090a0b0c', 'hex')

describe('STUN', () => {
  test.each([
    // RFC 5769 section 2.2 has the first address
    ['192.0.2.1', 32_853, 'e112a643', 'a147'],
    ['2001:db8::1', 5060, '0113a9fa0102030405060708090a0b0d', '32d6'],
  ])('%s is told as itself, disguised', (address, port, mapped, disguised) => {
    const answer = stunAnswer(binding, { address, port })
    const bytes = mapped.length / 2
    expect(answer?.toString('hex')).toBe(
      [
        `0101${hex(8 + bytes)}`,
        binding.subarray(4).toString('hex'),
        `0020${hex(4 + bytes)}`,
        bytes === 4 ? '0001' : '0002',
        disguised,
        mapped,
      ].join(''),
    )
  })
  test.each([
    ['an indication', '001100002112a4420102030405060708090a0b0c'],
    ['an answer', '010100002112a4420102030405060708090a0b0c'],
    ['another cookie', '000100002112a4430102030405060708090a0b0c'],
    ['another length than it says', '000100042112a4420102030405060708090a0b0c'],
  ])('%s gets no answer', (_title, text) => {
    const bytes = Buffer.from(text, 'hex')
    expect(isStun(bytes)).toBe(true)
    expect(stunAnswer(bytes, { address: '192.0.2.1', port: 1 })).toBeUndefined()
  })
  test.each(['OPTIONS sip:x SIP/2.0\r\n', '\r\n\r\n'])('%j is SIP', (text) => {
    expect(isStun(Buffer.from(text))).toBe(false)
  })
  test('on the SIP port, beside SIP; what is neither is counted', async () => {
    const server = await start()
    const phone = createSocket('udp4')
    closers.push(() => phone.close())
    phone.send(binding, server.sipPort, '127.0.0.1')
    const [answer] = (await once(phone, 'message')) as [Buffer]
    const { port } = phone.address()
    expect(answer).toEqual(stunAnswer(binding, { address: '127.0.0.1', port }))
    phone.send(Buffer.alloc(64), server.sipPort, '127.0.0.1')
    await until(() => server.stats().dropped.garbage === 1)
    const peer = await RawPeer.open(server)
    closers.push(() => peer.close())
    peer.send(peer.request('OPTIONS', 'after'))
    expect((await peer.final('OPTIONS')).status).toBe(503)
  })
})

test('double CRLF on a connection is answered by CRLF, a single one by nothing', async () => {
  const server = await start()
  const phone = connect(server.sipPort, '127.0.0.1')
  closers.push(() => phone.destroy())
  let heard = ''
  phone.on('data', (bytes) => {
    heard += bytes.toString()
  })
  phone.write('\r\n')
  phone.write('\r\n\r\n')
  await until(() => heard.length > 0)
  phone.write('\r\n\r\n\r\n\r\n')
  await until(() => heard.length >= 6)
  expect(heard).toBe('\r\n\r\n\r\n')
})

describe('a phone on a connection that answers no request', () => {
  const registered = async () => {
    const server = await startLab({ timers: { t1Ms: 10 } })
    closers.push(() => server.close())
    const app = await RawApp.open(server)
    closers.push(() => app.close())
    await app.route('register')
    const phone = connect(server.sipPort, '127.0.0.1').resume()
    closers.push(() => phone.destroy())
    const fields = ['From: <sip:a@h>;tag=1', 'To: <sip:a@h>', 'Call-ID: r', 'CSeq: 1 REGISTER']
    const via = 'Via: SIP/2.0/TCP 127.0.0.1:1;branch=z9hG4bKr'
    const more = [via, ...fields, 'Contact: <sip:a@127.0.0.1:1>', 'Content-Length: 0']
    phone.write(`${['REGISTER sip:h SIP/2.0', ...more].join('\r\n')}\r\n\r\n`)
    const shown = await app.next((frame) => frame.includes('\r\nREGISTER '))
    const txnId = shown.split('\r\n', 1)[0]?.split('|')[7]
    const ok = 'SIP/2.0 200 OK\r\nContact: <sip:a@127.0.0.1:1>;expires=60'
    app.send(`ok|sip|${txnId}|\r\n${ok}\r\n\r\n`)
    await app.answer('ok')
    const ask = async (): Promise<string> => {
      app.send('x|sip||\r\nOPTIONS sip:a@127.0.0.1:1 SIP/2.0\r\n\r\n')
      const answer = await app.next((frame) => frame.includes('\r\nSIP/2.0 4'))
      return answer.split('\r\n')[1] ?? ''
    }
    return { server, phone, ask }
  }
  test('nor says anything else: the connection is dead, and the next request fails at once', async () => {
    const { server, ask } = await registered()
    expect(await ask()).toBe('SIP/2.0 408 Request Timeout')
    await until(() => server.stats().tcpConnections === 0)
    expect(await ask()).toBe('SIP/2.0 430 Flow Failed')
  })
  test('but keeps its way open: so is the connection', async () => {
    const { server, phone, ask } = await registered()
    const pings = setInterval(() => phone.write('\r\n\r\n'), 50)
    closers.push(() => clearInterval(pings))
    expect(await ask()).toBe('SIP/2.0 408 Request Timeout')
    expect(await ask()).toBe('SIP/2.0 408 Request Timeout')
    expect(server.stats().tcpConnections).toBe(1)
  })
})
