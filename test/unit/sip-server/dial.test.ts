/** Applications that wait for calls: the server connects to them, once for each new request. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { SipServer } from '../../../engine/sip-server/index.ts'
import { readFlags } from '../../../engine/sip-server/standalone-flags.ts'
import { type Dialog, Srf } from '../../support/drachtio/srf.ts'
import { freePort } from '../../support/free-port.ts'
import { RawPeer, secret, startLab, until } from './lab.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const start = async (port: number, more = {}): Promise<{ server: SipServer; peer: RawPeer }> => {
  const server = await startLab({ application: { host: '127.0.0.1', port }, ...more })
  closers.push(() => server.close())
  const peer = await RawPeer.open(server)
  closers.push(() => peer.close())
  return { server, peer }
}

/** An application that takes connections and says nothing by itself. */
const mute = async (port: number): Promise<{ sockets: Socket[]; text: () => string }> => {
  const sockets: Socket[] = []
  let text = ''
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, text: () => text }
}

const framed = (payload: string): string => `${Buffer.byteLength(payload)}#${payload}`

test('a call with drachtio-srf that listens: each call has its connection', async () => {
  const port = await freePort()
  const srf = new Srf()
  srf.on('error', () => undefined)
  const dialogs: Dialog[] = []
  let ended = 0
  srf.invite((req, res) => {
    srf.createUAS(req, res, { localSdp: 'v=0\r\n' }, (_error, dialog) => {
      if (dialog === undefined) return
      dialogs.push(dialog)
      dialog.on('destroy', () => {
        ended++
        srf.endSession(req)
      })
    })
  })
  await new Promise<void>((resolve) => {
    srf.listen({ host: '127.0.0.1', port, secret }, resolve)
  })
  closers.push(() => srf.close?.(() => undefined))
  const { server, peer } = await start(port)
  for (const id of ['one', 'two']) {
    peer.send(peer.request('INVITE', id))
    const to = (await peer.final('INVITE')).header('to') ?? ''
    peer.send(peer.request('ACK', id, { to }))
    await until(() => dialogs.length === (id === 'one' ? 1 : 2))
    if (id === 'two') expect(server.stats()).toMatchObject({ applications: 2, dialogs: 2 })
  }
  for (const [index, id] of ['one', 'two'].entries()) {
    const to = `<sip:bob@127.0.0.1>;tag=${dialogs[index]?.sip.localTag}`
    peer.send(peer.request('BYE', id, { to, seq: 2 }))
    expect((await peer.final('BYE')).status).toBe(200)
  }
  await until(() => ended === 2 && server.stats().applications === 0)
  expect(server.stats()).toMatchObject({ dialogs: 0, inbound: 0 })
})

test('nobody waits there: 480', async () => {
  const { peer } = await start(await freePort())
  peer.send(peer.request('INVITE', 'a'))
  expect((await peer.final('INVITE')).status).toBe(480)
  peer.send(peer.request('OPTIONS', 'b'))
  expect((await peer.final('OPTIONS')).status).toBe(480)
})

test.each([
  ['a wrong secret', framed('x|authenticate|wrong|')],
  ['another command first', framed('x|ping')],
  ['what is no frame', 'hello'],
])('who answers with %s: 480', async (_title, says) => {
  const port = await freePort()
  const app = await mute(port)
  const { server, peer } = await start(port)
  peer.send(peer.request('INVITE', 'a'))
  await until(() => app.sockets.length === 1)
  app.sockets[0]?.write(says)
  expect((await peer.final('INVITE')).status).toBe(480)
  await until(() => server.stats().applications === 0)
})

test('who says nothing: 480 after a while', async () => {
  const port = await freePort()
  await mute(port)
  const { peer } = await start(port, { timers: { authenticateMs: 50 } })
  peer.send(peer.request('MESSAGE', 'a'))
  expect((await peer.final('MESSAGE')).status).toBe(480)
})

test('given up before the application is there: 487, and its connection is closed', async () => {
  const port = await freePort()
  const app = await mute(port)
  const { server, peer } = await start(port)
  peer.send(peer.request('INVITE', 'a', { branch: 'z9hG4bKgone' }))
  await until(() => app.sockets.length === 1)
  // a copy on another way is no second call
  peer.send(peer.request('INVITE', 'a', { branch: 'z9hG4bKcopy' }))
  expect((await peer.final('INVITE')).status).toBe(482)
  peer.send(peer.request('CANCEL', 'a', { branch: 'z9hG4bKgone' }))
  expect((await peer.final('CANCEL')).status).toBe(200)
  expect((await peer.final('INVITE')).status).toBe(487)
  app.sockets[0]?.write(framed(`x|authenticate|${secret}|`))
  await until(() => server.stats().applications === 0)
  expect(app.text()).not.toContain('INVITE')
})

test('a request of a dialog that nobody knows needs no application: 481', async () => {
  const port = await freePort()
  const app = await mute(port)
  const { peer } = await start(port)
  peer.send(peer.request('INFO', 'a', { to: '<sip:b@h>;tag=gone' }))
  expect((await peer.final('INFO')).status).toBe(481)
  expect(app.sockets).toEqual([])
})

test('by flag', () => {
  const flags = (handler: string) => readFlags(['--http-handler', handler])
  expect(flags('tcp://[::1]:3050').application).toEqual({ host: '::1', port: 3050 })
  expect(() => flags('http://127.0.0.1')).toThrow('--http-handler is not tcp://host:port')
  expect(() => flags('tcp://127.0.0.1:65536')).toThrow('--http-handler is not tcp://host:port')
})
