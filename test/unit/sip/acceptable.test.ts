/** What the application refuses because of what the request is, whoever sends it. */
import { expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { Bench, Received } from './support/recorder.ts'

const answer = async (method: string, uri: string, headers: Record<string, string>) => {
  const request = new Received(method, {
    uri,
    headers: {
      from: '<sip:a@peer.example>;tag=1',
      to: '<sip:b@host.example>',
      contact: '<sip:a@peer.example>',
      'call-id': 'c',
      cseq: `1 ${method}`,
      ...headers,
    },
  })
  new Bench().receive(request)
  await settle()
  const [first] = request.responses
  return `${first?.status} ${Object.entries(first?.headers ?? {}).map((each) => each.join(': '))}`
}

const here = 'sip:b@host.example'

it.each([
  ['an address of no telephone', 'OPTIONS', 'soap.beep://host.example', {}, /^416/],
  ['a telephone number', 'OPTIONS', 'tel:+15005550010', {}, /^200/],
  [
    'an extension',
    'OPTIONS',
    here,
    { require: 'mind-reading, timer' },
    /^420 Unsupported: mind-reading, timer/,
  ],
  ['an extension to a message', 'MESSAGE', here, { require: 'x' }, /^420 Unsupported: x/],
  ['an answer in no language of ours', 'INVITE', here, { accept: 'text/plain;q=1' }, /^406/],
  ['no answer wanted at all', 'INVITE', here, { accept: '' }, /^406/],
  ['an answer in SDP', 'INVITE', here, { accept: 'text/plain, application/SDP;level=1' }, /^401/],
  ['any answer', 'INVITE', here, { accept: '*/*' }, /^401/],
  ['to register a book', 'REGISTER', 'sip:host.example', { to: '<isbn:1>' }, /^400/],
  ['to register somebody', 'REGISTER', 'sip:host.example', {}, /^401/],
])('%s', async (_title, method, uri, headers, wanted) => {
  expect(await answer(method, uri, headers as Record<string, string>)).toMatch(wanted)
})

it('says in a call that session timers may be kept with us (RFC 4028)', () => {
  const bench = new Bench()
  const target = { kind: 'uri', uri: 'sip:b@host.example' } as const
  bench.sip.invite('call' as CallId, {
    target,
    callerId: '+15005550001',
    offers: { rtp: 'v=0\r\n' },
  })
  expect(bench.sent[0]?.out.headers['Supported']?.split(', ')).toContain('timer')
})
