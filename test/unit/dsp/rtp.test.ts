import { describe, expect, test } from 'vitest'
import { emptyRtpHeader, isRtcp, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'
import fc from '../../support/property.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const fixed = '0012 00000400 deadbeef'

describe('readRtp', () => {
  const whole = [
    { name: 'plain', bytes: `80 00 ${fixed} aabbcc`, offset: 12, length: 3 },
    { name: 'no payload', bytes: `80 00 ${fixed}`, offset: 12, length: 0 },
    { name: 'two CSRC', bytes: `82 00 ${fixed} 00000001 00000002 aa`, offset: 20, length: 1 },
    {
      name: 'extension of one word',
      bytes: `90 00 ${fixed} bede0001 01020304 aa`,
      offset: 20,
      length: 1,
    },
    { name: 'empty extension', bytes: `90 00 ${fixed} bede0000 aa`, offset: 16, length: 1 },
    { name: 'padding', bytes: `a0 00 ${fixed} aabb 000002`, offset: 12, length: 3 },
    { name: 'padding only', bytes: `a0 00 ${fixed} 000003`, offset: 12, length: 0 },
    {
      name: 'CSRC, extension and padding',
      bytes: `b1 00 ${fixed} 00000001 bede0001 01020304 aabb 01`,
      offset: 24,
      length: 2,
    },
  ]
  test.each(whole)('$name', ({ bytes, offset, length }) => {
    const into = emptyRtpHeader()
    const packet = hex(bytes)
    expect(readRtp(packet, packet.length, into)).toBe(true)
    expect(into).toEqual({
      payloadType: 0,
      marker: false,
      sequence: 0x12,
      timestamp: 0x400,
      ssrc: 0xdeadbeef,
      payloadOffset: offset,
      payloadLength: length,
    })
  })

  const broken = [
    { name: 'empty', bytes: '' },
    { name: '11 bytes', bytes: `80 00 0012 00000400 deadbe` },
    { name: 'version 1', bytes: `40 00 ${fixed} aa` },
    { name: 'version 3', bytes: `c0 00 ${fixed} aa` },
    { name: 'CSRC beyond the end', bytes: `82 00 ${fixed} 00000001` },
    { name: 'extension header cut off', bytes: `90 00 ${fixed} bede00` },
    { name: 'extension beyond the end', bytes: `90 00 ${fixed} bede0002 01020304` },
    { name: 'padding of 0', bytes: `a0 00 ${fixed} aa00` },
    { name: 'padding beyond the payload', bytes: `a0 00 ${fixed} aa03` },
    { name: 'padding bit without payload', bytes: `a0 00 ${fixed}` },
  ]
  test.each(broken)('refuses $name', ({ bytes }) => {
    const packet = hex(bytes)
    expect(readRtp(packet, packet.length, emptyRtpHeader())).toBe(false)
  })

  test('reads only the given length of a larger buffer', () => {
    const into = emptyRtpHeader()
    const packet = new Uint8Array(1500)
    packet.set(hex(`80 80 ${fixed} aabb`))
    expect(readRtp(packet, 14, into)).toBe(true)
    expect(into.payloadLength).toBe(2)
    expect(into.marker).toBe(true)
    expect(readRtp(packet, 1501, into)).toBe(false)
  })

  test('never throws and never points outside the packet', () => {
    const into = emptyRtpHeader()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        if (bytes.length > 0) bytes[0] = (bytes[0]! & 0x3f) | 0x80
        if (!readRtp(bytes, bytes.length, into)) return
        expect(into.payloadOffset).toBeGreaterThanOrEqual(12)
        expect(into.payloadLength).toBeGreaterThanOrEqual(0)
        expect(into.payloadOffset + into.payloadLength).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 5000 },
    )
  })
})

test('what is written is read, all numbers modulo their width', () => {
  const buf = new Uint8Array(20)
  const into = emptyRtpHeader()
  expect(writeRtp(buf, 4, 101, true, 65536 + 5, 2 ** 32 + 7, 0xffffffff)).toBe(12)
  expect(readRtp(buf.subarray(4), 16, into)).toBe(true)
  expect(into).toMatchObject({
    payloadType: 101,
    marker: true,
    sequence: 5,
    timestamp: 7,
    ssrc: 0xffffffff,
    payloadLength: 4,
  })
})

test.each([
  { type: 191, length: 8, rtcp: false },
  { type: 192, length: 8, rtcp: true },
  { type: 200, length: 8, rtcp: true },
  { type: 223, length: 8, rtcp: true },
  { type: 224, length: 8, rtcp: false },
  { type: 200, length: 7, rtcp: false },
])('packet type $type of $length bytes is RTCP: $rtcp', ({ type, length, rtcp }) => {
  expect(isRtcp(Uint8Array.of(0x80, type, 0, 1, 0, 0, 0, 0), length)).toBe(rtcp)
})
