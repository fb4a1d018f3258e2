import { expect, test } from 'vitest'
import { encodeUlaw } from '../../../engine/dsp/g711.ts'
import type { Recorder } from '../../../engine/media/leg/recorder.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import type { FakePort } from './fake-port.ts'
import { Scene } from './scene.ts'

/** Two phones click at the same moments for an hour, their clocks apart by 100 ppm: does their recording say so? */

const FRAME = 160
const FRAME_MS = 20
const CLICK_EVERY_MS = 30_000
const LOUD = 3000

const quiet = new Uint8Array(FRAME).fill(0xff)

/** A frame with a click at a place of it. */
function clickAt(sample: number): Uint8Array {
  const pcm = new Int16Array(FRAME)
  for (let i = sample; i < Math.min(FRAME, sample + 24); i++) {
    pcm[i] = (i - sample) % 8 < 4 ? 20_000 : -20_000
  }
  const frame = new Uint8Array(FRAME)
  encodeUlaw(pcm, 0, FRAME, frame, 0)
  return frame
}

/** Sends frames by a clock that is so much off, each click at its true moment, with jitter on the way. */
class Phone {
  readonly #port: FakePort
  readonly #packetMs: number
  readonly #jitterMs: (packet: number) => number
  #packet = 0

  constructor(port: FakePort, ppm: number, jitterMs: (packet: number) => number) {
    this.#port = port
    this.#packetMs = FRAME_MS * (1 + ppm / 1e6)
    this.#jitterMs = jitterMs
  }

  /** All that arrives from `fromMs` on, for 20 ms. */
  send(fromMs: number, arrives: (atMs: number) => void): void {
    for (;;) {
      const madeMs = this.#packet * this.#packetMs
      const atMs = madeMs + FRAME_MS + this.#jitterMs(this.#packet)
      if (atMs >= fromMs + FRAME_MS) return
      arrives(atMs)
      this.#port.arrive(this.#frame(madeMs))
      this.#packet += 1
    }
  }

  #frame(madeMs: number): Uint8Array {
    const clickMs = Math.ceil(madeMs / CLICK_EVERY_MS) * CLICK_EVERY_MS
    const sample = Math.round(((clickMs - madeMs) / this.#packetMs) * FRAME)
    return clickMs > 0 && sample < FRAME ? clickAt(sample) : quiet
  }
}

class ClickNotes implements Recorder {
  readonly left: number[] = []
  readonly right: number[] = []
  #at = 0
  readonly #quiet = [FRAME, FRAME]

  write(left: Int16Array, right: Int16Array, samples: number): void {
    this.#look(left, samples, 0, this.left)
    this.#look(right, samples, 1, this.right)
    this.#at += samples
  }

  get durationMs(): number {
    return this.#at / 8
  }

  close() {
    return Promise.resolve({ path: '', durationMs: this.durationMs, bytes: 0, failure: null })
  }

  #look(channel: Int16Array, samples: number, side: 0 | 1, clicks: number[]): void {
    for (let i = 0; i < samples; i++) {
      if (Math.abs(channel[i]!) < LOUD) this.#quiet[side]! += 1
      else {
        if (this.#quiet[side]! >= 10 * FRAME) clicks.push((this.#at + i) / 8)
        this.#quiet[side] = 0
      }
    }
  }
}

const steady = (): number => 0
/** Up to so much, and on the way for different times without overtaking. */
function shaky(mostMs: number): (packet: number) => number {
  return (packet) => mostMs * Math.abs(Math.sin(packet * 0.37) * Math.sin(packet * 0.013))
}

test.each([
  { name: 'one 100 ppm fast', seconds: 3600, ppm: [-100, 0], jitter: [steady, steady] },
  {
    name: 'one fast and one slow by 50 ppm, one over a shaky line',
    seconds: 600,
    ppm: [50, -50],
    jitter: [steady, shaky(18)],
  },
  {
    name: 'one 100 ppm slow, over a shaky line',
    seconds: 600,
    ppm: [100, 0],
    jitter: [shaky(18), steady],
  },
] as const)(
  '$name, for $seconds s: the channels are within 10 ms',
  ({ name, seconds, ppm, jitter }) => {
    const scene = new Scene()
    const [a, b] = [scene.leg(), scene.leg()]
    a.leg.bridge(b.leg)
    const notes = new ClickNotes()
    const tape = new Tape(notes, 'receivedLeft')
    a.leg.taps.record(tape)
    const phones = [new Phone(a.port, ppm[0], jitter[0]), new Phone(b.port, ppm[1], jitter[1])]
    for (let tick = 0; tick < seconds * 50; tick++) {
      const tickMs = scene.nowMs
      const fromMs = tick * FRAME_MS
      for (const phone of phones) {
        phone.send(fromMs, (atMs) => {
          scene.nowMs = tickMs + Math.floor(atMs - fromMs)
        })
      }
      scene.nowMs = tickMs
      scene.tick()
      a.port.sent.length = 0
      b.port.sent.length = 0
    }
    tape.finish()
    expect(notes.durationMs).toBe(seconds * 1000)
    const { left, right } = notes
    const settled = 2
    expect(left.length).toBeGreaterThan(seconds / 30 - 3)
    expect(right).toHaveLength(left.length)
    const apart = left.map((atMs, n) => atMs - right[n]!).slice(settled)
    const most = Math.max(...apart.map(Math.abs))
    const least = Math.min(...apart)
    const greatest = Math.max(...apart)
    process.stdout.write(
      `${name}, ${seconds} s: ${most.toFixed(1)} ms apart at most, to and fro by ${(greatest - least).toFixed(1)} ms\n`,
    )
    expect(most).toBeLessThanOrEqual(10)
  },
)
