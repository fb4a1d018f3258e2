/** Two trunks of a real engine: the first says nothing, the second takes the call. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reply, sdp, UdpPeer } from '../loop/sip/support/peer.ts'
import { type EngineProcess, type Json, startEngine } from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'

let engine: EngineProcess
let silent: UdpPeer
let good: UdpPeer
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_LAB: 'on' })
  silent = await UdpPeer.open(engine.sipPort)
  good = await UdpPeer.open(engine.sipPort)
  for (const [name, port, priority] of [
    ['silent', silent.port, 1],
    ['good', good.port, 2],
  ] as const) {
    const trunk = { name, host: '127.0.0.1', port, priority, max_calls: 1, prefixes: ['+614'] }
    const { status } = await engine.send('POST', '/v1/voice/trunks', trunk)
    expect(status).toBe(201)
  }
})
afterAll(async () => {
  silent.close()
  good.close()
  await engine.stop()
  engine.removeData()
})

const invites = (peer: UdpPeer) => peer.all.filter(({ method }) => method === 'INVITE').length
const place = async (): Promise<{ status: number; body: Json }> =>
  engine.send('POST', '/v1/voice/calls', { to: '+61400000001', from: '+15005550100' })
const get = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body

// Silence is told after 32 s by a server that does not show 100 Trying.
test.skipIf(sipServerIsSeparate)(
  'the call goes on, a late answer of the first is hung up, and both have room after it',
  async () => {
    const { body } = await place()
    const first = await silent.expect('INVITE')
    // Sooner than the 32 s after which silence alone ends an INVITE (timer B).
    const second = await good.expect('INVITE')
    const before = invites(silent)
    good.send(reply(second, 180))
    await expect.poll(async () => (await get(body.id)).status).toBe('ringing')
    // the first one's person takes it now
    silent.send(reply(first, 200, { body: sdp(4002), contact: silent.contact }))
    await silent.expect('ACK')
    silent.send(reply(await silent.expect('BYE'), 200))
    expect((await get(body.id)).status).toBe('ringing')
    good.send(reply(second, 200, { body: sdp(4004), contact: good.contact }))
    await good.expect('ACK')
    await expect.poll(async () => (await get(body.id)).status).toBe('in-progress')
    expect(invites(silent)).toBe(before)
    // one has the call, the other has room
    const other = await place()
    const third = await silent.expect(
      (message) =>
        message.method === 'INVITE' && message.headers['call-id'] !== first.headers['call-id'],
    )
    silent.send(reply(third, 486))
    await expect.poll(async () => (await get(other.body.id)).status).toBe('busy')
    await engine.send('DELETE', `/v1/voice/calls/${body.id}`)
    good.send(reply(await good.expect('BYE'), 200))
    await expect.poll(async () => (await get(body.id)).status).toBe('completed')
    const again = await place()
    expect(again.status).toBe(201)
    await engine.send('DELETE', `/v1/voice/calls/${again.body.id}`)
    await expect.poll(async () => (await get(again.body.id)).status).toBe('canceled')
  },
)
