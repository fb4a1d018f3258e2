/** What became of the packets and frames; only ever grows, except `depthMs` and `targetMs`. */
export interface JitterCounters {
  /** Packets taken in, duplicates and late ones included. */
  received: number
  /** Arrived after their frame had been played without them. */
  late: number
  duplicate: number
  /** Came after one with a higher sequence number. */
  reordered: number
  /** Not there when the stream went past them; those that come yet are counted as late too. */
  lost: number
  /** Here, and thrown away unheard: late ones, and those passed over to catch up with the sender. */
  discarded: number
  /** Too large, empty, or out of step with the stream. */
  refused: number
  /** Frames for which `pull` returned 0. */
  concealed: number
  /** What was concealed, in timestamp units; the rest of a frame may be audio. */
  concealedSamples: number
  /** Taken out of the audio, or put in, by time stretching; in timestamp units. */
  acceleratedSamples: number
  expandedSamples: number
  /** Frames left out, or played once more, to shrink or grow the delay. */
  dropped: number
  repeated: number
  /** Times the stream was taken up anew: sequence or timestamp jumped, or a long delay step. */
  resets: number
  /** Audio waiting, measured at the last pull. */
  depthMs: number
  /** The delay that the buffer aims at. */
  targetMs: number
}

export function freshJitterCounters(): JitterCounters {
  return {
    received: 0,
    late: 0,
    duplicate: 0,
    reordered: 0,
    lost: 0,
    discarded: 0,
    refused: 0,
    concealed: 0,
    concealedSamples: 0,
    acceleratedSamples: 0,
    expandedSamples: 0,
    dropped: 0,
    repeated: 0,
    resets: 0,
    depthMs: 0,
    targetMs: 0,
  }
}
