import { expect, test } from 'vitest'
import { FrameTrace } from '../../../engine/sip/link/frame-trace.ts'

const invite = 'INVITE sip:bob@192.0.2.9:5070 SIP/2.0\r\nCall-ID: one\r\n\r\n'
const ok = 'SIP/2.0 200 OK\r\nCall-ID: one\r\n\r\n'
const endpoints = 'tcp/192.0.2.1:5060,udp/192.0.2.1:5060,tls/[2001:db8::1]:5061'

const traceOf = (told = endpoints): FrameTrace => {
  const trace = new FrameTrace(() => 7)
  trace.listening(told)
  return trace
}
const brief = (frame: string, told?: string) => {
  const message = traceOf(told).read(frame)
  if (message === undefined) return undefined
  const { direction, protocol, local, remote } = message
  const [own, peer] = [local, remote].map(({ address, port }) => `${address} ${port}`)
  return `${protocol} ${own} ${direction} ${peer}`
}

test('a request that came', () => {
  const frame = `id|sip|network|60|tcp|198.51.100.7|40001|10:00:00.0|txn||192.0.2.1|5060|\r\n${invite}`
  expect(traceOf().read(frame)).toEqual({
    atMs: 7,
    direction: 'in',
    protocol: 'tcp',
    local: { address: '192.0.2.1', port: 5060 },
    remote: { address: '198.51.100.7', port: 40_001 },
    raw: invite,
  })
})

test.each([
  ['a response that came', 'sip|network|60|udp|192.0.2.9|5070|t|txn|dialog|', ok],
  ['a response that went', 'response|q|OK|application|9|udp|192.0.2.9|5070|t|x|d||Msg sent:|', ok],
])('%s', (_name, head, text) => {
  const direction = text === ok && head.startsWith('response') ? 'out' : 'in'
  expect(brief(`id|${head}\r\n${text}`)).toBe(`udp 192.0.2.1 5060 ${direction} 192.0.2.9 5070`)
})

test.each([
  ['udp|192.0.2.1|5060', invite, 'udp 192.0.2.1 5060 out 192.0.2.9 5070'],
  ['tcp|192.0.2.9|5070', invite, 'tcp 192.0.2.1 5060 out 192.0.2.9 5070'],
  ['tls|2001:db8::9|5061', invite, 'tls 2001:db8::1 5061 out 2001:db8::9 5061'],
  [
    'udp|192.0.2.1|5060',
    invite.replace('Call-ID', 'Route: <sip:[2001:db8::5]:5080;lr>\r\nCall-ID'),
    'udp 192.0.2.1 5060 out 2001:db8::5 5080',
  ],
  [
    'udp|192.0.2.1|5060',
    'INVITE sip:bob@carrier.example SIP/2.0\r\n\r\n',
    'udp 192.0.2.1 5060 out  5060',
  ],
])('a request that went, as told by %s', (place, text, expected) => {
  const frame = `id|response|q|OK|application|9|${place}|10:00:00.0|txn|Msg sent:|\r\n${text}`
  expect(brief(frame)).toBe(expected)
})

test('a BYE that the server sent of its own accord', () => {
  const frame = `id|sip|application|9|udp|192.0.2.1|5060|t|unsolicited|d|\r\n${invite.replace('INVITE', 'BYE')}`
  expect(brief(frame)).toBe('udp 192.0.2.1 5060 out 192.0.2.9 5070')
})

test.each([
  ['what the server made up', `id|sip|network|0|udp||0|t|txn|dialog|\r\n${ok}`],
  ['a short answer', 'id|response|q|OK'],
  ['a refusal', 'id|response|q|NOK|no'],
  ['a note of a call', `id|cdr:start|network|t|uac\r\n${ok}`],
  ['progress of a proxied one', `id|response|q|OK|network|9|udp|192.0.2.9|1|t|||continue\r\n${ok}`],
  ['nothing', ''],
])('%s is no message', (_name, frame) => {
  expect(traceOf().read(frame)).toBeUndefined()
})

test('bytes beyond ASCII stay what they were on the wire', () => {
  const frame = `id|sip|network|60|udp|192.0.2.9|5070|t|txn||\r\n${invite}Zoë`
  expect(traceOf('nonsense').read(frame)?.raw).toBe(`${invite}Zo\xc3\xab`)
  expect(brief(frame, 'nonsense')).toBe('udp  0 in 192.0.2.9 5070')
})
