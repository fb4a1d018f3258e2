/** Loudness of samples from -1 to 1 as a share of a meter: silence below -60 dBFS is 0, full scale 1. */
export function meterLevel(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return shareOf(Math.sqrt(sum / Math.max(1, samples.length)))
}

/** An amplitude of 0 to 1 as a share of the meter. */
export function shareOf(amplitude: number): number {
  const decibels = 20 * Math.log10(Math.max(amplitude, 1e-6))
  return Math.min(1, Math.max(0, (decibels + 60) / 60))
}

/** Calls back with the level of a stream as often as the screen is drawn; gives the end of it. */
export function watchLevel(stream: MediaStream, told: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = new AnalyserNode(context, { fftSize: 1024 })
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  let frame = 0
  const look = (): void => {
    analyser.getFloatTimeDomainData(samples)
    told(meterLevel(samples))
    frame = requestAnimationFrame(look)
  }
  look()
  return () => {
    cancelAnimationFrame(frame)
    context.close().catch(() => undefined)
  }
}
