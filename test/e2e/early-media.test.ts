/** What is heard before an answer, both ways, by tones; whole engine, phones and a trunk of our own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { reply, UdpPeer } from '../loop/sip/support/peer.ts'
import { RtpPeer } from '../media/rtp-peer.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
import { toneMs, toneOf } from '../support/tone-times.ts'

const behindTrunk = '+61399990001'

let engine: EngineProcess
let alice: DeskPhone
let trunk: UdpPeer
let carrier: RtpPeer
beforeAll(async () => {
  engine = await startEngine()
  trunk = await UdpPeer.open(engine.sipPort)
  carrier = await RtpPeer.open()
  const host = { name: 'carrier', host: '127.0.0.1', port: trunk.port, prefixes: ['+6139999'] }
  expect((await engine.send('POST', '/v1/voice/trunks', host)).status).toBe(201)
  const login = { username: 'alice', password: 'password-of-alice' }
  expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
  alice = await DeskPhone.open(engine.sipPort, login)
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  alice?.close()
  trunk?.close()
  carrier?.close()
  await engine?.stop()
  engine?.removeData()
})

async function numberFor(number: string, route: object): Promise<string> {
  const answer = await engine.send('POST', '/v1/voice/numbers', { number, route })
  expect(answer).toMatchObject({ status: 201 })
  return number
}

describe('before the answer', () => {
  test('the caller hears whom he is put through to, and is heard', async () => {
    const number = await numberFor('+61290000001', { number: behindTrunk })
    const call = await alice.invite(number)
    const invite = await trunk.expect('INVITE')
    expect(invite.headers['diversion']).toMatch(
      /^<sip:\+61290000001@.*>;reason=unconditional;counter=1$/,
    )
    expect(invite.headers['history-info']).toContain('index=1.1')
    expect(Number(invite.headers['max-forwards'])).toBeLessThan(70)
    carrier.aim(invite.body)
    const { contact } = trunk
    trunk.send(reply(invite, 183, { contact, body: carrier.sdp() }))
    alice.audio.aim((await alice.sip.expect(183)).body)
    await Promise.all([carrier.talk(toneOf(440, 2)), alice.audio.talk(toneOf(620, 2))])
    expect(toneMs(alice.audio.heard(), 440)).toBeGreaterThan(1_000)
    expect(toneMs(carrier.heard(), 620)).toBeGreaterThan(1_000)
    expect(
      alice.sip.all.some(({ status, headers }) => {
        return status === 200 && headers['cseq']?.endsWith('INVITE')
      }),
    ).toBe(false)
    trunk.send(reply(invite, 200, { contact, body: carrier.sdp() }))
    expect(await call.final()).toBe(200)
    await trunk.expect('ACK')
    const before = toneMs(alice.audio.heard(), 440)
    await carrier.talk(toneOf(440, 1))
    expect(toneMs(alice.audio.heard(), 440) - before).toBeGreaterThan(400)
    await call.hangUp()
    trunk.send(reply(await trunk.expect('BYE'), 200))
  })

  test('a program speaks to a caller whom it then declines', async () => {
    const verbs = [
      { verb: 'say', text: 'We are closed today. Please call again.', answer: false },
      { verb: 'reject', sip_status: 486 },
    ]
    const call = await alice.invite(await numberFor('+61290000002', { verbs }))
    alice.audio.received.length = 0
    alice.audio.aim((await alice.sip.expect(183)).body)
    expect(await call.final()).toBe(486)
    const heard = alice.audio.heard()
    expect(heard.length).toBeGreaterThan(8_000)
    expect(rmsDbfs(heard)).toBeGreaterThan(-50)
  })
})
