/** Applications over TLS: the same bytes. */
import { type EventEmitter, once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import Srf from 'drachtio-srf'
import { afterEach, expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { readFlags } from '../../../engine/sip-server/standalone-flags.ts'
import { certificateFiles } from '../../support/certificate-files.ts'
import { RawPeer, secret, startLab, until } from './lab.ts'

/** What the library has and its typings do not. */
interface PlainSrf extends EventEmitter {
  options(handle: (request: object, response: { send(status: number): void }) => void): void
  connect(where: object): unknown
  disconnect(): void
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const start = async (timers = {}) => {
  const files = certificateFiles()
  closers.push(() => files.remove())
  const server = await startLab({ controlTls: { ...files, port: 0 }, timers })
  closers.push(() => server.close())
  return { server, files }
}
const dial = async (server: SipServer): Promise<TLSSocket> => {
  const where = { host: '127.0.0.1', port: server.controlTlsPort, rejectUnauthorized: false }
  const socket = connect(where)
  socket.on('error', () => undefined)
  closers.push(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

test('drachtio-srf with `tls` is served as without', async () => {
  const { server } = await start()
  const srf = new Srf() as unknown as PlainSrf
  closers.push(() => srf.disconnect())
  srf.options((_request, response) => response.send(200))
  const tls = { rejectUnauthorized: false }
  void srf.connect({ host: '127.0.0.1', port: server.controlTlsPort, secret, tls })
  await once(srf, 'connect')
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  // the route frame follows the greeting
  for (let n = 0; ; n++) {
    peer.send(peer.request('OPTIONS', `over-tls-${n}`))
    if ((await peer.final('OPTIONS')).status === 200) break
  }
  expect(server.stats().applications).toBe(1)
})
test('a wrong secret is refused, an application without TLS gets nowhere', async () => {
  const { server } = await start()
  const socket = await dial(server)
  let heard = ''
  socket.on('data', (bytes) => {
    heard += bytes.toString()
  })
  socket.write('22#1|authenticate|wrong|x')
  await until(() => socket.destroyed || socket.readableEnded)
  expect(heard).toContain('response|1|NO|incorrect secret')
  const plain = connectTcp(server.controlTlsPort, '127.0.0.1')
  plain.on('error', () => undefined)
  plain.write('22#1|authenticate|wrong|x')
  await once(plain, 'close')
  await until(() => server.stats().dropped.handshake === 1)
  expect(server.stats().applications).toBe(0)
})
test('a renewed certificate serves the next connection', async () => {
  const { server, files } = await start({ certificateMs: 10 })
  const before = (await dial(server)).getPeerCertificate().fingerprint256
  files.renew()
  let now = before
  while (now === before) now = (await dial(server)).getPeerCertificate().fingerprint256
  expect(now).not.toBe(before)
})
test('the end does not wait for handshakes', async () => {
  const { server } = await start()
  const mute = connectTcp(server.controlTlsPort, '127.0.0.1')
  mute.on('error', () => undefined)
  await once(mute, 'connect')
  await server.close()
})
test('flags', () => {
  const flags = '--tls-port 9023 --cert-file c.pem --key-file k.pem'
  expect(readFlags(flags.split(' '))).toMatchObject({
    controlTls: { port: 9023, certFile: 'c.pem', keyFile: 'k.pem' },
  })
  expect(() => readFlags(['--tls-port', '9023'])).toThrow(
    '--tls-port needs --cert-file and --key-file',
  )
})
