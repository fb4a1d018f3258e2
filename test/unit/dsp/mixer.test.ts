/** The parts of the mixer, one by one. */
import { describe, expect, test } from 'vitest'
import { GainControl } from '../../../engine/dsp/mixer/gain-control.ts'
import { Loudest } from '../../../engine/dsp/mixer/loudest.ts'
import { SoftLimiter } from '../../../engine/dsp/mixer/soft-limiter.ts'
import { SpeechMeter } from '../../../engine/dsp/mixer/speech-meter.ts'
import { add, measurePower, scale, shareOf, without } from '../../../engine/dsp/mixer/sum.ts'
import { BARRED, PRIORITY, TalkerChoice, USUAL } from '../../../engine/dsp/mixer/talker-choice.ts'

const power = (db: number): number => 10 ** (db / 10)

describe('sums', () => {
  test.each([
    ['as it is', [1, 1], [100, -200, 300, -32768, 32767], [100, -200, 300, -32768, 32767]],
    ['faded in', [0, 1], [100, 100, 100, 100, 100], [20, 40, 60, 80, 100]],
    ['faded out', [1, 0], [100, 100, 100, 100, 100], [80, 60, 40, 20, 0]],
    ['beyond 16 bits', [4, 4], [32767, -32768, 0, 1, -1], [131068, -131072, 0, 4, -4]],
  ] as const)('a share %s', (_, gains, pcm, expected) => {
    const share = new Int32Array(5)
    shareOf(Int16Array.from(pcm), 5, Float64Array.from(gains), share)
    expect([...share]).toEqual(expected)
  })

  test('a mix without oneself is that of all others, exactly', () => {
    const shares = [1, 2, 3].map((n) => Int32Array.from({ length: 5 }, (_, i) => 30_000 * n - i))
    const sum = new Int32Array(5)
    for (const share of shares) add(sum, share, 5)
    const mix = new Int32Array(5)
    without(sum, shares[1]!, 5, mix)
    expect([...mix]).toEqual(
      shares[0]!
        .map((value, i) => value + shares[2]![i]!)
        .join()
        .split(',')
        .map(Number),
    )
  })

  test('a sum is turned down in a line', () => {
    const sum = Int32Array.of(100, 100, 100, 100, 100)
    scale(sum, 5, Float64Array.of(1, 0.5))
    expect([...sum]).toEqual([90, 80, 70, 60, 50])
  })

  test('the power of a full-scale square wave is 1', () => {
    const column = new Float64Array(2)
    measurePower(Int16Array.of(-32768, -32768, -32768, -32768, -32768), 5, column, 1)
    expect([...column]).toEqual([0, 1])
  })
})

/** A sum of sines at 8 kHz, in frames of 160. */
function limited(frames: number, amplitude: (frame: number) => number, ...tonesHz: number[]) {
  const limiter = new SoftLimiter()
  const sums: number[] = []
  const outs: number[] = []
  for (let n = 0; n < frames; n++) {
    const sum = Int32Array.from({ length: 160 }, (_, i) =>
      Math.round(
        tonesHz.reduce(
          (all, hz) => all + amplitude(n) * Math.sin((2 * Math.PI * hz * (160 * n + i)) / 8000),
          0,
        ),
      ),
    )
    const out = new Int16Array(160)
    limiter.process(sum, 160, out)
    sums.push(...sum)
    outs.push(...out)
  }
  return { sums, outs, limiter }
}

describe('the limiter', () => {
  test('what fits passes exactly', () => {
    const { sums, outs } = limited(20, () => 10_900, 300, 700, 1300)
    expect(Math.max(...sums)).toBeGreaterThan(24_000)
    expect(outs).toEqual(sums)
    const out = new Int16Array(8)
    new SoftLimiter().process(Int32Array.of(-32768, 32767, 0, 1, -1, 2, -2, 3), 8, out)
    expect([...out]).toEqual([-32768, 32767, 0, 1, -1, 2, -2, 3])
  })

  test('eight at full scale never wrap, and stay in shape', () => {
    const tones = [210, 330, 450, 570, 690, 810, 930, 1050]
    const { sums, outs } = limited(50, () => 32_767, ...tones)
    outs.forEach((out, i) => {
      if (Math.abs(sums[i]!) > 1000) expect(Math.sign(out)).toBe(Math.sign(sums[i]!))
    })
    // No sample is further from the one before than the steepest of the sum allows, turned down or not.
    const steps = outs.slice(1).map((out, i) => Math.abs(out - outs[i]!))
    const slope = tones.reduce((all, hz) => all + (2 * Math.PI * hz * 32_767) / 8000, 0)
    expect(Math.max(...steps)).toBeLessThan(slope)
    expect(Math.max(...outs.map(Math.abs))).toBeGreaterThan(25_000)
  })

  test('it comes back to where all passes exactly', () => {
    const { sums, outs, limiter } = limited(60, (n) => (n < 10 ? 60_000 : 9000), 400, 900)
    expect(limiter.gain).toBe(1)
    expect(outs.slice(-1600)).toEqual(sums.slice(-1600))
    const gains = outs.map((out, i) => (Math.abs(sums[i]!) > 4000 ? out / sums[i]! : 0))
    expect(gains[11 * 160 + 3]).toBeLessThan(0.5)
  })

  test('with a ceiling of -1 dBFS nothing is above it', () => {
    const limiter = new SoftLimiter()
    limiter.ceiling = 29_204
    const out = new Int16Array(160)
    for (let n = 0; n < 20; n++) {
      limiter.process(
        Int32Array.from({ length: 160 }, (_, i) => 60_000 * Math.sin(i / 5)),
        160,
        out,
      )
      expect(Math.max(...out.map(Math.abs))).toBeLessThanOrEqual(29_204)
    }
  })
})

class Crowd {
  readonly meter = new SpeechMeter()
  readonly choice = new TalkerChoice(this.meter)
  readonly loudest = new Loudest(this.meter)
  readonly levels: number[] = []

  constructor(count: number) {
    for (let n = 0; n < count; n++) {
      this.choice.add(this.meter.add())
      this.levels.push(-127)
    }
  }

  /** Levels from now on, in dBFS. */
  say(...levels: number[]): this {
    levels.forEach((level, n) => {
      this.levels[n] = level
    })
    return this
  }

  tick(count: number, talkers = 3): string {
    for (let t = 0; t < count; t++) {
      this.levels.forEach((level, slot) => {
        this.meter.power[slot] = level < -120 ? 0 : power(level)
        this.meter.update(slot)
      })
      this.choice.choose(talkers)
      this.loudest.update(new Uint8Array(this.levels.length).fill(1))
    }
    return this.chosen
  }

  get chosen(): string {
    return this.levels.flatMap((_, n) => (this.choice.chosen[n] === 1 ? [n] : [])).join(' ')
  }
}

describe('who speaks', () => {
  test('begins within 60 ms, ends after half a second', () => {
    const { meter } = new Crowd(1)
    const told: number[] = []
    for (let n = 0; n < 60; n++) {
      meter.power[0] = n >= 10 && n < 20 ? power(-25) : 0
      meter.update(0)
      told.push(meter.speaking[0]!)
    }
    expect(told.indexOf(1)).toBeLessThanOrEqual(12)
    const last = told.lastIndexOf(1)
    expect(last).toBeGreaterThan(40)
    expect(told.slice(told.indexOf(1), last + 1).every((one) => one === 1)).toBe(true)
  })

  test('a click of 20 ms is no speech, steady noise neither', () => {
    const crowd = new Crowd(1)
    crowd.say(-70).tick(50)
    expect(crowd.meter.speaking[0]).toBe(0)
    crowd.say(-52).tick(500)
    expect(crowd.meter.speaking[0]).toBe(0)
    expect(crowd.meter.levelDb[0]).toBeCloseTo(-52, 1)
    crowd.say(-30).tick(5)
    expect(crowd.meter.speaking[0]).toBe(1)
  })

  test('nothing is -127 dB', () => {
    const crowd = new Crowd(1)
    crowd.tick(3)
    expect(crowd.meter.levelDb[0]).toBe(-127)
  })
})

describe('who is heard', () => {
  test('the loudest; all where all may be; nobody who says nothing', () => {
    const crowd = new Crowd(6).say(-20, -30, -127, -25, -22, -35)
    expect(crowd.tick(10)).toBe('0 3 4')
    expect(crowd.tick(10, 0)).toBe('0 1 3 4 5')
    expect(crowd.tick(10, 1)).toHaveLength(1)
  })

  test('of equals those who were first, as long as they speak', () => {
    const crowd = new Crowd(5).say(-20, -20, -20)
    crowd.tick(10)
    crowd.say(-20, -20, -20, -20, -19)
    for (let n = 0; n < 200; n++) expect(crowd.tick(1)).toBe('0 1 2')
  })

  test('a pause of 400 ms costs nobody his place, a longer one does', () => {
    const crowd = new Crowd(4).say(-20, -20, -20)
    crowd.tick(30)
    crowd.say(-127, -20, -20, -20)
    expect(crowd.tick(18)).toBe('0 1 2')
    expect(crowd.tick(30)).toBe('1 2 3')
  })

  test('who is much louder comes soon, who is a little louder has to wait', () => {
    const soon = new Crowd(4).say(-30, -20, -20)
    soon.tick(30)
    expect(soon.say(-30, -20, -20, -15).tick(10)).toBe('1 2 3')
    const later = new Crowd(4).say(-23, -20, -20)
    later.tick(30)
    expect(later.say(-23, -20, -20, -20).tick(20)).toBe('0 1 2')
    expect(later.tick(20)).toBe('1 2 3')
  })

  test('whoever has priority is heard besides, who is barred is not', () => {
    const crowd = new Crowd(5).say(-20, -20, -20, -45, -10)
    crowd.choice.rank(3, PRIORITY)
    crowd.choice.rank(4, BARRED)
    expect(crowd.tick(10)).toBe('0 1 2 3')
    expect(crowd.choice.hasPriority).toBe(true)
    crowd.choice.rank(4, USUAL)
    crowd.choice.rank(3, USUAL)
    expect(crowd.tick(20)).toContain('4')
  })

  test('when one goes the last one takes his slot, with all that is known', () => {
    const crowd = new Crowd(4).say(-127, -127, -127, -20)
    crowd.tick(10)
    crowd.loudest.remove(1)
    crowd.choice.remove(1)
    crowd.meter.remove(1)
    crowd.levels.splice(1, 1, crowd.levels.pop()!)
    expect(crowd.chosen).toBe('1')
    expect([crowd.loudest.slot, crowd.meter.speaking[1]]).toEqual([1, 1])
  })
})

test('the loudest one changes within 300 ms, and not to and fro', () => {
  const crowd = new Crowd(2).say(-20, -35)
  crowd.tick(60)
  expect(crowd.loudest.slot).toBe(0)
  crowd.say(-35, -20).tick(15)
  expect(crowd.loudest.slot).toBe(1)
  let changes = 0
  for (let n = 0; n < 200; n++) {
    const before = crowd.loudest.slot
    crowd.say(n % 4 < 2 ? -20 : -22, n % 4 < 2 ? -22 : -20).tick(1)
    if (crowd.loudest.slot !== before) changes += 1
  }
  expect(changes).toBeLessThanOrEqual(1)
  crowd.say(-127, -127).tick(40)
  expect(crowd.loudest.slot).toBe(-1)
})

test.each([-40, -35, -30, -20, -10, -5])(
  'control of gain: speech of %i dB is at -20 within 2 s',
  (db) => {
    const control = new GainControl()
    const column = Float64Array.of(power(db))
    for (let n = 0; n < 100; n++) control.update(column, 0, true)
    expect(Math.abs(db + 20 * Math.log10(control.gain) + 20)).toBeLessThan(3)
    const before = control.gain
    column[0] = power(-70)
    for (let n = 0; n < 100; n++) control.update(column, 0, false)
    expect(control.gain).toBe(before)
  },
)
