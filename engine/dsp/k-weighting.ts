/** One second-order section of a digital filter, normalised so that a0 is 1. */
export interface Biquad {
  readonly b0: number
  readonly b1: number
  readonly b2: number
  readonly a1: number
  readonly a2: number
}

export interface KWeighting {
  /** The head: from 1.7 kHz on 4 dB more. */
  readonly shelf: Biquad
  /** Below 38 Hz ever less. */
  readonly highPass: Biquad
}

/**
 * The analogue filters of which the coefficients for 48 kHz that ITU-R BS.1770-5 (annex 1, tables 1 and 2) prints are
 * the bilinear transforms: so they can be had at any rate.
 */
const SHELF = { hz: 1681.974450955533, gainDb: 3.999843853973347, q: 0.7071752369554196 }
const HIGH_PASS = { hz: 38.13547087602444, q: 0.5003270373238773 }
/** How the gain of the shelf is shared out between its two ends. */
const SHELF_MIDDLE = 0.4996667741545416

/** The weighting of BS.1770 for samples at a rate. */
export function kWeighting(rateHz: number): KWeighting {
  return { shelf: shelfAt(rateHz), highPass: highPassAt(rateHz) }
}

function shelfAt(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * SHELF.hz) / rateHz)
  const high = 10 ** (SHELF.gainDb / 20)
  const middle = high ** SHELF_MIDDLE
  const a0 = 1 + k / SHELF.q + k * k
  return {
    b0: (high + (middle * k) / SHELF.q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (middle * k) / SHELF.q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / SHELF.q + k * k) / a0,
  }
}

function highPassAt(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * HIGH_PASS.hz) / rateHz)
  const a0 = 1 + k / HIGH_PASS.q + k * k
  // As the table prints it: not divided by a0. At low rates that makes up for what the warped shelf lacks at 1 kHz.
  return {
    b0: 1,
    b1: -2,
    b2: 1,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / HIGH_PASS.q + k * k) / a0,
  }
}
