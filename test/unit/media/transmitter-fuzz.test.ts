import { expect, test } from 'vitest'
import { emptyRtpHeader, type RtpHeader } from '../../../engine/dsp/rtp.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { Transmitter } from '../../../engine/media/leg/transmitter.ts'
import fc from '../../support/property.ts'
import { FakePort } from './fake-port.ts'

/** What can happen to a stream that goes out, with the time that passes before it. */
const step = fc.record({
  passMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 25 }) },
    { weight: 1, arbitrary: fc.integer({ min: 100, max: 6000 }) },
  ),
  does: fc.oneof(
    { weight: 6, arbitrary: fc.constant('relay' as const) },
    { weight: 3, arbitrary: fc.constant('tick' as const) },
    { weight: 1, arbitrary: fc.constant('event' as const) },
    { weight: 1, arbitrary: fc.constant('newSsrc' as const) },
    { weight: 1, arbitrary: fc.constant('timeJump' as const) },
  ),
})

test('whatever takes turns: every sequence number once and in order, time never runs back', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 80 }), fc.nat(), (steps, seed) => {
      const port = new FakePort()
      const out = new Transmitter(port, () => Math.imul(seed, 0x9e3779b1))
      out.agree(codecKinds.PCMU, 0, { payloadType: 101, rateHz: 8000 })
      const pcm = new Int16Array(160)
      const payload = new Uint8Array(4)
      const packet = new Uint8Array(172)
      const header: RtpHeader = {
        ...emptyRtpHeader(),
        payloadOffset: 12,
        payloadLength: 160,
        ssrc: 1,
      }
      let nowMs = 1000
      for (const { passMs, does } of steps) {
        nowMs += passMs
        if (does === 'tick') out.audio(pcm, false, nowMs)
        else if (does === 'event') out.event(payload, true, 0, nowMs)
        else {
          if (does === 'newSsrc') header.ssrc += 1
          if (does === 'timeJump') header.timestamp = (header.timestamp + 123_456_789) >>> 0
          header.sequence = (header.sequence + 1) & 0xffff
          header.timestamp = (header.timestamp + 160) >>> 0
          out.relay(header, packet, false, nowMs)
        }
      }
      expect(port.sent).toHaveLength(steps.length)
      for (let i = 1; i < port.sent.length; i++) {
        const [before, now] = [port.sent[i - 1]!, port.sent[i]!]
        expect((now.sequence - before.sequence) & 0xffff).toBe(1)
        expect((now.timestamp - before.timestamp) | 0).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1000 },
  )
})

test('the first sequence number is in the lower half: a rollover that SRTP may miss is far away', () => {
  for (const bits of [0, 0x7fff, 0x8000, 0xffff, 0xffff_ffff]) {
    const port = new FakePort()
    new Transmitter(port, () => bits).audio(new Int16Array(160), true, 0)
    expect(port.sent[0]!.sequence).toBeLessThanOrEqual(0x8000)
  }
})
