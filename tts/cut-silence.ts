/** About -54 dBFS: no voice is as soft. */
const SILENT = 64
/** Left there, so that soft beginnings and ends stay. */
const MARGIN_MS = 10

/** Cuts off the silence at the beginning of a sound, and that at its end. */
export async function* cutSilence(
  sound: AsyncIterable<Int16Array>,
  cut: { readonly start: boolean; readonly end: boolean },
  rateHz: number,
): AsyncGenerator<Int16Array, void, undefined> {
  const margin = (MARGIN_MS * rateHz) / 1000
  let isHeard = !cut.start
  /** Silence that is the end if nothing comes behind it. */
  let held: Int16Array[] = []
  for await (const samples of sound) {
    let pcm = samples
    if (!isHeard) {
      const first = pcm.findIndex(isSound)
      if (first < 0) continue
      isHeard = true
      pcm = pcm.subarray(Math.max(0, first - margin))
    }
    if (!cut.end) {
      yield pcm
      continue
    }
    const last = pcm.findLastIndex(isSound)
    if (last >= 0) {
      yield* held
      held = []
      const end = Math.min(pcm.length, last + margin)
      yield pcm.subarray(0, end)
      pcm = pcm.subarray(end)
    }
    if (pcm.length > 0) held.push(pcm)
  }
}

const isSound = (sample: number) => sample > SILENT || sample < -SILENT
