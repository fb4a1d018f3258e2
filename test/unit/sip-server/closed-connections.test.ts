/** Who registered on a connection that is closed: told once, to whoever wants to know. */
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { ConnectionPlace } from '../../../engine/sip-server/index.ts'
import { WsPhone } from '../../support/ws-phone.ts'
import { RawApp, startLab, until } from './lab.ts'
import { StreamPeer } from './stream-peer.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function lab() {
  const closed: ConnectionPlace[] = []
  const server = await startLab({
    ws: { port: 0 },
    connectionClosed: (place) => closed.push(place),
  })
  const app = await RawApp.open(server)
  closers.push(
    () => server.close(),
    () => app.close(),
  )
  await app.route('register', 'options')
  return { server, app, closed }
}
type Lab = Awaited<ReturnType<typeof lab>>

const browserOf = ({ server }: Lab): Promise<WsPhone> =>
  WsPhone.open(`ws://127.0.0.1:${server.wsPort}/`)
const handsetOf = ({ server }: Lab): Promise<StreamPeer> =>
  StreamPeer.open(connect(server.sipPort, '127.0.0.1'), 'TCP')

const field = (frame: string, index: number): string =>
  frame.split('\r\n', 1)[0]!.split('|')[index]!
const asked = async ({ app }: Lab, method: string): Promise<string> =>
  app.next((frame) => frame.startsWith('sip|network') && frame.includes(`\r\n${method} `))

/** Says yes to the REGISTER in the frame. */
function accept({ app }: Lab, frame: string, contact: string, expiresS = 60): void {
  const granted = `Contact: <${contact}>;expires=${expiresS}`
  app.send(`r|sip|${field(frame, 7)}|\r\nSIP/2.0 200 OK\r\n${granted}\r\n\r\n`)
}
async function register(the: Lab, phone: WsPhone | StreamPeer): Promise<number> {
  phone.send(phone.request('REGISTER', 'reg', { fields: ['Expires: 60'] }))
  const frame = await asked(the, 'REGISTER')
  accept(the, frame, phone.contact)
  await phone.final('REGISTER')
  return Number(field(frame, 5))
}
/** Something that comes after all that happened before. */
async function later({ server }: Lab): Promise<void> {
  await until(() => server.stats().tcpConnections === 0)
}

test('a WebSocket and a TCP connection: once each, with the place that frames name', async () => {
  const the = await lab()
  const [browser, handset] = [await browserOf(the), await handsetOf(the)]
  const ports = [await register(the, browser), await register(the, handset)]
  browser.close()
  handset.socket.destroy()
  await later(the)
  const [ws, tcp] = ports.map((port) => ({ address: '127.0.0.1', port }))
  expect(the.closed).toHaveLength(2)
  expect(the.closed).toEqual(
    expect.arrayContaining([
      { protocol: 'ws', ...ws },
      { protocol: 'tcp', ...tcp },
    ]),
  )
})

test('nobody registered on it: nothing is told', async () => {
  const the = await lab()
  const handset = await handsetOf(the)
  handset.send(handset.request('OPTIONS', 'ask'))
  await asked(the, 'OPTIONS')
  handset.socket.destroy()
  await later(the)
  expect(the.closed).toEqual([])
})

test('closed before the application has answered: told once it has', async () => {
  const the = await lab()
  const browser = await browserOf(the)
  browser.send(browser.request('REGISTER', 'reg', { fields: ['Expires: 60'] }))
  const frame = await asked(the, 'REGISTER')
  browser.close()
  await later(the)
  expect(the.closed).toEqual([])
  accept(the, frame, browser.contact)
  await until(() => the.closed.length > 0)
  expect(the.closed).toEqual([
    { protocol: 'ws', address: '127.0.0.1', port: Number(field(frame, 5)) },
  ])
})

test('an end of our own is none of theirs', async () => {
  const the = await lab()
  await register(the, await browserOf(the))
  await register(the, await handsetOf(the))
  await the.server.close()
  expect(the.closed).toEqual([])
})
