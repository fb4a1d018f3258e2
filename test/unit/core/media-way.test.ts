import { describe, expect, test } from 'vitest'
import { deviceOptionsOf, saidDeviceOptions } from '../../../engine/core/device-options.ts'
import { isSecureHop, mediaKindOf } from '../../../engine/core/media-way.ts'

const auto = { webrtc: 'auto', srtp: 'optional' } as const
const place = (source: string, more: { uri?: string; path?: readonly string[] } = {}) => ({
  ...{ uri: 'sip:a@192.0.2.7', source, path: [] },
  ...more,
})

test.each([
  ['udp/192.0.2.1:5060', false],
  ['tcp/192.0.2.1:5060', false],
  ['tls/[2001:db8::1]:40000', true],
  ['ws/192.0.2.1:80', false],
  ['wss/192.0.2.1:443', true],
  ['WSS', true],
  ['tlsx', false],
  ['', false],
])('is the hop %s secure: %s', (source, secure) => {
  expect(isSecureHop(source)).toBe(secure)
})

describe('what a contact is offered', () => {
  test.each([
    ['udp', 'rtp'],
    ['tcp', 'rtp'],
    ['tls', 'rtp'],
    ['ws', 'webrtc'],
    ['wss', 'webrtc'],
  ])('over %s: %s', (protocol, kind) => {
    expect(mediaKindOf(place(`${protocol}/192.0.2.1:1`), auto)).toBe(kind)
    expect(mediaKindOf(place(`${protocol}/192.0.2.1:1`), { ...auto, webrtc: 'never' })).toBe('rtp')
  })

  test.each([
    ['udp', undefined],
    ['tcp', undefined],
    ['tls', 'rtp'],
    ['ws', 'webrtc'],
    ['wss', 'webrtc'],
  ])('where SRTP is required, over %s: %s', (protocol, kind) => {
    const required = { webrtc: 'auto', srtp: 'required' } as const
    expect(mediaKindOf(place(`${protocol}/192.0.2.1:1`), required)).toBe(kind)
  })

  test('a phone that speaks RTP on a WebSocket may have keys on a protected one alone', () => {
    const phone = { webrtc: 'never', srtp: 'required' } as const
    expect(mediaKindOf(place('ws/192.0.2.1:1'), phone)).toBeUndefined()
    expect(mediaKindOf(place('wss/192.0.2.1:1'), phone)).toBe('rtp')
  })

  test('behind a proxy its own word says what it is', () => {
    const path = ['<sip:proxy.example;lr>']
    const of = (uri: string) => mediaKindOf(place('udp/192.0.2.1:1', { uri, path }), auto)
    expect(of('sip:x@a.invalid;transport=ws')).toBe('webrtc')
    expect(of('sip:x@a.invalid;transport=wss;ob')).toBe('webrtc')
    expect(of('sip:x@a.example;transport=tcp')).toBe('rtp')
    expect(of('sip:x@a.example')).toBe('rtp')
    const alone = place('udp/192.0.2.1:1', { uri: 'sip:x@a.invalid;transport=ws' })
    expect(mediaKindOf(alone, auto)).toBe('rtp')
  })
})

test('what a device does not say is at its default', () => {
  expect(deviceOptionsOf({ srtp: 'off' })).toEqual({
    ...{ webrtc: 'auto', srtp: 'off', codecs: ['opus', 'G722', 'PCMU', 'PCMA'] },
    forwarding: {},
  })
  expect(saidDeviceOptions({ codecs: ['PCMA'] })).toEqual({ codecs: ['PCMA'] })
})
