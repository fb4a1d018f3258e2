import { expect, test } from 'vitest'
import type { Agreement } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import fc from '../../support/property.ts'
import { agreement, type LegOnStage, loud, Scene } from './scene.ts'
import { terms } from './talker.ts'

const agreements: readonly Partial<Agreement>[] = [
  {},
  { codec: 'PCMA', payloadType: 8 },
  { send: false },
  { receive: false },
  { remote: null, send: false },
  { telephoneEvent: null },
  { telephoneEvent: { payloadType: 97, rateHz: 8000 } },
  { ptimeMs: 30 },
  terms('opus'),
  { ...terms('opus'), ptimeMs: 60 },
  terms('G722'),
]

const key = (end: boolean): Uint8Array => Uint8Array.of(3, end ? 0x8a : 0x0a, 3, 32)

function opusPackets(): readonly Uint8Array[] {
  const encoder = codecKinds.opus.newEncoder(48_000)
  const bytes = new Uint8Array(1500)
  return Array.from({ length: 10 }, (_, n) => {
    const pcm = new Int16Array(960).map((_, i) => 5000 * Math.sin((i + 960 * n) / 20))
    return bytes.slice(0, encoder.encode(pcm, bytes, 0))
  })
}
const opus = opusPackets()

/** What can happen to a leg; `other` is a second one. */
const happenings: Record<string, (on: LegOnStage, other: LegOnStage, n: number) => void> = {
  packet: ({ port }) => port.arrive(loud(4000)),
  burst: ({ port }) => {
    for (let n = 0; n < 12; n++) port.arrive(loud(-4000))
  },
  otherCodec: ({ port }) => port.arrive(loud(4000, 'PCMA'), 8),
  opusPacket: ({ port }, _, n) => port.arrive(opus[n % opus.length]!, 111, false, 960),
  // A first byte that promises up to 120 ms, and rubbish behind it.
  opusRubbish: ({ port }, _, n) => {
    const bytes = Uint8Array.from({ length: 1 + (n % 90) }, (_, i) => (n * 31 + i * i * 7) & 0xff)
    port.arrive(bytes, 111, false, 960)
  },
  wideband: ({ port }, _, n) => port.arrive(new Uint8Array(160).fill(n), 9),
  key48: ({ port }, _, n) => port.arrive(key(n % 2 === 0), 110, true),
  longPacket: ({ port }) => port.arrive(loud(4000, 'PCMU', 320)),
  emptyPacket: ({ port }) => port.arrive(new Uint8Array(0)),
  keyPacket: ({ port }, _, n) => port.arrive(key(n % 2 === 0), 101, true),
  newStream: ({ port }, _, n) => {
    Object.assign(port, { ssrc: 5000 + n, sequence: n & 0xffff, timestamp: n * 7919 })
  },
  agree: ({ leg }, _, n) => leg.agree(agreement(agreements[n % agreements.length]), undefined),
  bridge: ({ leg }, other) => leg.bridge(other.leg),
  unbridge: ({ leg }) => leg.unbridge(),
  play: ({ leg }, _, n) => {
    const sound = n % 2 === 0 ? ({ kind: 'silence', durationMs: n % 200 } as const) : beep
    void leg.play(sound)
  },
  stop: ({ leg }) => leg.stop(),
  keys: ({ leg }) => void leg.sendDigits('1w#').catch(() => undefined),
}
const beep = { kind: 'tone', tone: 'beep' } as const

const step = fc.record({
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constant('packet') },
    { weight: 2, arbitrary: fc.constantFrom(...Object.keys(happenings)) },
  ),
  leg: fc.nat(2),
  other: fc.integer({ min: 1, max: 2 }),
  n: fc.nat(1000),
  ticks: fc.nat(4),
})

test('whatever happens: one stream a leg without a jump, and recordings that keep time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const scene = new Scene()
      const stage = [scene.leg(), scene.leg(), scene.leg()]
      let frames = 0
      const close = async () => ({ path: '', durationMs: 0, bytes: 0, failure: null })
      const tape = {
        write: (left: Int16Array, right: Int16Array, samples: number) => {
          if (left.length === right.length) frames += samples / 160
        },
        close,
      }
      const recording = new Tape(tape, 'receivedLeft')
      stage[0]!.leg.taps.record(recording)
      let ticks = 0
      for (const { what, leg, other, n, ticks: count } of steps) {
        happenings[what]!(stage[leg]!, stage[(leg + other) % 3]!, n)
        await Promise.resolve()
        scene.tick(count)
        ticks += count
      }
      // The last 120 ms wait until nothing follows.
      stage[0]!.leg.taps.unrecord(recording)
      recording.finish()
      expect(frames).toBe(ticks)
      for (const { leg, port } of stage) {
        for (let i = 1; i < port.sent.length; i++) {
          const [before, now] = [port.sent[i - 1]!, port.sent[i]!]
          expect(now.ssrc).toBe(before.ssrc)
          expect((now.sequence - before.sequence) & 0xffff).toBe(1)
          const isEvent = [97, 101, 110].includes(now.payloadType)
          const step = (now.timestamp - before.timestamp) | 0
          // A key has the time of its beginning, so time may stand or step back to there.
          if (!isEvent) expect(step).toBeGreaterThan(-1)
        }
        await leg.close()
      }
    }),
    { numRuns: 200 },
  )
})
