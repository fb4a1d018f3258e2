import { describe, expect, test } from 'vitest'
import { readRtcp } from '../../../engine/dsp/rtcp.ts'
import { middleOf, ntpOf, RtcpWriter } from '../../../engine/dsp/rtcp-writer.ts'
import fc from '../../support/property.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const read = (text: string) => readRtcp(hex(text), hex(text).length)

const block = '11223344 40000005 00010203 00000050 12345678 00010000'
const receiver = `81c90007 deadbeef ${block}`

const written = (fill: (writer: RtcpWriter) => void): Uint8Array => {
  const buf = Buffer.alloc(512)
  const writer = new RtcpWriter(buf)
  fill(writer)
  return buf.subarray(0, writer.bytes)
}

describe('readRtcp', () => {
  test('a receiver report', () => {
    expect(read(receiver)).toMatchObject({
      senderSsrc: 0xdeadbeef,
      reportTime: null,
      reports: [
        {
          ssrc: 0x11223344,
          fractionLost: 0.25,
          packetsLost: 5,
          jitterUnits: 80,
          lastReport: 0x12345678,
          delaySinceReport: 65_536,
        },
      ],
    })
  })

  test('more came than was sent: losses below zero', () => {
    const report = read(receiver.replace('40000005', '00ffffff'))
    expect(report?.reports[0]?.packetsLost).toBe(-1)
  })

  test('a sender report, a name and a BYE behind each other', () => {
    const text = `80c80006 deadbeef aaaa1111 2222bbbb 00000320 00000002 00000140
      81ca0003 deadbeef 01046162 63640000 81cb0001 deadbeef`.replaceAll('\n', '')
    expect(read(text)).toMatchObject({ reportTime: 0x11112222, cname: 'abcd', hasBye: true })
  })

  test.each([
    ['nothing', ''],
    ['less than 8 bytes', '80c90000'],
    ['seven bytes', '80c9000100000a'],
    ['another version', receiver.replace('81c9', '41c9')],
    ['not begun with a report', '81cb0001 deadbeef'],
    ['padding in front', 'a0c90002 deadbeef 00000004'],
    ['longer than what came', receiver.replace('0007', '0008')],
    ['more blocks than there is room for', receiver.replace('81c9', '82c9')],
    ['a second packet cut short', `${receiver} 80c80006 deadbeef`],
    ['a description whose text reaches beyond it', '80c90001 00000001 81ca0002 00000001 01ff6162'],
    ['a description without an end', '80c90001 00000001 81ca0002 00000001 01026162'],
    ['a block of XR beyond its packet', '80c90001 00000001 80cf0002 00000001 04000002'],
    ['padding longer than its packet', '80c90001 00000001 a0cc0001 000000fc'],
  ])('is not taken: %s', (_what, text) => {
    expect(read(text)).toBeUndefined()
  })

  test('types that are not known are passed over', () => {
    expect(read(`80c90001 00000001 80cc0002 00000001 41424344`)).toMatchObject({ senderSsrc: 1 })
  })

  test('never throws, whatever comes', () => {
    const start = fc.constantFrom(
      hex(receiver),
      hex('80c90001 00000001 80cf0002 00000001 07000008'),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), fc.nat(60), (head, tail, at) => {
        const bytes = Uint8Array.from([...head, ...tail])
        bytes.set([tail[0] ?? 0], at % bytes.length)
        readRtcp(bytes, bytes.length)
      }),
    )
  })
})

describe('RtcpWriter', () => {
  const time = ntpOf(1_700_000_000_500)

  test('NTP time', () => {
    expect(time).toEqual({ seconds: 3_908_988_800, fraction: 0x8000_0000 })
    expect(middleOf(time).toString(16)).toBe('6f808000')
  })

  test('what is written is what is read', () => {
    const bytes = written((to) => {
      to.report(1, { time, rtpTimestamp: -5, packets: 3, payloadBytes: 480 }, [
        {
          ssrc: -2,
          fractionLost: 64,
          packetsLost: -3,
          highestSequence: 70_000,
          jitterUnits: 16,
          lastReport: 0xfedcba98,
          delaySinceReport: 32_768,
        },
      ])
      to.cname(1, 'who@where')
      to.extended(1, { referenceTime: time, delay: { ssrc: 9, lastReference: 8, delay: 7 } })
      to.bye(1)
    })
    expect(readRtcp(bytes, bytes.length)).toEqual({
      senderSsrc: 1,
      reportTime: middleOf(time),
      reports: [
        {
          ssrc: 0xfffffffe,
          fractionLost: 0.25,
          packetsLost: -3,
          jitterUnits: 16,
          lastReport: 0xfedcba98,
          delaySinceReport: 32_768,
        },
      ],
      cname: 'who@where',
      hasBye: true,
      referenceTime: middleOf(time),
      delays: [{ ssrc: 9, lastReference: 8, delaySinceReference: 7 }],
      voip: null,
    })
  })

  test('VoIP metrics', () => {
    const bytes = written((to) => {
      to.report(1, null, [])
      to.extended(1, {
        voip: {
          ...{ ssrc: 5, lossRate: 0.5, discardRate: 0.25, burstDensity: 1, gapDensity: 0 },
          ...{ burstMs: 40, gapMs: 99_999, roundTripMs: 20, endSystemDelayMs: 60 },
          ...{ rFactor: 80.6, mos: 4.05, bufferMs: 40, bufferMaxMs: 80 },
        },
      })
    })
    expect(readRtcp(bytes, bytes.length)?.voip).toEqual({
      ssrc: 5,
      lossRate: 0.5,
      discardRate: 0.25,
      endSystemDelayMs: 60,
      rFactor: 81,
      mos: 4.1,
    })
  })

  test.each([0, 1, 2, 3, 4, 255, 300])('a name of %d bytes', (length) => {
    const bytes = written((to) => {
      to.report(1, null, [])
      to.cname(1, 'x'.repeat(length))
    })
    expect(readRtcp(bytes, bytes.length)?.cname).toBe('x'.repeat(Math.min(length, 255)))
  })
})
