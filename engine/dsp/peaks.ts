/** A waveform to draw: the extremes of each bucket, as full-scale fractions -1 to 1. */
export interface Peaks {
  /** One array a channel: min, max, min, max, ... for bucket after bucket. */
  readonly channels: readonly Float32Array[]
  readonly samplesPerBucket: number
}

const FULL_SCALE = 32768

function channelPeaks(samples: Int16Array, samplesPerBucket: number, buckets: number) {
  const pairs = new Float32Array(buckets * 2)
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = bucket * samplesPerBucket
    const end = Math.min(samples.length, start + samplesPerBucket)
    let low = 32767
    let high = -32768
    for (let i = start; i < end; i++) {
      low = Math.min(low, samples[i]!)
      high = Math.max(high, samples[i]!)
    }
    pairs[2 * bucket] = end > start ? low / FULL_SCALE : 0
    pairs[2 * bucket + 1] = end > start ? high / FULL_SCALE : 0
  }
  return pairs
}

/**
 * Cuts every channel into at most `buckets` equal stretches of time.
 * @throws RangeError unless `buckets` is a whole number from 1 to 100,000.
 */
export function peaks(channels: readonly Int16Array[], buckets: number): Peaks {
  if (!Number.isInteger(buckets) || buckets < 1 || buckets > 100_000) {
    throw new RangeError(`buckets must be 1 to 100000, not ${buckets}`)
  }
  const longest = channels.reduce((most, channel) => Math.max(most, channel.length), 0)
  const samplesPerBucket = Math.max(1, Math.ceil(longest / buckets))
  const used = Math.ceil(longest / samplesPerBucket)
  return {
    channels: channels.map((channel) => channelPeaks(channel, samplesPerBucket, used)),
    samplesPerBucket,
  }
}
