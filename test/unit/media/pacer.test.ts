import { describe, expect, test } from 'vitest'
import { Pacer } from '../../../engine/media/tick/pacer.ts'

/** Time moves when a timer fires, as late as it is told, and when the work takes long. */
class ManualClock {
  now = 0
  #timer: { atMs: number; run: () => void } | undefined
  nowMs = (): number => this.now
  after = (delayMs: number, run: () => void): (() => void) => {
    this.#timer = { atMs: this.now + Math.max(1, delayMs), run }
    return () => {
      this.#timer = undefined
    }
  }
  get armed(): boolean {
    return this.#timer !== undefined
  }
  fire(lateMs: number): void {
    const timer = this.#timer
    this.#timer = undefined
    if (!timer) return
    this.now = timer.atMs + lateMs
    timer.run()
  }
}

function paced(workMs = 0) {
  const clock = new ManualClock()
  const due: number[] = []
  let skipped = 0
  const pacer = new Pacer(20, clock, {
    tick: (dueMs) => {
      due.push(dueMs)
      clock.now += workMs
    },
    skip: (ticks) => {
      skipped += ticks
    },
  })
  return { clock, due, pacer, skipped: () => skipped }
}

describe('the pacer', () => {
  test('keeps the average although every timer is late', () => {
    const { clock, due, pacer } = paced(0.3)
    pacer.start()
    while (clock.now < 20_000) clock.fire(0.7)
    expect(due.length).toBeGreaterThanOrEqual(999)
    expect(due.slice(0, 3)).toEqual([20, 40, 60])
    expect(pacer.lateness.summary().p99Ms).toBeLessThanOrEqual(1.1)
  })

  test('makes up for a short stall, tick for tick', () => {
    const { clock, due, pacer, skipped } = paced()
    pacer.start()
    clock.fire(0)
    clock.fire(100)
    expect(due).toEqual([20, 40, 60, 80, 100, 120, 140])
    expect(skipped()).toBe(0)
  })

  test('leaves out a long one and says how much', () => {
    const { clock, due, pacer, skipped } = paced()
    pacer.start()
    clock.fire(5000)
    expect(due.length).toBe(10)
    expect(due.length + skipped()).toBe(250)
    expect(pacer.skipped).toBe(skipped())
    clock.fire(0)
    expect(due.length + skipped()).toBe(251)
  })

  test('is quiet once stopped', () => {
    const { clock, due, pacer } = paced()
    pacer.start()
    pacer.stop()
    expect(clock.armed).toBe(false)
    clock.fire(0)
    expect(due).toEqual([])
  })
})
