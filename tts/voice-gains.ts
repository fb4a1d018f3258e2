import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { gainTowards, integratedLoudness } from '../engine/dsp/loudness.ts'
import { cacheKey } from './cache.ts'
import { writeEntry } from './entry.ts'
import type { SpeechPiece } from './plan.ts'
import { render } from './render.ts'
import { joined, NARROW_HZ, narrowing } from './two-rates.ts'
import { usualText } from './usual-texts.ts'
import type { Spoken } from './voice-book.ts'

export interface VoiceGainsOptions {
  /** Undefined: voices stay as they are. */
  readonly targetLufs: number | undefined
  /** Where what was measured is kept. */
  readonly path: string
  /** Of a clock that never goes back. */
  readonly nowMs?: () => number
}

/** How much louder a voice is made. */
export interface VoiceGain {
  /** Of amplitude. */
  readonly factor: number
  /** False: the factor is 1 as it is not known yet, or could not be measured. */
  readonly isMeasured: boolean
}

export const unchanged: VoiceGain = { factor: 1, isMeasured: true }
const unknown: VoiceGain = { factor: 1, isMeasured: false }

/** Measuring a voice of our own takes well under a second, or a few with a large model. */
const WAIT_MS = 2000
const MEASURING_MS = 60_000
const AGAIN_AFTER_MS = 5 * 60_000

/**
 * How much louder each voice has to be made, measured once over a text, so that all are heard alike. It is measured
 * beside what is spoken: until it is known, voices are as they are. What failed is tried again after five minutes.
 */
export class VoiceGains {
  readonly #options: VoiceGainsOptions
  readonly #gains = new Map<string, Promise<VoiceGain>>()
  /** When, by `nowMs`. */
  readonly #failed = new Map<string, number>()
  readonly #nowMs: () => number
  #kept: Promise<Map<string, number>> | undefined

  constructor(options: VoiceGainsOptions) {
    this.#options = options
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  get targetLufs(): number | undefined {
    return this.#options.targetLufs
  }

  /** What is known by now, or very soon for a voice of this machine. Never rejects. */
  async soon(spoken: Spoken): Promise<VoiceGain> {
    const { targetLufs } = this.#options
    if (targetLufs === undefined) return unchanged
    const { provider, voice } = spoken
    const text = usualText(voice.language)
    // Over other words it may be louder or softer.
    const key = `${voice.id} ${provider.version} ${cacheKey([text]).slice(0, 8)}`
    this.#kept ??= read(this.#options.path)
    const before = (await this.#kept).get(key)
    if (before !== undefined) return gainFor(targetLufs, before)
    const failedMs = this.#failed.get(key)
    if (failedMs !== undefined && this.#nowMs() - failedMs < AGAIN_AFTER_MS) return unknown
    const measuring = this.#gains.get(key) ?? this.#measure(key, spoken, text, targetLufs)
    return provider.isRemote ? unknown : withinMs(WAIT_MS, measuring, unknown)
  }

  #measure(key: string, spoken: Spoken, text: string, targetLufs: number): Promise<VoiceGain> {
    const gain = this.#measured(key, spoken, text)
      .then(
        (lufs) => gainFor(targetLufs, lufs),
        () => {
          this.#failed.set(key, this.#nowMs())
          return unknown
        },
      )
      .finally(() => this.#gains.delete(key))
    this.#gains.set(key, gain)
    return gain
  }

  async #measured(key: string, spoken: Spoken, text: string): Promise<number> {
    const lufs = await measure(spoken, text)
    const kept = (await this.#kept) ?? new Map<string, number>()
    // What was measured of it in another way is of no use any more.
    for (const old of kept.keys()) if (old.startsWith(`${spoken.voice.id} `)) kept.delete(old)
    kept.set(key, lufs)
    // What is not kept is measured again after the next start.
    await keep(this.#options.path, kept).catch(() => undefined)
    return lufs
  }
}

const gainFor = (targetLufs: number, lufs: number): VoiceGain => ({
  factor: 10 ** (gainTowards(targetLufs, lufs) / 20),
  isMeasured: true,
})

async function withinMs<Of>(ms: number, result: Promise<Of>, otherwise: Of): Promise<Of> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Of>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

async function measure({ provider, voice }: Spoken, text: string): Promise<number> {
  const plain = { rate: 1, octaves: 0, gain: 1 }
  const piece: SpeechPiece = {
    ...{
      is: 'speech',
      provider,
      voice: voice.name,
      voiceId: voice.id,
      shape: plain,
      cut: { start: false, end: false },
    },
    words: { text, voice: voice.name, ...plain, spelled: false },
    asked: [],
  }
  // As most phones hear it, so that a voice has one gain; to others its sibilants make it louder by a little.
  const change = narrowing()
  const made: Int16Array[] = []
  for await (const pcm of render(piece, 1, AbortSignal.timeout(MEASURING_MS))) {
    made.push(change.take(pcm))
  }
  made.push(change.finish())
  const lufs = integratedLoudness([joined(made)], NARROW_HZ)
  if (lufs === undefined) throw new Error(`${voice.id} is silent`)
  return lufs
}

async function read(path: string): Promise<Map<string, number>> {
  try {
    const kept = Object.entries(JSON.parse(await readFile(path, 'utf8')) as object)
    return new Map(kept.filter((entry): entry is [string, number] => Number.isFinite(entry[1])))
  } catch {
    return new Map()
  }
}

async function keep(path: string, measured: ReadonlyMap<string, number>): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeEntry(path, Buffer.from(JSON.stringify(Object.fromEntries(measured), undefined, 1)))
}
