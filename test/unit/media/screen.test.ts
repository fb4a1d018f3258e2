import { describe, expect, test } from 'vitest'
import { decodeUlaw } from '../../../engine/dsp/g711.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import type { FakePort } from './fake-port.ts'
import { type LegOnStage, Scene } from './scene.ts'
import { SINE_DBFS, Talker } from './talker.ts'

const NOTHING_DB = -60
const [A_HZ, B_HZ] = [400, 1000]
/** That of TONES.beep. */
const BEEP_HZ = 1000

/** The last 200 ms that a phone was sent. */
function heardBy(port: FakePort): Int16Array {
  const frames = port.sent.slice(-10)
  const pcm = new Int16Array(160 * frames.length)
  for (const [at, { payload }] of frames.entries()) decodeUlaw(payload, 0, 160, pcm, at * 160)
  return pcm
}

const levelAt = (port: FakePort, hz: number): number => toneDbfs(heardBy(port), hz, 8000)

/** Two phones of one codec that talk, a tone each. */
function conversation(bHz = B_HZ) {
  const scene = new Scene()
  const [a, b] = [scene.leg(), scene.leg()]
  a.leg.bridge(b.leg)
  const [ofA, ofB] = [new Talker(a.port, 'PCMU', A_HZ), new Talker(b.port, 'PCMU', bHz)]
  const talk = (ticks: number) => {
    for (let n = 0; n < ticks; n++) {
      ofA.talk()
      ofB.talk()
      scene.tick()
    }
  }
  talk(30)
  return { scene, a, b, talk }
}

/** What each of the two hears of the other, in dBFS. */
const between = ({ a, b }: { a: LegOnStage; b: LegOnStage }, bHz = B_HZ) => ({
  a: levelAt(a.port, bHz),
  b: levelAt(b.port, A_HZ),
})

const isLoud = (levelDb: number) => Math.abs(levelDb - SINE_DBFS) < 1

describe('a leg that is muted', () => {
  test('is not heard by the other and hears him, and is heard again', () => {
    const on = conversation()
    expect(isLoud(between(on).b)).toBe(true)
    on.a.leg.screen.mutes = { muted: true, deaf: false }
    on.talk(30)
    expect(between(on).b).toBeLessThan(NOTHING_DB)
    expect(isLoud(between(on).a)).toBe(true)
    on.a.leg.screen.mutes = { muted: false, deaf: false }
    on.talk(30)
    expect(isLoud(between(on).b)).toBe(true)
  })

  test('deaf: hears nobody and is heard; its stream goes on without a gap', () => {
    const on = conversation()
    on.a.leg.screen.mutes = { muted: false, deaf: true }
    on.talk(30)
    expect(between(on).a).toBeLessThan(NOTHING_DB)
    expect(isLoud(between(on).b)).toBe(true)
    const { sent } = on.a.port
    for (let i = 1; i < sent.length; i++) {
      expect((sent[i]!.sequence - sent[i - 1]!.sequence) & 0xffff).toBe(1)
    }
  })

  test('falls silent without a click: no step between two samples is larger than in its tone', () => {
    const on = conversation()
    const before = on.b.port.sent.length
    on.a.leg.screen.mutes = { muted: true, deaf: false }
    on.talk(10)
    const frames = on.b.port.sent.slice(before - 2, before + 10)
    const pcm = new Int16Array(160 * frames.length)
    for (const [at, { payload }] of frames.entries()) decodeUlaw(payload, 0, 160, pcm, at * 160)
    let step = 0
    for (let i = 1; i < pcm.length; i++) step = Math.max(step, Math.abs(pcm[i]! - pcm[i - 1]!))
    // 6000 * 2 * pi * 400 / 8000, and what mu-law rounds.
    expect(step).toBeLessThan(2300)
  })

  test('its keys go on to the other', () => {
    const { scene, a, b, talk } = conversation()
    a.leg.screen.mutes = { muted: true, deaf: false }
    for (const [at, end] of [160, 320, 480, 640, 800].entries()) {
      a.port.arrive(
        Uint8Array.of(5, at === 4 ? 0x8a : 0x0a, end >> 8, end & 0xff),
        101,
        at === 0,
        0,
      )
      talk(1)
    }
    talk(20)
    expect(scene.digits).toContain('5')
    expect(b.port.sent.some(({ payloadType }) => payloadType === 101)).toBe(true)
  })
})

describe('what is played over a conversation', () => {
  test('is heard by the one, with the other; and not by the other', async () => {
    const on = conversation(700)
    const over = on.a.leg.screen.play({ kind: 'tone', tone: 'beep' })
    await Promise.resolve()
    on.talk(15)
    expect(levelAt(on.a.port, BEEP_HZ)).toBeGreaterThan(-30)
    expect(isLoud(between(on, 700).a)).toBe(true)
    expect(levelAt(on.b.port, BEEP_HZ)).toBeLessThan(NOTHING_DB)
    expect(isLoud(between(on, 700).b)).toBe(true)
    on.talk(30)
    expect(await over).toBe('finished')
    expect(levelAt(on.a.port, BEEP_HZ)).toBeLessThan(NOTHING_DB)
    expect(isLoud(between(on, 700).a)).toBe(true)
  })

  test('goes on in silence, when the other has gone, and ends when it is stopped', async () => {
    const { a, talk } = conversation(700)
    const over = a.leg.screen.play({ kind: 'tone', tone: 'ringback' })
    await Promise.resolve()
    talk(10)
    a.leg.unbridge()
    talk(20)
    expect(levelAt(a.port, 440)).toBeGreaterThan(-30)
    a.leg.screen.stop()
    expect(await over).toBe('stopped')
    talk(20)
    expect(levelAt(a.port, 440)).toBeLessThan(NOTHING_DB)
  })

  test('the end of the leg ends it', async () => {
    const { a } = conversation()
    const over = a.leg.screen.play({ kind: 'tone', tone: 'ringback' })
    await a.leg.close()
    expect(await over).toBe('legClosed')
  })
})

describe('a tape', () => {
  class Notes {
    samples = 0
    loudest = 0
    write(left: Int16Array, right: Int16Array, samples: number): void {
      this.samples += samples
      for (const pcm of [left, right]) {
        for (const sample of pcm) this.loudest = Math.max(this.loudest, Math.abs(sample))
      }
    }
    close = async () => ({ path: '', durationMs: 0, bytes: 0, failure: null })
  }

  test('waits while it is paused, and writes silence while it is masked', () => {
    const { a, talk } = conversation()
    const notes = new Notes()
    const tape = new Tape(notes, 'receivedLeft')
    a.leg.taps.record(tape)
    tape.mode = 'masked'
    talk(10)
    // 120 ms wait to be aligned.
    expect(notes).toMatchObject({ samples: 640, loudest: 0 })
    tape.mode = 'paused'
    talk(10)
    tape.skip(5)
    expect(notes).toMatchObject({ samples: 640, loudest: 0 })
    tape.mode = 'running'
    talk(10)
    tape.finish()
    expect(notes.samples).toBe(3200)
    expect(notes.loudest).toBeGreaterThan(5000)
  })
})
