/** What a phone says of itself, and what of it a carrier hears; when the phone hears that it rings there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorize, Caller, type Login } from '../loop/sip/support/caller.ts'
import { type Message, reply, sdp, UdpPeer } from '../loop/sip/support/peer.ts'
import { type EngineProcess, type Json, startEngine } from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
import { peerAt } from '../support/loopback-peer.ts'

const number = '+12025550100'
let engine: EngineProcess
let trunk: UdpPeer
let login: Login
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_LAB: 'off', RINGDOWN_MAX_CALLS_PER_DEVICE: '2' })
  trunk = await peerAt('127.0.0.78', engine.sipPort)
  await engine.send('POST', '/v1/voice/trunks', {
    ...{ name: 'carrier', host: '127.0.0.78', port: trunk.port, transport: 'udp' },
  })
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  login = logins.devices.find(({ username }: Json) => username === '1001')
})
afterAll(async () => {
  trunk?.close()
  await engine?.stop()
  expect(bugsIn(engine?.output() ?? '')).toEqual([])
  engine?.removeData()
})

const isFinal = ({ status = 0 }: Message): boolean => status >= 200
const taken = new Set<string>()
/** The INVITE of the next call: who is answered late repeats the one before. */
async function nextInvite(): Promise<Message> {
  const invite = await trunk.expect(
    ({ method, headers }) => method === 'INVITE' && !taken.has(headers['call-id'] ?? ''),
  )
  taken.add(invite.headers['call-id'] ?? '')
  return invite
}

/** A phone that dials the number, up to what it hears after its credentials. */
async function dials(from: string, headers: [string, string][] = []) {
  const phone = await UdpPeer.open(engine.sipPort)
  const uri = `sip:${number}@127.0.0.1:${engine.sipPort}`
  const caller = new Caller(phone, { from, to: uri })
  caller.request('INVITE', { headers, body: sdp() })
  const challenge = await phone.expect(isFinal)
  expect(challenge.status).toBe(401)
  caller.ackFailure(challenge)
  const proof: [string, string] = ['Authorization', authorize(challenge, 'INVITE', uri, login)]
  caller.request('INVITE', { headers: [...headers, proof], body: sdp() })
  return { phone, caller }
}
const as1001 = 'sip:1001@127.0.0.1'

test.each<[string, string, [string, string][]]>([
  ['Privacy', as1001, [['Privacy', 'id']]],
  ['the From of nobody', 'sip:anonymous@anonymous.invalid', []],
])('a number withheld by %s is not told, nor a diversion made up', async (_, from, headers) => {
  const made: [string, string] = ['Diversion', '<sip:+18005551212@bank>;reason=unconditional']
  const { phone, caller } = await dials(from, [...headers, made])
  const invite = await nextInvite()
  expect(invite.headers['from']).toMatch(/^"Anonymous" <sip:anonymous@anonymous\.invalid>;tag=/)
  expect(invite.headers['privacy']).toBe('id')
  expect(invite.headers).not.toHaveProperty('diversion')
  expect(invite.headers).not.toHaveProperty('history-info')
  expect(JSON.stringify(invite)).not.toMatch(/1001|8005551212/)
  trunk.send(reply(invite, 404))
  const answer = await phone.expect(isFinal)
  expect(answer.status).toBe(404)
  caller.ackFailure(answer)
  phone.close()
})

test('a phone hears 180 when the carrier does, and never before a refusal', async () => {
  for (const [statuses, heard] of [
    [[486], [100, 486]],
    [
      [180, 486],
      [100, 180, 486],
    ],
  ]) {
    const { phone, caller } = await dials(as1001)
    const invite = await nextInvite()
    for (const status of statuses!) trunk.send(reply(invite, status))
    const answer = await phone.expect(isFinal)
    caller.ackFailure(answer)
    // To the INVITE with credentials: the challenge may have come twice.
    const all = phone.all.filter(({ headers }) => headers['cseq'] === '2 INVITE')
    expect(all.map(({ status }) => status)).toEqual(heard)
    phone.close()
  }
})

test('a device makes so many calls at once, and no more', async () => {
  const two = [await dials(as1001), await dials(as1001)]
  const invites = [await nextInvite(), await nextInvite()]
  const third = await dials(as1001)
  const answer = await third.phone.expect(isFinal)
  expect(answer.start).toBe('SIP/2.0 486 Too Many Calls')
  third.caller.ackFailure(answer)
  for (const invite of invites) trunk.send(reply(invite, 486))
  for (const { phone, caller } of two) caller.ackFailure(await phone.expect(isFinal))
  for (const { phone } of [...two, third]) phone.close()
})
