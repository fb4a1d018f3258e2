/** Between two legs of one codec packets pass as they are, whatever the codec; keys pass with their clocks. */
import { describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import type { Agreement, CodecName, EventFormat } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { payloadTypes, spectrum, Talker, terms } from './talker.ts'

const at48: EventFormat = { payloadType: 110, rateHz: 48_000 }
const at8: EventFormat = { payloadType: 101, rateHz: 8000 }

function pair(scene: Scene, codec: CodecName, change: Partial<Agreement> = {}) {
  const a = scene.leg(terms(codec))
  const b = scene.leg({ ...terms(codec), ...change })
  a.leg.bridge(b.leg)
  return [a, b] as const
}

const samples = (bytes: number, first: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => (i === 0 ? first : (i * 7) & 0xff))

/** First bytes of Opus packets by what they hold: one frame, of CELT or SILK (RFC 6716 section 3.1). */
const TOC = { ms2_5: 28 << 3, ms10: 8 << 3, ms20: 9 << 3 }

test.each([
  ['opus', samples(61, TOC.ms20), 960],
  ['opus, DTX', Uint8Array.of(TOC.ms20), 960],
  ['opus, 10 ms', samples(40, TOC.ms10), 480],
  ['opus, 2.5 ms', samples(20, TOC.ms2_5), 120],
  ['opus, stereo', samples(61, TOC.ms20 | 4), 960],
  ['G722', samples(160, 0), 160],
] as const)('%s: byte for byte, at once, in one unbroken stream', (name, payload, units) => {
  const scene = new Scene()
  const codec = name === 'G722' ? 'G722' : 'opus'
  const [a, b] = pair(scene, codec)
  scene.tick()
  const before = b.port.sent.length
  for (let n = 0; n < 10; n++) {
    a.port.arrive(payload, payloadTypes[codec], false, units)
    expect(b.port.sent).toHaveLength(before + n + 1)
    expect(b.port.sent.at(-1)!.payload).toEqual(payload)
    scene.nowMs += (units * 1000) / codecKinds[codec].clockHz
  }
  const relayed = b.port.sent.slice(before)
  for (let n = 1; n < relayed.length; n++) {
    expect((relayed[n]!.timestamp - relayed[n - 1]!.timestamp) | 0).toBe(units)
    expect((relayed[n]!.sequence - relayed[n - 1]!.sequence) & 0xffff).toBe(1)
  }
})

test('Opus in a pause of the peer: a packet every 400 ms is relayed, and nothing of ours between', () => {
  const scene = new Scene()
  const [a, b] = pair(scene, 'opus')
  a.port.arrive(samples(61, TOC.ms20), 111, false, 960)
  scene.tick(2)
  const before = b.port.sent.length
  for (let n = 0; n < 5; n++) {
    a.port.arrive(Uint8Array.of(TOC.ms20), 111, false, 20 * 960)
    scene.tick(20)
  }
  expect(b.port.sent.slice(before).map(({ payload }) => payload.length)).toEqual([1, 1, 1, 1, 1])
  scene.tick(12)
  expect(b.port.sent.at(-1)!.payload.length).toBeGreaterThan(1)
})

test.each([40, 60])('Opus packets of %d ms come out as 20 ms, nothing of them lost', (ms) => {
  const scene = new Scene()
  const [a, b] = pair(scene, 'opus')
  const speaker = new Talker(a.port, 'opus', 500)
  for (let n = 0; n < 10; n++) {
    speaker.talk()
    scene.tick()
  }
  const before = b.port.sent.length
  const frames = ms / 20
  for (let n = 0; n < 60; n += frames) {
    speaker.talkLong(frames)
    scene.tick(frames)
  }
  const sent = b.port.sent.slice(before)
  expect(sent.length).toBeGreaterThanOrEqual(57)
  for (const { payload } of sent) {
    expect(codecKinds.opus.durationUnits(payload, 0, payload.length)).toBe(960)
  }
  const listener = new Talker(b.port, 'opus')
  const pcm = listener.heard()
  const { tones } = spectrum(pcm, 48_000, [500])
  expect(tones[0]).toBeGreaterThan(-17)
  for (let at = pcm.length - 30 * 960; at < pcm.length; at += 960) {
    expect(rmsDbfs(pcm, at, 960)).toBeGreaterThan(-24)
  }
  expect(a.leg.statistics()).toMatchObject({ packetsLost: 0 })
})

test('a packet that is no Opus is not passed on, and the next one is', () => {
  const scene = new Scene()
  const [a, b] = pair(scene, 'opus')
  const good = samples(61, TOC.ms20)
  for (const payload of [good, samples(1, 3), good]) {
    a.port.arrive(payload, 111, false, 960)
    scene.nowMs += 20
  }
  expect(b.port.sent.map(({ payload }) => payload.length)).toEqual([61, 61])
})

test('a recorder that comes late hears Opus that is relayed', () => {
  const scene = new Scene()
  const [a, b] = pair(scene, 'opus')
  const speaker = new Talker(a.port, 'opus', 500)
  const run = (ticks: number): void => {
    for (let n = 0; n < ticks; n++) {
      speaker.talk()
      scene.tick()
    }
  }
  run(20)
  const left: number[] = []
  const close = async () => ({ path: '', durationMs: 0, bytes: 0, failure: null })
  const write = (pcm: Int16Array) => left.push(...pcm)
  b.leg.taps.record(new Tape({ write: (_, said) => write(said), close }, 'receivedLeft'))
  run(40)
  const { tones, restDb } = spectrum(Int16Array.from(left), 8000, [500])
  expect(tones[0]).toBeGreaterThan(-16)
  expect(restDb).toBeLessThan(-15)
  expect(b.port.sent.filter(({ payloadType }) => payloadType === 111)).toHaveLength(60)
})

/** One press of the 5 by events of a clock: five packets of tone, three of the end. */
function press(scene: Scene, { port }: LegOnStage, { payloadType, rateHz }: EventFormat): void {
  const { timestamp } = port
  const tick = rateHz / 50
  for (let n = 0; n < 8; n++) {
    const duration = Math.min(n + 1, 5) * tick
    const end = n >= 5 ? 0x80 : 0
    port.arrive(Uint8Array.of(5, end, duration >> 8, duration & 0xff), payloadType, n === 0, 0)
    scene.tick()
  }
  port.timestamp = timestamp + 8 * 960
}

interface Keys {
  readonly events: number
  readonly timestamps: number
  readonly ends: number
  readonly lastDuration: number
}

function keysSent({ port }: LegOnStage, payloadType: number): Keys {
  const events = port.sent.filter((packet) => packet.payloadType === payloadType)
  const last = events.at(-1)?.payload ?? new Uint8Array(4)
  return {
    events: events.length,
    timestamps: new Set(events.map(({ timestamp }) => timestamp)).size,
    ends: events.filter(({ payload }) => payload[1]! & 0x80).length,
    lastDuration: (last[2]! << 8) | last[3]!,
  }
}

describe('keys of an Opus leg', () => {
  test.each([at48, at8])('pressed by the peer on a clock of $rateHz: one press', (format) => {
    const scene = new Scene()
    const on = scene.leg(terms('opus'))
    press(scene, on, format)
    scene.tick(10)
    expect(scene.presses).toEqual([{ digit: '5', durationMs: 100 }])
  })

  test.each([at48, at8])(
    'sent on a clock of $rateHz: time of the stream, duration of the clock',
    async (format) => {
      const scene = new Scene()
      const on = scene.leg({ ...terms('opus'), telephoneEvent: format })
      scene.tick()
      const done = on.leg.sendDigits('5')
      scene.tick(12)
      await done
      const sent = keysSent(on, format.payloadType)
      expect(sent).toEqual({
        events: 7,
        timestamps: 1,
        ends: 3,
        lastDuration: format.rateHz / 10,
      })
      const [first, last] = [on.port.sent[0]!, on.port.sent.at(-1)!]
      expect(last.payloadType).toBe(111)
      expect((last.timestamp - first.timestamp) | 0).toBe(12 * 960)
      const event = on.port.sent.find(({ payloadType }) => payloadType === format.payloadType)!
      expect((event.timestamp - first.timestamp) | 0).toBe(960)
    },
  )

  test('relayed to a peer of the same clock under its own number', () => {
    const scene = new Scene()
    const [a, b] = pair(scene, 'opus', { telephoneEvent: { payloadType: 97, rateHz: 48_000 } })
    press(scene, a, at48)
    expect(keysSent(b, 97)).toEqual({ events: 8, timestamps: 1, ends: 3, lastDuration: 4800 })
    expect(scene.digits).toEqual(['5'])
  })

  test('pressed anew for a peer of the other clock', () => {
    const scene = new Scene()
    const [a, b] = pair(scene, 'opus', { telephoneEvent: at8 })
    press(scene, a, at48)
    scene.tick(15)
    expect(keysSent(b, 101)).toEqual({ events: 7, timestamps: 1, ends: 3, lastDuration: 800 })
    expect(scene.digits).toEqual(['5'])
  })

  test.each([
    ['opus', at48, 'PCMU', at8],
    ['PCMU', at8, 'opus', at48],
  ] as const)('from %s to %s: once, on its clock', (from, theirs, to, ours) => {
    const scene = new Scene()
    const [a, b] = [scene.leg(terms(from)), scene.leg(terms(to))]
    a.leg.bridge(b.leg)
    press(scene, a, theirs)
    scene.tick(15)
    const sent = keysSent(b, ours.payloadType)
    expect(sent).toMatchObject({ timestamps: 1, ends: 3, lastDuration: ours.rateHz / 10 })
    expect(scene.digits).toEqual(['5'])
  })

  test('tones for a peer that takes no events, at the rate of its codec', async () => {
    const scene = new Scene()
    const on = scene.leg({ ...terms('opus'), telephoneEvent: null })
    const done = on.leg.sendDigits('55')
    scene.tick(20)
    await done
    const pcm = new Talker(on.port, 'opus').heard()
    // The middle of the second key.
    const { tones } = spectrum(pcm.subarray(0, 48 * 280), 48_000, [770, 1336], 50)
    for (const db of tones) expect(Math.abs(db + 10)).toBeLessThan(2)
  })

  test('when the clock changes under keys that wait, each press is whole', async () => {
    const scene = new Scene()
    const on = scene.leg(terms('opus'))
    const done = on.leg.sendDigits('12')
    scene.tick(3)
    on.leg.agree({ ...on.agreement, telephoneEvent: at8 }, undefined)
    scene.tick(25)
    await done
    const next = on.leg.sendDigits('3')
    scene.tick(12)
    await next
    expect(keysSent(on, 101).lastDuration).toBe(800)
  })
})
