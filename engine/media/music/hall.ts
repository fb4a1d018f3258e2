import type { CodecKind, PcmRateHz } from '../leg/codec.ts'
import { heldTune } from '../leg/held-tune.ts'
import { loadWav } from '../leg/load-wav.ts'
import type { SharedEncoding } from '../leg/shared-encoding.ts'
import { MusicStream } from './stream.ts'

/** Music is at that rate, or at 8 kHz where there is no more in it. */
const MOST_RATE_HZ = 16_000
/** No name of a class, and no path. */
const OWN_TUNE = ':tune'
/** Whoever comes so much later hears from the beginning what is the same again and again. */
const ANEW_TICKS = 50
/** So long is music kept that nobody hears. */
const KEPT_TICKS = 3_000

/** Of the whole thread: the music of those who wait, by its name. */
const streams = new Map<string, MusicStream>()
let tick = 0
const load = (path: string) => loadWav(path, MOST_RATE_HZ)
const ticksSince = (stream: MusicStream): number => (tick - stream.tick) & 0x3fff_ffff

/** A tick begins: whoever asks first makes the streams go on by a frame. */
export function beginMusicTick(): void {
  tick = (tick + 1) & 0x3fff_ffff
  if (tick % KEPT_TICKS === 0) forgetUnheard()
}

/** Of several tracks it is kept where it stands; there are no more of them than the operator has folders. */
function forgetUnheard(): void {
  for (const [name, stream] of streams) {
    if (ticksSince(stream) < KEPT_TICKS) continue
    stream.release()
    if (stream.isRound) streams.delete(name)
  }
}

/** What one leg hears of a stream. */
export class MusicSound {
  readonly rateHz: PcmRateHz
  readonly #stream: MusicStream

  constructor(stream: MusicStream, rateHz: PcmRateHz) {
    this.#stream = stream
    this.rateHz = rateHz
  }

  next(pcm: Int16Array): boolean {
    const frame = this.#stream.frame(this.rateHz, tick)
    for (let i = 0; i < pcm.length; i++) pcm[i] = frame[i]!
    return true
  }

  /** The same encoded, for all of that codec. */
  sharedFor(kind: CodecKind): SharedEncoding {
    return this.#stream.outlet(this.rateHz).sharedFor(kind)
  }
}

/**
 * Joins in where the stream is; what nobody hears, and is the same again and again, begins. Rejects when no track of
 * it can be read.
 */
export async function joinMusic(
  name: string,
  tracks: readonly string[],
  rateHz: PcmRateHz,
): Promise<MusicSound> {
  const known = streams.get(name)
  const isOld = known && !known.plays(tracks) && ticksSince(known) > ANEW_TICKS
  if (isOld) known.release()
  if (!known || isOld) return join(name, new MusicStream(tracks, load), rateHz)
  known.goOnWith(tracks)
  return join(name, known, rateHz)
}

/** The same with the tune of our own. */
export const joinTune = (rateHz: PcmRateHz): Promise<MusicSound> =>
  join(OWN_TUNE, streams.get(OWN_TUNE) ?? new MusicStream([OWN_TUNE], heldTune), rateHz)

async function join(name: string, stream: MusicStream, rateHz: PcmRateHz): Promise<MusicSound> {
  streams.set(name, stream)
  try {
    await stream.ready()
  } catch (error) {
    if (streams.get(name) === stream) streams.delete(name)
    throw error
  }
  if (stream.isRound && ticksSince(stream) > ANEW_TICKS) stream.rewind()
  return new MusicSound(stream, rateHz)
}
