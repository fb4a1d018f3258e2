import { encodeUlaw } from '../../../engine/dsp/g711.ts'
import type { Recorder } from '../../../engine/media/leg/recorder.ts'
import { Tape } from '../../../engine/media/leg/tape.ts'
import { Scene } from '../../unit/media/scene.ts'
import type { Property } from './table.ts'
import { sine } from './tone-measures.ts'

/** A recording of both sides whose clocks differ. That a kill -9 leaves a whole file: test/unit/recordings. */

const FRAME = 160
const FRAME_MS = 20
const SAMPLES_A_MS = 8
const CLICK_EVERY_PACKETS = 1500
/** Where a click is: loud enough for nothing else. */
const LOUD = 3000
/** The first seconds are for the buffer to find its depth. */
const SETTLING_MS = 60_000

/** Notes when the received side is loud after it was not, in milliseconds of the file. */
class ClickNotes implements Recorder {
  readonly clicksMs: number[] = []
  samples = 0
  #quietSamples = FRAME

  write(received: Int16Array, _sent: Int16Array, samples: number): void {
    for (let i = 0; i < samples; i++) {
      if (Math.abs(received[i]!) < LOUD) this.#quietSamples += 1
      else {
        if (this.#quietSamples >= FRAME) this.clicksMs.push((this.samples + i) / SAMPLES_A_MS)
        this.#quietSamples = 0
      }
    }
    this.samples += samples
  }

  close() {
    const result = { path: '', durationMs: this.samples / SAMPLES_A_MS, bytes: 0, failure: null }
    return Promise.resolve(result)
  }
}

interface Alignment {
  /** How much later clicks are in the last sixth than in the first, on average. */
  readonly driftMs: number
  /** Between the click that came soonest and the one that came latest after it was made. */
  readonly spreadMs: number
  readonly clicks: number
  /** The file is so much longer than the call. */
  readonly lengthErrorMs: number
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** A phone whose clock is so much slower talks for so long. */
export function alignment(seconds: number, skewPpm: number): Alignment {
  const scene = new Scene()
  const { leg, port } = scene.leg()
  const notes = new ClickNotes()
  const tape = new Tape(notes, 'receivedLeft')
  leg.taps.record(tape)
  const quiet = new Uint8Array(FRAME).fill(0xff)
  const click = new Uint8Array(FRAME)
  encodeUlaw(sine(1000, 8000, FRAME, 20_000), 0, FRAME, click, 0)
  const packetMs = FRAME_MS * (1 + skewPpm / 1e6)
  const madeMs: number[] = []
  let packet = 0
  for (let tick = 0; tick < seconds * 50; tick++) {
    const tickMs = scene.nowMs
    for (; packet * packetMs < (tick + 1) * FRAME_MS; packet++) {
      scene.nowMs = tickMs + Math.floor(packet * packetMs - tick * FRAME_MS)
      const isClick = packet % CLICK_EVERY_PACKETS === CLICK_EVERY_PACKETS - 1
      if (isClick) madeMs.push(packet * packetMs)
      port.arrive(isClick ? click : quiet)
    }
    scene.nowMs = tickMs
    scene.tick()
    port.sent.length = 0
  }
  tape.finish()
  const lags = notes.clicksMs
    .map((atMs, n) => atMs - (madeMs[n] ?? Number.NaN))
    .filter((_, n) => (madeMs[n] ?? 0) > SETTLING_MS)
  const part = Math.ceil(lags.length / 6)
  return {
    driftMs: mean(lags.slice(-part)) - mean(lags.slice(0, part)),
    spreadMs: Math.max(...lags) - Math.min(...lags),
    clicks: notes.clicksMs.length - madeMs.length,
    lengthErrorMs: notes.samples / SAMPLES_A_MS - seconds * 1000,
  }
}

export function recordingRows(): Property[] {
  return [100, -100].flatMap((skewPpm) => {
    const { driftMs, spreadMs, clicks, lengthErrorMs } = alignment(3600, skewPpm)
    const name = `recording of 1 h, ${skewPpm} ppm`
    return [
      {
        name: `${name}: the two channels have drifted by`,
        reference: '-',
        ours: clicks === 0 ? `${driftMs.toFixed(1)} ms` : `${clicks} clicks too many`,
        passLine: '+-10 ms',
        passes: clicks === 0 && Math.abs(driftMs) <= 10,
      },
      {
        name: `${name}: and went to and fro by`,
        reference: '-',
        ours: `${spreadMs.toFixed(1)} ms`,
        passLine: '(no line)',
        passes: true,
      },
      {
        name: `${name}: longer than the call`,
        reference: '-',
        ours: `${lengthErrorMs.toFixed(0)} ms`,
        passLine: '+-40 ms',
        passes: Math.abs(lengthErrorMs) <= 40,
      },
    ]
  })
}
