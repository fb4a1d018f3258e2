/** A low-pass filter cut into `up` phases of `taps` each, for resampling by up/down. */
export interface PolyphaseFilter {
  readonly up: number
  readonly down: number
  /** Coefficients a phase; 1 when the rates are equal and nothing is filtered. */
  readonly taps: number
  /** Phase by phase, newest input sample first. */
  readonly coefficients: Float32Array
  readonly delayMs: number
}

/** Half the length of the filter in samples of the lower rate: 3 ms at 8 kHz, from 16 kHz on 2.4 ms or less. */
const HALF_LENGTH = 24
const HALF_LENGTH_WIDE = 38
/** From here on a tone 600 Hz above the band is nearer to it than the shorter filter parts. */
const WIDE_HZ = 16_000
/** Kaiser window for 90 dB of stop-band attenuation. */
const KAISER_BETA = 0.1102 * (90 - 8.7)
const MIN_RATE_HZ = 1000
const MAX_RATE_HZ = 384_000
/** Only filters of common rates are kept; odd ones can have thousands of phases. */
const MAX_KEPT_COEFFICIENTS = 200_000
const MAX_KEPT_FILTERS = 64

const kept = new Map<string, PolyphaseFilter>()

function greatestCommonDivisor(a: number, b: number): number {
  let x = a
  let y = b
  while (y > 0) {
    const rest = x % y
    x = y
    y = rest
  }
  return x
}

/** Modified Bessel function of order zero, by its series. */
function bessel0(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

/** Windowed sinc at `t` samples of the lower rate from its centre, `half` of them long on each side. */
function kernel(t: number, half: number): number {
  const x = t / half
  if (Math.abs(x) >= 1) return 0
  const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t)
  return (sinc * bessel0(KAISER_BETA * Math.sqrt(1 - x * x))) / bessel0(KAISER_BETA)
}

function design(fromHz: number, toHz: number): PolyphaseFilter {
  const divisor = greatestCommonDivisor(fromHz, toHz)
  const up = toHz / divisor
  const down = fromHz / divisor
  if (up === down) {
    return { up, down, taps: 1, coefficients: Float32Array.of(1), delayMs: 0 }
  }
  const lowHz = Math.min(fromHz, toHz)
  const half = lowHz >= WIDE_HZ ? HALF_LENGTH_WIDE : HALF_LENGTH
  const delaySamples = Math.ceil((half * fromHz) / lowHz)
  const taps = 2 * delaySamples
  const coefficients = new Float32Array(up * taps)
  const row = new Float64Array(taps)
  for (let phase = 0; phase < up; phase++) {
    let sum = 0
    for (let k = 0; k < taps; k++) {
      row[k] = kernel(((k + phase / up - delaySamples) * lowHz) / fromHz, half)
      sum += row[k]!
    }
    // Each phase passes a steady level alike; otherwise it would ripple with the phases.
    for (let k = 0; k < taps; k++) coefficients[phase * taps + k] = row[k]! / sum
  }
  return { up, down, taps, coefficients, delayMs: (delaySamples * 1000) / fromHz }
}

/** The filter from one rate to another; common ones are computed once. */
export function filterFor(fromHz: number, toHz: number): PolyphaseFilter {
  for (const rateHz of [fromHz, toHz]) {
    if (!Number.isInteger(rateHz) || rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) {
      throw new RangeError(`not a sample rate: ${rateHz} Hz`)
    }
  }
  const key = `${fromHz}/${toHz}`
  const known = kept.get(key)
  if (known) return known
  const filter = design(fromHz, toHz)
  if (filter.coefficients.length <= MAX_KEPT_COEFFICIENTS && kept.size < MAX_KEPT_FILTERS) {
    kept.set(key, filter)
  }
  return filter
}
