import { align } from '../../../engine/dsp/levels.ts'
import { type Summary, summaryOf } from '../../bench/statistics.ts'
import type { Said } from './crowd-leg.ts'
import type { HeardPcm } from './heard-audio.ts'
import type { DelayFigures } from './protocol.ts'
import { FRAME_SAMPLES } from './voices.ts'

const STRETCH_SAMPLES = 2000
/** Sound that is older is not looked for; sound from the future, by clocks' error, is. */
const OLDEST_MS = 700
const NEAR_MS = 45
const SAMPLES_PER_MS = 8
/** Chance alone gives 0.1 at the most; one of three voices after two lossy codecs 0.3. */
const FOUND = 0.2

/** How much later a talker is heard than he speaks, packet by packet, less the packet's own length. */
export class DelayMeter {
  readonly #delaysMs: number[] = []
  #stretches = 0
  #notFound = 0

  add(said: Said, heard: HeardPcm): void {
    const spoken = round(said)
    let nearMs = Number.NaN
    const step = STRETCH_SAMPLES / FRAME_SAMPLES
    for (let n = 0; n + step < heard.at.length; n += Math.ceil(step)) {
      const atMs = heard.arrivedMs[n]!
      if (atMs < said.sentAtMs[0]! + OLDEST_MS || atMs > said.sentAtMs.at(-1)!) continue
      this.#stretches += 1
      const from = heard.at[n]!
      const stretch = heard.pcm.subarray(from, from + STRETCH_SAMPLES)
      const start = find(stretch, said, spoken, atMs, nearMs)
      if (start < 0) {
        this.#notFound += 1
        nearMs = Number.NaN
        continue
      }
      for (let m = n; m < heard.at.length && heard.at[m]! < from + STRETCH_SAMPLES; m++) {
        nearMs = heard.arrivedMs[m]! - saidAtMs(said, start + heard.at[m]! - from)
        if (!Number.isNaN(nearMs)) this.#delaysMs.push(nearMs)
      }
    }
  }

  figures(): DelayFigures {
    const delayMs: Summary = summaryOf(this.#delaysMs)
    return { delayMs, stretches: this.#stretches, notFound: this.#notFound }
  }
}

/** All that was said in the turn, as one piece. */
function round({ loop, sentAtMs }: Said): Int16Array {
  const pcm = new Int16Array(sentAtMs.length * FRAME_SAMPLES)
  for (let at = 0; at < pcm.length; at += loop.pcm.length) {
    pcm.set(loop.pcm.subarray(0, Math.min(loop.pcm.length, pcm.length - at)), at)
  }
  return pcm
}

/** When a sample was sent: its packet's time, and what it is behind the beginning of that. */
const saidAtMs = ({ sentAtMs }: Said, sample: number): number =>
  (sentAtMs[Math.floor(sample / FRAME_SAMPLES)] ?? Number.NaN) +
  (sample % FRAME_SAMPLES) / SAMPLES_PER_MS

/** Which sample of what was said the stretch begins with; -1: not to be found. */
function find(
  stretch: Int16Array,
  said: Said,
  spoken: Int16Array,
  atMs: number,
  nearMs: number,
): number {
  const [least, most] = Number.isNaN(nearMs)
    ? [-20, OLDEST_MS]
    : [nearMs - NEAR_MS, nearMs + NEAR_MS]
  const from = sampleAt(said, atMs - most)
  const to = Math.min(sampleAt(said, atMs - least), spoken.length - stretch.length)
  if (to <= from) return -1
  const best = align(stretch, spoken.subarray(from), 0, to - from)
  if (best.correlation >= FOUND) return from + best.lag
  return Number.isNaN(nearMs) ? -1 : find(stretch, said, spoken, atMs, Number.NaN)
}

/** The sample that was sent at a time, or next to it. */
function sampleAt({ sentAtMs }: Said, ms: number): number {
  let [frame, end] = [0, sentAtMs.length]
  while (end - frame > 1) {
    const middle = (frame + end) >> 1
    if (sentAtMs[middle]! <= ms) frame = middle
    else end = middle
  }
  const sample = Math.round((frame * 20 + Math.min(20, ms - sentAtMs[frame]!)) * SAMPLES_PER_MS)
  return Math.max(0, sample)
}
