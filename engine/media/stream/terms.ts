import { type StreamOptions, type StreamTrack, streamTracks } from '../../core/ports/streams.ts'
import { FRAME_MS } from '../../dsp/codec.ts'
import { frameRingMemory } from './frame-ring.ts'

/** A stream as its media thread needs it; as all of its state is in the rings, any thread can go on with it. */
export interface StreamTerms {
  readonly id: number
  readonly options: StreamOptions
  /** Frames and answered marks, from the leg. */
  readonly up: SharedArrayBuffer
  /** Frames and marks, to the leg. */
  readonly down: SharedArrayBuffer
}

/** What is in a slot of the ring to the leg. */
export const [SAID, MARK] = [1, 2] as const
/** And in one from the leg: a track, from FIRST_TRACK on, or a mark that is over. */
export const MARKED = 1
const FIRST_TRACK = 2

export const kindOfTrack = (track: StreamTrack): number => FIRST_TRACK + streamTracks.indexOf(track)
export const trackOfKind = (kind: number): StreamTrack | undefined =>
  streamTracks[kind - FIRST_TRACK]

/** Marks that may wait. */
export const MOST_MARKS = 256
/** What the main thread may leave unread. */
const UP_MS = 2000
const LARGEST_OPUS_BYTES = 1275

export const bytesOfFrame = ({
  format,
  rateHz,
}: Pick<StreamOptions, 'format' | 'rateHz'>): number => {
  if (format === 'opus') return LARGEST_OPUS_BYTES
  return (rateHz / 1000) * FRAME_MS * (format === 'L16' ? 2 : 1)
}

/** A second more than may wait: what was cleared is in the way until the next tick. */
const SPARE_FRAMES = 50

export function newTerms(id: number, options: StreamOptions): StreamTerms {
  const bytes = bytesOfFrame(options)
  const upSlots = (UP_MS / FRAME_MS) * Math.max(1, options.tracks.length) + MOST_MARKS
  const downSlots = Math.ceil(options.bufferMs / FRAME_MS) + SPARE_FRAMES + MOST_MARKS
  return {
    ...{ id, options },
    up: frameRingMemory(upSlots, bytes),
    down: frameRingMemory(options.speaks === 'never' ? 2 : downSlots, bytes),
  }
}
