import { describe, expect, test } from 'vitest'
import { Reception } from '../../../engine/dsp/rtcp-reception.ts'

const SSRC = 7

/** Packets of 20 ms at 8 kHz by their numbers, each as late as `lateMs` says. */
function hear(numbers: readonly number[], lateMs: (n: number) => number = () => 0): Reception {
  const reception = new Reception()
  numbers.forEach((number, at) => {
    reception.packet(SSRC, number & 0xffff, (number * 160) | 0, 8, number * 20 + lateMs(at))
  })
  return reception
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)

describe('losses (RFC 3550 appendix A.3)', () => {
  test('none', () => {
    const heard = hear(range(5, 100))
    expect([heard.expected, heard.lost, heard.highestSequence]).toEqual([100, 0, 104])
  })

  test('some, and as a fraction since the last report', () => {
    const heard = hear([...range(0, 50), ...range(60, 40)])
    expect([heard.expected, heard.lost]).toEqual([100, 10])
    expect(heard.takeFractionLost()).toBe(Math.floor((10 * 256) / 100))
    expect(heard.takeFractionLost()).toBe(0)
  })

  test('late and doubled packets are no losses; doubles make it less than none', () => {
    expect(hear([0, 1, 3, 2, 4]).lost).toBe(0)
    expect(hear([0, 1, 1, 2]).lost).toBe(-1)
    expect(hear([0, 1, 1, 2]).takeFractionLost()).toBe(0)
  })

  test('numbers begin anew at 65,536', () => {
    const heard = hear(range(65_500, 100))
    expect([heard.expected, heard.lost, heard.highestSequence]).toEqual([100, 0, 65_599])
  })

  test('one number far away is passed over, two in a row are a new beginning', () => {
    const heard = hear([...range(0, 10), 30_000, ...range(10, 10)])
    expect([heard.expected, heard.lost]).toEqual([20, 0])
    const anew = hear([...range(0, 10), ...range(30_000, 10)])
    expect([anew.expected, anew.lost]).toEqual([19, 0])
  })

  test('of two streams, one after the other, all counts', () => {
    const heard = hear([0, 1, 3])
    heard.packet(SSRC + 1, 500, 0, 8, 100)
    heard.packet(SSRC + 1, 502, 320, 8, 140)
    expect([heard.expected, heard.lost, heard.lostOfStream, heard.received]).toEqual([7, 2, 1, 5])
  })
})

describe('jitter (RFC 3550 appendix A.8)', () => {
  test('none on a steady stream, whatever the clock began with', () => {
    expect(hear(range(0, 500)).jitterMs).toBe(0)
  })

  test('every other packet 10 ms late: comes near to 10 ms', () => {
    const heard = hear(range(0, 500), (n) => (n % 2) * 10)
    expect(heard.jitterMs).toBeGreaterThan(9)
    expect(heard.jitterMs).toBeLessThanOrEqual(10)
    expect(heard.jitterUnits).toBe(Math.floor(heard.jitterMs * 8))
  })

  test('a pause of silence suppression and a clock that is set anew are none', () => {
    expect(hear([...range(0, 20), ...range(120, 20)]).jitterMs).toBe(0)
    const heard = hear(range(0, 20))
    heard.packet(SSRC, 20, 1_000_000, 8, 400)
    heard.packet(SSRC, 21, 1_000_160, 8, 420)
    expect(heard.jitterMs).toBe(0)
  })

  test('events tell nothing of the time on the way', () => {
    const heard = hear(range(0, 20))
    for (let n = 20; n < 40; n++) heard.packet(SSRC, n, 20 * 160, 0, n * 20)
    for (let n = 40; n < 60; n++) heard.packet(SSRC, n, n * 160, 8, n * 20)
    expect(heard.jitterMs).toBe(0)
  })

  test('stays the same time when the codec has another clock', () => {
    const heard = hear(range(0, 500), (n) => (n % 2) * 10)
    const before = heard.jitterMs
    heard.packet(SSRC, 500, 0, 48, 10_000)
    expect(heard.jitterMs).toBeCloseTo(before, 1)
  })
})

describe('bursts (RFC 3611 appendix A.2)', () => {
  test('single losses far from each other lie in the gap', () => {
    const heard = hear(range(0, 200).filter((n) => n % 50 !== 49))
    const { burstDensity, gapDensity } = heard.bursts()
    expect(burstDensity).toBe(0)
    expect(gapDensity).toBeCloseTo(3 / 199, 5)
  })

  test('losses near to each other are one burst', () => {
    const heard = hear(range(0, 200).filter((n) => ![100, 102, 104, 105].includes(n)))
    const { burstDensity, gapDensity, burstPackets } = heard.bursts()
    expect(burstDensity).toBeCloseTo(4 / 6, 5)
    expect(burstPackets).toBe(6)
    expect(gapDensity).toBe(0)
  })
})
