import { OggOpusDecoder } from 'ogg-opus-decoder'
import type { SyncFileCalls } from '../../../recordings/ogg/opus-file.ts'
import { OpusDesk } from '../../../recordings/opus-desk.ts'
import { OpusRecorders } from '../../../recordings/opus-recorder.ts'

export const RATE_HZ = 8000
export const FRAME = 160

/** The desk without its thread: it works when it is told to. */
export function opusLab(files?: SyncFileCalls) {
  let nowMs = 0
  let desk: OpusDesk | undefined
  let died = (): void => undefined
  const recorders = new OpusRecorders((tell, whenDead) => {
    died = whenDead
    desk = new OpusDesk({
      ...{ tell, nowMs: () => nowMs, random: () => 4711 },
      ...(files && { files }),
    })
    const made = desk
    return { ask: (ask) => made.ask(ask) }
  })
  return {
    recorders,
    work: (ms = 200) => {
      nowMs += ms
      desk?.work()
    },
    die: () => died(),
  }
}

/** Frame `n` of a voice that changes all the time: nothing of it is like anything else of it. */
export function voiceFrame(n: number, seed: number, rateHz = RATE_HZ): Int16Array {
  const samples = rateHz / 50
  const frame = new Int16Array(samples)
  for (let i = 0; i < samples; i++) {
    const t = (n * samples + i) / rateHz
    const [slow, fast] = [1.7 + seed, 5.3 + seed]
    const sway = (60 / slow) * Math.cos(t * slow) + (35 / fast) * Math.cos(t * fast)
    const phase = 2 * Math.PI * (140 * t - sway)
    const loud = 0.3 + 0.7 * Math.abs(Math.sin(t * (2.9 + seed)))
    frame[i] =
      6000 * loud * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(5 * phase))
  }
  return frame
}

/** At 48 kHz, brought to `rateHz` by leaving samples out: what is in it is far below half of that. */
export async function decodedOpus(bytes: Uint8Array, rateHz = RATE_HZ): Promise<Float32Array[]> {
  const decoder = new OggOpusDecoder()
  await decoder.ready
  const { channelData } = await decoder.decodeFile(bytes)
  decoder.free()
  const step = 48_000 / rateHz
  return channelData.map((channel) =>
    Float32Array.from({ length: Math.floor(channel.length / step) }, (_, i) => channel[i * step]!),
  )
}

/** The lag, in samples, at which the two are most alike, and how much: 1 is the same. */
export function bestLag(
  found: ArrayLike<number>,
  made: ArrayLike<number>,
  mostLag: number,
): { lag: number; likeness: number } {
  let best = { lag: 0, likeness: -1 }
  for (let lag = -mostLag; lag <= mostLag; lag++) {
    const likeness = likenessAt(found, made, lag)
    if (likeness > best.likeness) best = { lag, likeness }
  }
  return best
}

function likenessAt(found: ArrayLike<number>, made: ArrayLike<number>, lag: number): number {
  let [cross, ofFound, ofMade] = [0, 0, 0]
  for (let i = Math.max(0, -lag); i < made.length && i + lag < found.length; i++) {
    const [a, b] = [found[i + lag]!, made[i]!]
    cross += a * b
    ofFound += a * a
    ofMade += b * b
  }
  return cross / Math.sqrt(ofFound * ofMade || 1)
}
