import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { sipServerIsSeparate } from '../support/sip-server-process.ts'

const homer = createSocket('udp4')
const packets: string[] = []
let engine: EngineProcess
let call: Json

beforeAll(async () => {
  homer.on('message', (packet) => packets.push(packet.toString('latin1')))
  homer.bind(0, '127.0.0.1')
  await once(homer, 'listening')
  engine = await startEngine({ RINGDOWN_HEP: `udp:127.0.0.1:${homer.address().port}` })
  const answer = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100' },
    verbs: [{ verb: 'pause', length: 1 }, { verb: 'hangup' }],
  })
  expect(answer.status).toBe(201)
  call = answer.body
  await messagesOf(call.id, (all) => all.some(({ label }) => label === '200 OK (BYE)'))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
  homer.close()
})

async function messagesOf(id: string, enough: (messages: Json[]) => boolean): Promise<Json[]> {
  const ladder = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}/sip`)).body,
    ({ messages }) => enough(messages),
    30_000,
  )
  expect(ladder.truncated).toBe(false)
  return ladder.messages
}

const brief = (messages: readonly Json[]): string[] =>
  messages
    .filter(({ retransmission }) => !retransmission)
    .map(({ direction, label }) => `${direction} ${label}`)

/** The control port shows neither 100 nor the ACK of a refusal. */
const ofTheWire = test.skipIf(sipServerIsSeparate)

describe('a call on the lab carrier', () => {
  ofTheWire('every message of it, 100 and ACK too', async () => {
    expect(brief(await messagesOf(call.id, () => true))).toEqual([
      'out INVITE (sdp)',
      'in 100 Trying',
      'in 180 Ringing',
      'in 200 OK (INVITE, sdp)',
      'out ACK',
      'out BYE',
      'in 200 OK (BYE)',
    ])
  })

  ofTheWire('of one that is refused the ACK, which the application never sees', async () => {
    const { body } = await engine.send('POST', '/v1/voice/calls', {
      ...{ to: '+15005550180', from: '+15005550100' },
    })
    const messages = await messagesOf(body.id, (all) => all.at(-1)?.label === 'ACK')
    expect(brief(messages)).toEqual([
      'out INVITE (sdp)',
      'in 100 Trying',
      'in 486 Busy Here',
      'out ACK',
    ])
  })

  test('a Homer server has it too', async () => {
    const { length } = await messagesOf(call.id, () => true)
    const id = (await messagesOf(call.id, () => true))[0].sip_call_id
    await eventually(
      async () => packets.filter((packet) => packet.includes(id)).length,
      (count) => count === length,
    )
    expect(packets.every((packet) => packet.startsWith('HEP3'))).toBe(true)
  })

  test('as a capture file', async () => {
    const messages = await messagesOf(call.id, () => true)
    const answer = await fetch(`${engine.httpUrl}/v1/voice/calls/${call.id}/sip`, {
      headers: { 'x-api-key': engine.apiKey, accept: 'application/vnd.tcpdump.pcap' },
    })
    const file = Buffer.from(await answer.arrayBuffer())
    expect(file.toString('latin1').split('Call-ID: ')).toHaveLength(messages.length + 1)
    const tshark = '/usr/bin/tshark'
    if (!existsSync(tshark)) return
    const path = join(engine.dataDir, 'call.pcap')
    writeFileSync(path, file)
    const lines = execFileSync(
      tshark,
      ['-r', path, '-Y', 'sip', '-T', 'fields', '-e', 'sip.Request-Line'],
      { stdio: 'pipe' },
    )
    const told = lines.toString().slice(0, -1).split('\n')
    expect(told).toHaveLength(messages.length)
    expect(told[0]).toBe(messages[0].raw.split('\r\n', 1)[0])
  })
})

test('off is off', async () => {
  const quiet = await startEngine({ RINGDOWN_SIP_TRACE: 'off' })
  const { body } = await quiet.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550180', from: '+15005550100' },
  })
  await eventually(
    async () => (await quiet.get(`/v1/voice/calls/${body.id}`)).body.status,
    (status) => status === 'busy',
  )
  expect((await quiet.get(`/v1/voice/calls/${body.id}/sip`)).body).toMatchObject({
    ...{ tracing: false, truncated: false, messages: [] },
  })
  await quiet.stop()
  quiet.removeData()
})
