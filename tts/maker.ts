import { readFile } from 'node:fs/promises'
import { Failure } from '../engine/core/failures.ts'
import type { AccountId } from '../engine/core/ids.ts'
import type { Log } from '../engine/core/ports/observe.ts'
import { downmix, readWav } from '../engine/dsp/wav.ts'
import { type CachedUtterance, cacheKey, type SpeechCache } from './cache.ts'
import type { Making } from './making.ts'
import type { Piece, SpeechPiece } from './plan.ts'
import type { SpeechProvider } from './provider.ts'
import { atOurRate, render, silence } from './render.ts'
import type { StandIns } from './stand-ins.ts'
import type { Turns } from './turns.ts'
import { TwoRateFile } from './two-rates.ts'
import type { VoiceBook } from './voice-book.ts'
import { unchanged, type VoiceGain, type VoiceGains } from './voice-gains.ts'

/** A file that a document plays, as Web.prompt has it. */
export type FetchAudio = (
  url: string,
  accountId: AccountId | undefined,
  signal: AbortSignal,
) => Promise<{ readonly path: string }>

export interface Workshop {
  readonly book: VoiceBook
  readonly cache: SpeechCache
  readonly gains: VoiceGains
  readonly turns: Turns
  readonly standIns: StandIns
  readonly log: Pick<Log, 'warn'>
  readonly fetchAudio: FetchAudio
}

/** For whom, and till when, something is made. */
export interface Job {
  readonly making: Making
  readonly signal: AbortSignal
  /** Each goes into the cache by itself, as what is beside it may be another thing the next time. */
  readonly keepsPieces: boolean
  readonly accountId: AccountId | undefined
  /** Of each voice, by id: what is measured meanwhile is for the next one, as loudness that jumps is worse. */
  readonly gains: Map<string, VoiceGain>
  /** Who did not speak: nothing more is asked of them. */
  readonly failed: Set<SpeechProvider>
}

/** All that makes a piece sound as it does. */
export function keyOf(piece: Piece, { gains }: Pick<Workshop, 'gains'>): string {
  if (piece.is !== 'speech') return JSON.stringify(piece)
  const { provider, voice, words, shape, cut } = piece
  const parts = [
    provider.name,
    provider.version,
    voice,
    words,
    shape,
    cut,
    gains.targetLufs ?? null,
  ]
  return JSON.stringify(parts)
}

/** Makes pieces one after the other, each when it is its turn. */
export async function makeAll(
  workshop: Workshop,
  pieces: readonly Piece[],
  job: Job,
): Promise<void> {
  const { making, signal } = job
  for (const piece of pieces) {
    signal.throwIfAborted()
    switch (piece.is) {
      case 'silence':
        for (const pcm of silence(piece.durationMs)) making.write(pcm)
        break
      case 'mark':
        making.mark(piece.name)
        break
      case 'audio':
        await splice(workshop, piece, job)
        break
      case 'speech':
        await speak(workshop, piece, job)
    }
  }
}

/** Where the voice gives no sound at all, another one says it; where it breaks off later, it has said what it has. */
async function speak(workshop: Workshop, piece: SpeechPiece, job: Job): Promise<void> {
  const { provider } = piece
  const { making, signal, failed } = job
  const { standIns } = workshop
  const isFirst = !making.isSpoken
  const instead = standIns.insteadOf(piece, new Set([...failed, provider]))
  const rests = isFirst && standIns.isResting(provider)
  if (!instead || !(rests || failed.has(provider))) {
    try {
      return await speakItself(workshop, piece, job, isFirst && instead !== undefined)
    } catch (error) {
      if (signal.aborted || making.isSpoken || !instead) throw error
      tellStandIn(workshop, piece, making, error)
    }
  } else if (!failed.has(provider)) {
    tellStandIn(workshop, piece, making, 'it gave no sound a moment ago')
  }
  failed.add(provider)
  await makeAll(workshop, instead, job)
}

/** What was made so is not kept for the next time. */
function tellStandIn(
  { log }: Workshop,
  { voiceId }: SpeechPiece,
  making: Making,
  error: unknown,
): void {
  const why = error instanceof Error ? error.message : String(error)
  making.isFinal = false
  making.warn(`${voiceId}: another voice speaks instead (${why})`)
  log.warn('another voice speaks instead', { voice: voiceId, error: why })
}

async function speakItself(
  workshop: Workshop,
  piece: SpeechPiece,
  job: Job,
  isBounded: boolean,
): Promise<void> {
  const { making, signal, keepsPieces } = job
  const { cache, turns, standIns } = workshop
  const key = keepsPieces ? cacheKey([keyOf(piece, workshop)]) : undefined
  const found = key === undefined ? undefined : await cache.find(key)
  if (found) {
    making.write(await pcmOf(found.path))
    making.isSpoken = true
    return
  }
  const { factor, isMeasured } = await gainOf(workshop, piece.voiceId, job)
  const made = key === undefined ? undefined : new TwoRateFile()
  const end = await turns.take(making.dueMs, signal)
  const make = (until: AbortSignal) => render(piece, factor, until)
  try {
    for await (const pcm of isBounded ? standIns.inTime(piece, make, signal) : make(signal)) {
      making.write(pcm)
      making.isSpoken ||= pcm.length > 0
      made?.write(pcm)
    }
  } finally {
    end()
  }
  // What is not kept is made again the next time.
  if (key !== undefined && made && isMeasured) {
    await cache.put(key, made.wav()).catch(() => undefined)
  }
}

async function gainOf(
  { book, gains: voices }: Workshop,
  voiceId: string,
  { gains, making }: Job,
): Promise<VoiceGain> {
  const known = gains.get(voiceId)
  if (known) return known
  const voice = book.find(voiceId)
  const gain = voice ? await voices.soon(voice) : unchanged
  gains.set(voiceId, gain)
  if (!gain.isMeasured) making.isFinal = false
  return gain
}

async function splice(
  workshop: Workshop,
  { url, instead }: Extract<Piece, { is: 'audio' }>,
  job: Job,
): Promise<void> {
  const { making, signal, accountId } = job
  let path: string
  try {
    path = (await workshop.fetchAudio(url, accountId, signal)).path
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    making.warn(`audio: its text is said instead (${error.code})`)
    return makeAll(workshop, instead, job)
  }
  const { rateHz, samples } = readWav(await readFile(path))
  const whole = async function* () {
    yield { rateHz, samples: downmix(samples) }
  }
  for await (const pcm of atOurRate(whole(), 1, signal)) making.write(pcm)
}

async function pcmOf(path: string): Promise<Int16Array> {
  return downmix(readWav(await readFile(path)).samples)
}

/** A whole utterance, as a file; by what it is where its pieces do not tell that. */
export function store(
  { cache }: Pick<Workshop, 'cache'>,
  key: string | undefined,
  wav: Uint8Array,
): Promise<CachedUtterance> {
  return cache.put(key ?? cacheKey(['content', Buffer.from(wav).toString('latin1')]), wav)
}
