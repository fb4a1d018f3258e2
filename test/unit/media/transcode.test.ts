import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audioCodecs } from '../../../engine/core/ports/media.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import type { Sent } from './fake-port.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { SINE_DBFS, Sine, spectrum, Talker, terms } from './talker.ts'

/** Of what is added to a tone on its way: G.711 alone adds -34, Opus at 8 kHz -18. */
const WORST_REST_DB = -16
const NEAR_DB = 1.5

/** Two legs with a bridge that must decode, as the second peer asked for other packets. */
function bridge(scene: Scene, from: CodecName, to: CodecName): readonly [LegOnStage, LegOnStage] {
  const a = scene.leg(terms(from))
  const b = scene.leg({ ...terms(to), ptimeMs: 30 })
  a.leg.bridge(b.leg)
  return [a, b]
}

/** One stream, a frame a packet. */
function expectSteady(sent: readonly Sent[], codec: CodecName): void {
  const units = codecKinds[codec].clockHz / 50
  for (let n = 1; n < sent.length; n++) {
    const [before, now] = [sent[n - 1]!, sent[n]!]
    expect((now.timestamp - before.timestamp) | 0).toBe(units)
    expect((now.sequence - before.sequence) & 0xffff).toBe(1)
  }
}

/** Both talk for 1.2 s, the first one with the given tones. */
function talk(from: CodecName, to: CodecName, frequenciesHz: readonly number[]) {
  const scene = new Scene()
  const [a, b] = bridge(scene, from, to)
  const speaker = new Talker(a.port, from, ...frequenciesHz)
  const listener = new Talker(b.port, to, 440)
  for (let n = 0; n < 60; n++) {
    speaker.talk()
    listener.talk()
    scene.tick()
  }
  return { listener, a, b }
}

const pairs = audioCodecs.flatMap((from) => audioCodecs.map((to) => [from, to] as const))

describe('every codec towards every codec', () => {
  test.each(pairs)('%s to %s: a tone as loud as it was, and little else', (from, to) => {
    for (const hz of [300, 1000, 3000]) {
      const { listener, a, b } = talk(from, to, [hz])
      const { tones, restDb } = spectrum(listener.heard(), listener.rateHz, [hz])
      expect(Math.abs(tones[0]! - SINE_DBFS)).toBeLessThan(NEAR_DB)
      expect(restDb).toBeLessThan(WORST_REST_DB)
      expect(a.leg.statistics()).toMatchObject({ packetsLost: 0, framesConcealed: 0 })
      expectSteady(b.port.sent, to)
    }
  })

  test.each([
    ['opus', 'G722'],
    ['G722', 'opus'],
    ['opus', 'opus'],
  ] as const)('%s to %s: 6 kHz are heard too', (from, to) => {
    const { listener } = talk(from, to, [1000, 6000])
    const { tones } = spectrum(listener.heard(), listener.rateHz, [1000, 6000])
    for (const db of tones) expect(Math.abs(db - SINE_DBFS)).toBeLessThan(2)
  })

  test.each([
    ['opus', 'PCMU', 6000, 2000],
    ['opus', 'G722', 11_000, 5000],
    ['G722', 'PCMA', 6000, 2000],
  ] as const)('%s to %s: %d Hz are left out, and no %d are heard', (from, to, highHz, aliasHz) => {
    const { listener } = talk(from, to, [1000, highHz])
    const { tones } = spectrum(listener.heard(), listener.rateHz, [1000, aliasHz])
    expect(Math.abs(tones[0]! - SINE_DBFS)).toBeLessThan(NEAR_DB)
    expect(tones[1]).toBeLessThan(SINE_DBFS - 30)
  })
})

test.each([
  ['opus', 'PCMU', 1],
  ['opus', 'PCMU', 4],
  ['PCMU', 'opus', 1],
  ['opus', 'opus', 1],
] as const)('%s to %s, a tenth lost, %d packets at a time: no hole', (from, to, atOnce) => {
  const scene = new Scene()
  const [a, b] = bridge(scene, from, to)
  const speaker = new Talker(a.port, from, 200, 400, 600, 1200)
  const listener = new Talker(b.port, to, 440)
  for (let n = 0; n < 150; n++) {
    const due = n % atOnce === atOnce - 1 ? atOnce : 0
    for (let k = n - due + 1; k <= n; k++) speaker.talk(k % 10 === 7)
    listener.talk()
    scene.tick()
  }
  const pcm = listener.heard()
  const frame = listener.rateHz / 50
  const levels: number[] = []
  for (let at = 50 * frame; at < pcm.length; at += frame) levels.push(rmsDbfs(pcm, at, frame))
  const usual = levels.toSorted((x, y) => x - y)[50]!
  expect(Math.min(...levels)).toBeGreaterThan(usual - 10)
  expect(Math.max(...levels)).toBeLessThan(usual + 4)
  expectSteady(b.port.sent, to)
  const { packetsLost, framesConcealed } = a.leg.statistics()
  expect(packetsLost).toBeGreaterThanOrEqual(13)
  expect(framesConcealed).toBeGreaterThanOrEqual(13)
})

describe('sounds', () => {
  let folder: string
  let path: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringdown-rates-'))
    path = join(folder, 'prompt.wav')
    const pcm = new Sine(16_000, 1000, 6000).next(32_000)
    const body = new Uint8Array(pcm.buffer)
    const header = wavHeader({
      rateHz: 16_000,
      channels: 1,
      format: 'pcm16',
      dataBytes: body.length,
    })
    await writeFile(path, Buffer.concat([header, body]))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Samples are shared as long as somebody holds them: read before, the sound begins at once. */
  const held: unknown[] = []
  async function play(on: LegOnStage): Promise<void> {
    const sound = { kind: 'wav', path, loop: 0 } as const
    for (const rateHz of [8000, 16_000] as const) held.push(await prepareSound(sound, rateHz))
    void on.leg.play(sound)
    await nextTurn()
  }

  test.each(audioCodecs)('a wideband prompt to %s has what the codec can carry', async (codec) => {
    const scene = new Scene()
    const on = scene.leg(terms(codec))
    const listener = new Talker(on.port, codec)
    await play(on)
    scene.tick(60)
    const pcm = listener.heard()
    const wide = listener.rateHz > 8000
    const heard = wide ? [1000, 6000] : [1000]
    const measured = spectrum(pcm, listener.rateHz, heard)
    for (const db of measured.tones) expect(Math.abs(db - SINE_DBFS)).toBeLessThan(2)
    // Two steady tones are what an encoder for voice does worst.
    expect(measured.restDb).toBeLessThan(codec === 'opus' ? -7 : -20)
  })

  test.each([
    ['opus', 'PCMU'],
    ['PCMU', 'opus'],
    ['PCMA', 'G722'],
  ] as const)('one that began for %s goes on at its pitch for %s', async (first, then) => {
    const scene = new Scene()
    const on = scene.leg(terms(first))
    await play(on)
    scene.tick(20)
    on.leg.agree({ ...on.agreement, ...terms(then) }, undefined)
    const listener = new Talker(on.port, then)
    scene.tick(40)
    const measured = spectrum(listener.heard(), listener.rateHz, [1000])
    expect(Math.abs(measured.tones[0]! - SINE_DBFS)).toBeLessThan(1)
    // Where the sound was read narrow it stays so; else the second tone is there.
    if (first !== 'opus') expect(measured.restDb).toBeLessThan(WORST_REST_DB)
  })

  test('hold music goes on at its pitch when a narrow bridge ends and begins', async () => {
    const scene = new Scene()
    const [on, other] = [scene.leg(terms('opus')), scene.leg(terms('PCMU'))]
    on.leg.bridge(other.leg)
    void on.leg.play({ kind: 'tone', tone: 'ringback' })
    await Promise.resolve()
    scene.tick(20)
    on.leg.unbridge()
    scene.tick(40)
    const listener = new Talker(on.port, 'opus')
    const { restDb } = spectrum(listener.heard(), 48_000, [440, 480], 500)
    expect(restDb).toBeLessThan(-15)
  })

  test.each(audioCodecs)('a recording of %s has both sides at 8 kHz', (codec) => {
    const scene = new Scene()
    const on = scene.leg(terms(codec))
    const speaker = new Talker(on.port, codec, 700)
    const [left, right]: [number[], number[]] = [[], []]
    const recorder = {
      write: (a: Int16Array, b: Int16Array, samples: number) => {
        left.push(...a.subarray(0, samples))
        right.push(...b.subarray(0, samples))
      },
      close: async () => ({ path: '', durationMs: 0, bytes: 0, failure: null }),
    }
    on.leg.taps.record(new Tape(recorder, 'receivedLeft'))
    void on.leg.play({ kind: 'tone', tone: 'ringback' })
    for (let n = 0; n < 60; n++) {
      speaker.talk()
      scene.tick()
    }
    // What both sides are held back for, 120 ms, is not written yet.
    expect(left).toHaveLength((60 - 6) * 160)
    expect(right).toHaveLength((60 - 6) * 160)
    const heard = spectrum(Int16Array.from(left), 8000, [700])
    expect(Math.abs(heard.tones[0]! - SINE_DBFS)).toBeLessThan(NEAR_DB)
    expect(heard.restDb).toBeLessThan(WORST_REST_DB)
  })
})
