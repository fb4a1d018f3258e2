/** What a device's page is told while phones of a real engine register, ring, talk and hang up. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorize } from '../loop/sip/support/caller.ts'
import { parse, sdp } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'
import { WsPhone } from '../support/ws-phone.ts'

/** A server that is not ours to start has no place at /sip. */
const embeddedOnly = test.skipIf(sipServerIsSeparate)

let engine: EngineProcess
let phone: WsPhone | undefined
let stopped = false
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  phone?.close()
  if (!stopped) await engine.stop()
  engine.removeData()
})

const page = '/v1/voice/devices/1001'
async function token(): Promise<string> {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const { password } = logins.devices.find((one: Json) => one.username === '1001')
  const authorization = `Basic ${Buffer.from(`1001:${password}`).toString('base64')}`
  const url = `${engine.httpUrl}${page}/tokens`
  const answer = await fetch(url, { method: 'POST', headers: { authorization } })
  return ((await answer.json()) as Json).token
}

/** Registers 1002 on a WebSocket, with a token that the API key gets. */
async function registered(): Promise<WsPhone> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find((one: Json) => one.username === '1002')
  // this one speaks RTP, on a WebSocket too
  await engine.send('PATCH', `/v1/voice/devices/${id}`, { webrtc: 'never' })
  const { body } = await engine.send('POST', '/v1/voice/devices/1002/tokens')
  const one = await WsPhone.open(`ws://127.0.0.1:${engine.httpPort}/sip`)
  const parts = { user: '1002', to: '<sip:1002@127.0.0.1>' }
  one.send(one.request('REGISTER', 'reg', { ...parts, fields: ['Expires: 60'] }))
  await one.final('REGISTER')
  const login = { username: body.sip.authorization_username, password: body.sip.password }
  const proof = authorize(parse(one.raw.at(-1) ?? ''), 'REGISTER', 'sip:127.0.0.1', login)
  const fields = ['Expires: 60', `Authorization: ${proof}`]
  one.send(one.request('REGISTER', 'reg', { ...parts, seq: 2, fields }))
  expect((await one.final('REGISTER')).status).toBe(200)
  return one
}

embeddedOnly(
  'contacts, calls and the feed follow a phone through a call, and the feed tells of the restart',
  async () => {
    const headers = { authorization: `Bearer ${await token()}` }
    const get = async (path: string): Promise<Json> =>
      (await fetch(engine.httpUrl + path, { headers })).json()
    const presence = async () => (await get(`${page}/contacts`)).contacts[0].presence
    const feed = await fetch(`${engine.httpUrl}${page}/feed`, { headers })
    let heard = ''
    const all = feed.body?.pipeTo(
      new WritableStream<Uint8Array>({
        write: (bytes) => {
          heard += Buffer.from(bytes).toString()
        },
      }),
    )
    const hears = (name: string) => {
      heard = ''
      return () =>
        eventually(
          async () => heard,
          (text) => text.includes(`event: ${name}\n`),
        )
    }

    expect(await presence()).toBe('offline')
    const comes = hears('contacts')
    phone = await registered()
    await comes()
    expect(await presence()).toBe('available')

    const rings = hears('contacts')
    const call = { to: '1002', from: '+15005550100', verbs: [{ verb: 'pause', length: 30 }] }
    const { id } = (await engine.send('POST', '/v1/voice/calls', call)).body
    const invite = await phone.next(({ method }) => method === 'INVITE')
    phone.answer(invite, 180)
    await rings()
    await eventually(presence, (now) => now === 'ringing')
    phone.answer(invite, 200, { fields: ['Content-Type: application/sdp'], body: sdp(41_800) })
    await eventually(presence, (now) => now === 'busy')
    const own = (await engine.get('/v1/voice/devices/1002/calls')).body.calls
    expect(own).toMatchObject([{ id, direction: 'incoming', party: '+15005550100', outcome: null }])
    await engine.send('DELETE', `/v1/voice/calls/${id}`)
    const bye = await phone.next(({ method }) => method === 'BYE')
    phone.answer(bye, 200)
    await eventually(presence, (now) => now === 'available')
    const over = (await engine.get('/v1/voice/devices/1002/calls')).body.calls
    expect(over).toMatchObject([{ id, outcome: 'answered', sip_call_id: null }])
    expect((await get(`${page}/calls`)).calls).toEqual([])
    expect((await fetch(`${engine.httpUrl}/v1/voice/calls`, { headers })).status).toBe(403)

    const ends = hears('restarting')
    const exit = engine.stop()
    stopped = true
    await ends()
    expect(await exit).toBe(0)
    await all
  },
)
