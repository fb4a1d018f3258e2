import { describe, expect, test } from 'vitest'
import { toneAmplitude } from '../../../engine/dsp/goertzel.ts'
import { ToneGenerator } from '../../../engine/dsp/tone-generator.ts'
import { dtmfFrequencies, dtmfTone } from '../../../engine/dsp/tones.ts'
import type { Agreement, CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { agreement, type LegOnStage, Scene } from './scene.ts'
import { payloadTypes, terms } from './talker.ts'

/** A peer that does not name telephone events, which we had offered. */
function withoutEvents(codec: CodecName = 'PCMU'): Partial<Agreement> {
  const all = { ...agreement(), ...terms(codec) }
  return { ...all, telephoneEvent: null }
}

/** The peer presses keys as tones, 80 ms and 70 ms, and then sends half a second of nothing. */
function pressAsTones(scene: Scene, { port, agreement }: LegOnStage, keys: string): void {
  const kind = codecKinds[agreement.codec]
  const rateHz = kind.bestRateHz
  const encoder = kind.newEncoder(rateHz)
  const tones = new ToneGenerator(dtmfTone(keys, 80, 70), rateHz)
  const pcm = new Int16Array(rateHz / 50)
  const bytes = new Uint8Array(1500)
  for (let left = 25; left > 0; ) {
    pcm.fill(0)
    if (tones.next(pcm, 0, pcm.length) === 0) left -= 1
    const count = encoder.encode(pcm, bytes, 0)
    const units = kind.clockHz / 50
    port.arrive(bytes.slice(0, count), payloadTypes[agreement.codec], false, units)
    scene.tick()
  }
  encoder.close()
}

/** For how many ms at most a key's low tone is in what went out, in stretches of 5 ms. */
function longestToneMs({ port, agreement }: LegOnStage, key: string): number {
  const kind = codecKinds[agreement.codec]
  const decoder = kind.newDecoder(8000)
  const hz = dtmfFrequencies(key)?.[0] ?? Number.NaN
  const frame = new Int16Array(160)
  let longest = 0
  let stretch = 0
  for (const { payload, payloadType } of port.sent) {
    if (payloadType !== agreement.payloadType) continue
    decoder.decode(payload, 0, payload.length, frame)
    for (let at = 0; at < 160; at += 40) {
      stretch = toneAmplitude(frame, at, 40, hz) > 1500 ? stretch + 5 : 0
      longest = Math.max(longest, stretch)
    }
  }
  decoder.close()
  return longest
}

const events = ({ port }: LegOnStage): number[] => {
  const ends = port.sent.filter(({ payloadType, payload }) => {
    return payloadType === 101 && (payload[1]! & 0x80) !== 0
  })
  return [...new Map(ends.map(({ timestamp, payload }) => [timestamp, payload[0]!])).values()]
}

describe('keys that a peer presses as tones', () => {
  test.each(['PCMU', 'PCMA', 'G722', 'opus'] as const)('are told once (%s)', (codec) => {
    const scene = new Scene()
    const a = scene.leg(withoutEvents(codec))
    pressAsTones(scene, a, '1590*#D1')
    expect(scene.digits).toEqual([...'1590*#D1'])
    // The jitter buffer makes sound a little shorter where it waits for too long.
    for (const { durationMs } of scene.presses)
      expect(Math.abs(durationMs - 80)).toBeLessThanOrEqual(20)
  })

  test('are not looked for where the peer may send events', () => {
    const scene = new Scene()
    const a = scene.leg()
    pressAsTones(scene, a, '159')
    expect(scene.digits).toEqual([])
  })

  test('are looked for there too when that is wanted, and told once', () => {
    const scene = new Scene()
    scene.inbandDtmf = 'always'
    const a = scene.leg()
    pressAsTones(scene, a, '15')
    const { timestamp } = a.port
    a.port.arrive(Uint8Array.of(5, 0x80, 640 >> 8, 640 & 0xff), 101, true, 0)
    a.port.timestamp = timestamp + 800
    scene.tick()
    // Half a second after the tone it is another press.
    expect(scene.digits).toEqual(['1', '5', '5'])
    a.port.arrive(Uint8Array.of(7, 0x80, 640 >> 8, 640 & 0xff), 101, true, 0)
    pressAsTones(scene, a, '7')
    expect(scene.digits).toEqual(['1', '5', '5', '7'])
  })

  test('are not looked for when that is not wanted', () => {
    const scene = new Scene()
    scene.inbandDtmf = 'off'
    const a = scene.leg(withoutEvents())
    pressAsTones(scene, a, '159')
    expect(scene.digits).toEqual([])
  })

  test('go as events to a partner that takes them, who does not hear the tones', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(withoutEvents()), scene.leg()]
    a.leg.bridge(b.leg)
    pressAsTones(scene, a, '59')
    scene.tick(30)
    expect(scene.digits).toEqual(['5', '9'])
    expect(events(b)).toEqual([5, 9])
    expect(longestToneMs(b, '5')).toBeLessThanOrEqual(20)
  })

  test('pass as they are between two that know no events, and go no second time', () => {
    const scene = new Scene()
    const [a, b] = [scene.leg(withoutEvents()), scene.leg(withoutEvents())]
    a.leg.bridge(b.leg)
    pressAsTones(scene, a, '5')
    scene.tick(30)
    expect(scene.digits).toEqual(['5'])
    expect(longestToneMs(b, '5')).toBeGreaterThanOrEqual(75)
    expect(longestToneMs(b, '5')).toBeLessThanOrEqual(90)
    const whole = b.port.sent.filter(({ payload }) => payload.some((byte) => byte < 0x60))
    expect(whole.length).toBeLessThanOrEqual(5)
  })

  test('that come back while we press keys ourselves are our own', () => {
    const scene = new Scene()
    const a = scene.leg(withoutEvents())
    void a.leg.sendDigits('123')
    pressAsTones(scene, a, '123')
    expect(scene.digits).toEqual([])
  })

  test('are looked for from when the peer names no events any more', () => {
    const scene = new Scene()
    const a = scene.leg()
    pressAsTones(scene, a, '1')
    a.leg.agree({ ...agreement(), ...withoutEvents() }, undefined)
    pressAsTones(scene, a, '2')
    a.leg.agree(agreement(), undefined)
    pressAsTones(scene, a, '3')
    expect(scene.digits).toEqual(['2'])
  })
})
