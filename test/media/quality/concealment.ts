import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Concealer } from '../../../engine/dsp/conceal.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { seededRandom } from '../../support/impairments.ts'
import { speech } from './speech.ts'

const FRAME = 160
/** Spoken prompts, where they are installed. */
const PROMPTS = '/usr/share/asterisk/sounds/en_US_f_Allison'

/** Fills the frames that are lost: takes and gives 8 kHz PCM. */
export type Conceal = (pcm: Int16Array, lost: readonly boolean[]) => Int16Array

export const byOurs: Conceal = (pcm, lost) => {
  const concealer = new Concealer()
  const out = pcm.slice()
  lost.forEach((isLost, n) => {
    if (isLost) concealer.conceal(out, n * FRAME, FRAME)
    else concealer.good(out, n * FRAME, FRAME)
  })
  return out
}

const script = `
import ctypes, sys
lib = ctypes.CDLL('libspandsp.so.2')
lib.plc_init.restype = ctypes.c_void_p
lib.plc_init.argtypes = [ctypes.c_void_p]
for name in ('plc_rx', 'plc_fillin'):
    getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
data = sys.stdin.buffer.read()
frames = len(data) // 321
plc = lib.plc_init(None)
out = bytearray()
for n in range(frames):
    frame = ctypes.create_string_buffer(data[frames + n * 320:frames + (n + 1) * 320], 320)
    (lib.plc_fillin if data[n] else lib.plc_rx)(plc, frame, 160)
    out += frame.raw
sys.stdout.buffer.write(bytes(out))
`

/** libspandsp's packet loss concealment; undefined where it, or python3 to reach it, is not installed. */
export const bySpandsp = (pcm: Int16Array, lost: readonly boolean[]): Int16Array | undefined => {
  const input = Buffer.concat([
    Uint8Array.from(lost, (isLost) => (isLost ? 1 : 0)),
    new Uint8Array(pcm.buffer, pcm.byteOffset, lost.length * FRAME * 2),
  ])
  const options = { input, maxBuffer: 100_000_000, timeout: 60_000 }
  const { status, stdout } = spawnSync('python3', ['-c', script], options)
  return status === 0 ? new Int16Array(new Uint8Array(stdout).buffer) : undefined
}

/** Two hundred prompts where there are some, else a minute of what is like speech; whole frames. */
export function spokenPcm(): { readonly of: string; readonly pcm: Int16Array } {
  const names = promptNames()
  if (names.length === 0) return { of: 'made speech', pcm: speech(60, 8000, 11) }
  const all = names.map((name) => {
    const pcm = readWav(readFileSync(join(PROMPTS, name))).samples[0] ?? new Int16Array(0)
    return pcm.subarray(0, pcm.length - (pcm.length % FRAME))
  })
  const pcm = new Int16Array(all.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const one of all) {
    pcm.set(one, at)
    at += one.length
  }
  return { of: `${names.length} prompts`, pcm }
}

function promptNames(): string[] {
  try {
    const names = readdirSync(PROMPTS).filter((name) => name.endsWith('.wav'))
    return names.sort().slice(0, 200)
  } catch {
    return []
  }
}

export function lostFrames(frames: number, percent: number, seed: number): boolean[] {
  const random = seededRandom(seed)
  return Array.from({ length: frames }, (_, n) => random() * 100 < percent && n > 5)
}

export interface ConcealmentQuality {
  /** Mean difference of the level of a filled frame and of what was lost. */
  readonly levelErrorDb: number
  /** Mean over lost frames of signal to difference, each within -10 and 35 dB. */
  readonly segmentalSnrDb: number
  /** Step into and out of filled frames, root mean square, in dBFS. */
  readonly boundaryDbfs: number
}

/** How near filled frames come to what was lost in them, where somebody spoke. */
export function concealmentQuality(
  pcm: Int16Array,
  out: Int16Array,
  lost: readonly boolean[],
): ConcealmentQuality {
  const errors: number[] = []
  const ratios: number[] = []
  const steps: number[] = []
  const difference = pcm.map((sample, i) => sample - (out[i] ?? 0))
  lost.forEach((isLost, n) => {
    const at = n * FRAME
    if (n > 0 && isLost !== lost[n - 1]) steps.push((out[at]! - out[at - 1]!) ** 2)
    const level = rmsDbfs(pcm, at, FRAME)
    if (!isLost || level < -45) return
    errors.push(Math.abs(level - Math.max(-60, rmsDbfs(out, at, FRAME))))
    ratios.push(Math.max(-10, Math.min(35, level - rmsDbfs(difference, at, FRAME))))
  })
  return {
    levelErrorDb: mean(errors),
    segmentalSnrDb: mean(ratios),
    boundaryDbfs: 10 * Math.log10(mean(steps)) - 20 * Math.log10(32_768),
  }
}

const mean = (row: readonly number[]) => row.reduce((sum, value) => sum + value, 0) / row.length
