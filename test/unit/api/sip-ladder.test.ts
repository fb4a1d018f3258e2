import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { SipMessage } from '../../../engine/core/ports/trace.ts'
import { type ApiLab, apiLab, callRecord, key, otherKey, startMs } from './api-lab.ts'

let lab: ApiLab
const id = callRecord().id
const childId = '11111111-2222-4333-8444-666666666666' as CallId
const url = `/v1/voice/calls/${id}/sip`
const secret = 'd41d8cd98f00b204e9800998ecf8427e'

const sent: SipMessage = {
  atMs: startMs,
  direction: 'out',
  protocol: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.10', port: 5062 },
  raw: [
    'INVITE sip:b@h SIP/2.0',
    'Call-ID: one',
    'CSeq: 1 INVITE',
    `Proxy-Authorization: Digest username="t", response="${secret}"`,
    'Subject: \xc3\xa9',
    '',
    '',
  ].join('\r\n'),
}

beforeAll(async () => {
  lab = await apiLab()
  await lab.put(callRecord({ sipCallId: 'one' }))
  await lab.put(callRecord({ id: childId, parentId: id, sipCallId: 'two' }))
  lab.trace.claim(id, { sipCallId: 'one', tag: '', by: 'us' })
  lab.trace.claim(childId, { sipCallId: 'two', tag: '', by: 'us' })
  lab.trace.record(sent)
  const raw = 'SIP/2.0 486 Busy Here\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\r\n'
  lab.trace.record({ ...sent, atMs: startMs + 12, direction: 'in', raw })
  const child = sent.raw.replace('one', 'two')
  lab.trace.record({ ...sent, atMs: startMs + 20, raw: child, protocol: 'tcp' })
})
afterAll(() => lab.close())

test('JSON: the messages of the call and of those that it dialed', async () => {
  const { status, body } = await lab.ask({ url })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    call_id: id,
    tracing: true,
    truncated: false,
    columns: ['Ringdown', '192.0.2.10:5062'],
    messages: [
      {
        at: '2026-01-02T03:04:05.678Z',
        offset_ms: 0,
        call_id: id,
        sip_call_id: 'one',
        direction: 'out',
        protocol: 'udp',
        local: '192.0.2.1:5060',
        remote: '192.0.2.10:5062',
        from: 0,
        to: 1,
        method: 'INVITE',
        status: null,
        reason: null,
        label: 'INVITE',
        retransmission: false,
      },
      { offset_ms: 12, direction: 'in', from: 1, to: 0, status: 486, reason: 'Busy Here' },
      { offset_ms: 20, call_id: childId, sip_call_id: 'two', protocol: 'tcp' },
    ],
  })
  const [first] = (body as { messages: { raw: string }[] }).messages
  expect(first?.raw).toContain(`response="${'*'.repeat(secret.length)}"`)
  expect(first?.raw).toContain('Subject: é')
})

test.each([
  ['?format=text', {}, 'text/plain; charset=utf-8'],
  ['', { accept: 'text/plain' }, 'text/plain; charset=utf-8'],
  ['', { accept: 'text/html, text/plain;q=0.5' }, 'text/plain; charset=utf-8'],
  ['?format=pcap', {}, 'application/vnd.tcpdump.pcap'],
  ['?format=pcap', { accept: 'text/plain' }, 'application/vnd.tcpdump.pcap'],
  ['', { accept: 'Application/vnd.tcpdump.pcap' }, 'application/vnd.tcpdump.pcap'],
  ['', { accept: '*/*' }, 'application/json; charset=utf-8'],
  ['', { accept: 'image/png' }, 'application/json; charset=utf-8'],
  ['?format=json', { accept: 'text/plain' }, 'application/json; charset=utf-8'],
])('%s %j is %s, without a secret', async (query, headers, type) => {
  const answer = await lab.ask({ url: url + query, headers })
  expect([answer.status, answer.headers['content-type']]).toEqual([200, type])
  expect(JSON.stringify(answer.body)).not.toContain(secret)
})

test('the text is a ladder', async () => {
  const { body } = await lab.ask({ url: `${url}?format=text` })
  expect(body).toContain('       12  |<---- 486 Busy Here -----|  udp #1\n')
})

test('the capture file has the messages, byte for byte but for secrets', async () => {
  const answer = await lab.app.inject({
    url: `${url}?format=pcap`,
    headers: { 'x-api-key': key },
  })
  const file = answer.rawPayload.toString('latin1')
  expect(answer.rawPayload.readUInt32LE(0)).toBe(0xa1b2c3d4)
  expect(file).toContain(sent.raw.replace(secret, '*'.repeat(secret.length)))
  expect(file).not.toContain(secret)
  expect(answer.headers['content-disposition']).toBe(`attachment; filename="call-${id}.pcap"`)
})

test.each([
  [url, otherKey],
  ['/v1/voice/calls/11111111-2222-4333-8444-777777777777/sip', undefined],
  ['/v1/voice/calls/nothing/sip', undefined],
])('%s is not found for whom it is not', async (path, its) => {
  const headers = its === undefined ? {} : { 'x-api-key': its }
  for (const format of ['json', 'text', 'pcap']) {
    const { status, body } = await lab.ask({ url: `${path}?format=${format}`, headers })
    expect(status).toBe(404)
    expect(JSON.stringify(body)).not.toContain('192.0.2')
  }
})

test.each(['?format=xml', '?form=text'])('%s is refused', async (query) => {
  expect((await lab.ask({ url: url + query })).status).toBe(400)
})

test('without tracing the answer says so', async () => {
  const off = { isOn: false, ofCall: () => undefined }
  const other = await apiLab({ services: { ...lab.options.services, sipTrace: off } })
  const { body } = await other.ask({ url })
  expect(body).toMatchObject({ tracing: false, truncated: false, messages: [] })
  await other.close()
})

test('of a call whose messages had to go', async () => {
  const gone = '11111111-2222-4333-8444-888888888888' as CallId
  await lab.put(callRecord({ id: gone, sipCallId: 'long ago' }))
  const { body } = await lab.ask({ url: `/v1/voice/calls/${gone}/sip` })
  expect(body).toMatchObject({ tracing: true, truncated: true, columns: [], messages: [] })
})
