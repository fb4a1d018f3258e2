/** Who has answered: by the length of what is said, pauses and beeps. How often that is right: npm run quality -- amd. */
import { describe, expect, test } from 'vitest'
import { AnswererDetector, usualDetection } from '../../../engine/dsp/amd.ts'
import { greetings, hasEspeak } from '../../media/quality/amd-greetings.ts'
import { detect, endLateMs, isRight, trialOf } from '../../media/quality/amd-trials.ts'
import { speech } from '../../media/quality/speech.ts'
import { seededRandom } from '../../support/impairments.ts'

const RATE_HZ = 8000
const silence = (ms: number) => new Int16Array((ms * RATE_HZ) / 1000)
const words = (ms: number) =>
  speech(Math.ceil(ms / 1000) + 1, RATE_HZ, 3).slice(2000, 2000 + ms * 8)
const tone = (hz: number, ms: number) =>
  Int16Array.from(silence(ms), (_, i) => 6000 * Math.sin((2 * Math.PI * hz * i) / RATE_HZ))

/** The parts one after the other, with noise so far below a full scale. */
function line(...parts: Int16Array[]): Int16Array {
  const pcm = Int16Array.from(parts.flatMap((part) => [...part]))
  const random = seededRandom(5)
  return pcm.map((sample) => sample + 60 * (random() - 0.5))
}
const heard = (parts: readonly Int16Array[], options = {}) =>
  detect({ pcm: line(...parts) }, options)

describe('who has answered', () => {
  test('a person says a word and waits', () => {
    const found = heard([silence(400), words(700), silence(4000)])
    expect(found?.answerer).toBe('human')
    expect(found?.initialSilenceMs).toBeGreaterThan(340)
    expect(found?.initialSilenceMs).toBeLessThan(620)
    // the words, and the pause that tells
    expect(found?.atMs).toBeGreaterThanOrEqual(1900)
    expect(found?.atMs).toBeLessThanOrEqual(2500)
  })

  test('a machine goes on', () => {
    const found = heard([silence(400), words(6000), silence(4000)])
    expect(found).toMatchObject({ answerer: 'machine_start' })
    expect(found?.atMs).toBeGreaterThanOrEqual(2700)
    expect(found?.atMs).toBeLessThanOrEqual(3200)
  })

  test('a longer word is nobody’s proof where that is wished', () => {
    const parts = [silence(400), words(3000), silence(4000)]
    expect(heard(parts)?.answerer).toBe('machine_start')
    expect(heard(parts, { speechThresholdMs: 4000 })?.answerer).toBe('human')
  })

  test.each([400, 1000, 2000])('a beep of %i Hz ends the greeting', (hz) => {
    const parts = [silence(300), words(4000), silence(900), tone(hz, 400), silence(4000)]
    const found = heard(parts, { until: 'messageEnd' })
    expect(found?.answerer).toBe('machine_end_beep')
    expect(Math.abs((found?.atMs ?? 0) - 5600)).toBeLessThanOrEqual(100)
  })

  test('a beep after a word makes it a machine', () => {
    const parts = [silence(300), words(900), silence(600), tone(1000, 300), silence(3000)]
    expect(heard(parts)?.answerer).toBe('machine_start')
  })

  test('without a beep silence ends the greeting', () => {
    const found = heard([silence(300), words(4000), silence(4000)], { until: 'messageEnd' })
    expect(found?.answerer).toBe('machine_end_silence')
    expect(Math.abs((found?.atMs ?? 0) - 6300)).toBeLessThanOrEqual(400)
  })

  test('a greeting that does not end is told of in time', () => {
    const found = heard([words(9000)], { until: 'messageEnd', timeoutMs: 8000 })
    expect(found).toMatchObject({ answerer: 'machine_start', atMs: 8040 })
  })

  test.each([2100, 1100])('a fax says %i Hz', (hz) => {
    expect(heard([silence(1000), tone(hz, 3000), silence(3000)])?.answerer).toBe('fax')
  })

  test('nobody says anything', () => {
    expect(heard([silence(9000)])).toMatchObject({ answerer: 'unknown', greetingMs: 0 })
    expect(heard([silence(9000)])?.atMs).toBe(5040)
    expect(detect({ pcm: silence(9000) })?.answerer).toBe('unknown')
  })

  test('what was found stays', () => {
    const detector = new AnswererDetector({ ...usualDetection, silenceTimeoutMs: 2000 })
    const frame = new Int16Array(160)
    for (let n = 0; n < 200; n++) detector.hear(frame)
    const found = detector.detection
    for (let n = 0; n < 200; n++) detector.hear(tone(2100, 20))
    expect(detector.detection).toBe(found)
  })

  test.skipIf(!hasEspeak())('greetings of a speech program', () => {
    const trials = [...greetings(24, 11)].map(trialOf)
    const wrong = trials.filter((trial) => !isRight(trial)).map(({ greeting }) => greeting.what)
    expect(wrong).toEqual([])
    const machines = trials.filter(({ greeting }) => greeting.who === 'machine')
    expect(machines.filter((trial) => endLateMs(trial) === undefined).length).toBeLessThanOrEqual(1)
  })
})
