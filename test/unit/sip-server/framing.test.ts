/** Cutting byte streams: SIP over TCP, and the frames of the control protocol. */

import { describe, expect, test } from 'vitest'
import { messageLimits, toWire } from '../../../engine/sip-server/index.ts'
import { MessageStream } from '../../../engine/sip-server/message/stream.ts'
import { FrameReader, framed, frameLimits } from '../../../engine/sip-server/wire/framing.ts'
import fc from '../../support/property.ts'

const message = (body: string): string =>
  `OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nl: ${body.length}\r\n\r\n${body}`

describe('SIP on a stream', () => {
  test('any cut gives the same messages', () => {
    const whole = `${message('abc')}\r\n\r\n${message('')}\r\n${message('v=0\r\n\r\n')}`
    for (let cut = 0; cut <= whole.length; cut++) {
      const stream = new MessageStream()
      const pieces = [...stream.push(whole.slice(0, cut)), ...stream.push(whole.slice(cut))]
      expect(pieces.map((piece) => piece.is)).toEqual(['message', 'ping', 'message', 'message'])
      expect(stream.heldBytes).toBe(0)
    }
  })
  test('byte by byte', () => {
    const stream = new MessageStream()
    const pieces = [...`${message('abc')}${message('d')}`].flatMap((c) => stream.push(c))
    expect(pieces.map((piece) => (piece.is === 'message' ? piece.text.slice(-3) : ''))).toEqual([
      'abc',
      '\r\nd'.slice(-3),
    ])
  })
  const broken: readonly (readonly [string, string, string])[] = [
    ['no Content-Length', 'OPTIONS sip:x SIP/2.0\r\nVia: v\r\n\r\n', 'noLength'],
    ['unusable Content-Length', 'OPTIONS sip:x SIP/2.0\r\nl: x\r\n\r\n', 'noLength'],
    ['a body above the limit', 'OPTIONS sip:x SIP/2.0\r\nl: 70000\r\n\r\n', 'tooLarge'],
    ['headers without end', 'x'.repeat(messageLimits.messageBytes + 1), 'tooLarge'],
  ]
  test.each(broken)('%s breaks the stream for good', (_title, text, cause) => {
    const stream = new MessageStream()
    expect(stream.push(text)).toMatchObject([{ is: 'broken', cause }])
    expect(stream.push(message(''))).toEqual([])
    expect(stream.heldBytes).toBe(0)
  })
})

const readAll = (chunks: readonly Buffer[]): { payloads: string[]; fault: string | undefined } => {
  const reader = new FrameReader()
  const payloads: string[] = []
  for (const chunk of chunks) reader.push(chunk, (payload) => payloads.push(payload))
  return { payloads, fault: reader.fault }
}

describe('control frames', () => {
  test('any split, any join', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }), { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (texts, cuts) => {
          const payloads = texts.map((text) => Buffer.from(text).toString('latin1'))
          const bytes = toWire(payloads.map(framed).join(''))
          const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
          const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
          expect(readAll(chunks)).toEqual({ payloads, fault: undefined })
        },
      ),
      { numRuns: 200 },
    )
  })
  test.each([
    ['00007#m2|ping', ['m2|ping'], undefined],
    ['x#m2|ping', [], 'badLength'],
    ['-1#m', [], 'badLength'],
    ['#m', [], 'badLength'],
    ['0#', [], 'badLength'],
    ['00000007#m2|ping', [], 'badLength'],
    ['1048577#', [], 'tooLong'],
    ['9999999#', [], 'tooLong'],
    ['3#abc4#defgx#', ['abc', 'defg'], 'badLength'],
  ])('%s', (text, payloads, fault) => {
    expect(readAll([Buffer.from(text)])).toEqual({ payloads, fault })
  })
  test('the largest payload passes', () => {
    const text = 'x'.repeat(frameLimits.payloadBytes)
    expect(readAll([toWire(framed(text))]).payloads[0]?.length).toBe(text.length)
  })
  test('after a fault nothing is read', () => {
    const reader = new FrameReader()
    const payloads: string[] = []
    for (const text of ['3#abc', '?', '3#def']) {
      reader.push(Buffer.from(text), (payload) => payloads.push(payload))
    }
    expect(payloads).toEqual(['abc'])
  })
})
