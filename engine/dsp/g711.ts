/**
 * ITU-T G.711 companding by table: mu-law (PCMU) and A-law (PCMA), one byte a sample.
 *
 * Bit-exact with libspandsp for all 65,536 inputs and all 256 codes (decoding also with sox; sox's
 * encoder first rounds to 14 or 13 bits, so it differs by one code on some decision boundaries).
 * Nothing here allocates after the module has loaded.
 */

/** The code of digital silence in mu-law (positive zero). */
export const ULAW_SILENCE = 0xff
/** The code of the smallest positive value in A-law, which has no zero. */
export const ALAW_SILENCE = 0xd5

/** G.711 adds 33 of 8,159 before taking the segment; in 16-bit units that is 132. */
const ULAW_BIAS = 132
const LOWEST_SEGMENT_BITS = 8

function segmentOf(magnitude: number): number {
  return 32 - Math.clz32(magnitude | 0xff) - LOWEST_SEGMENT_BITS
}

function ulawCode(sample: number): number {
  const inverted = sample < 0 ? 0x7f : 0xff
  const biased = Math.abs(sample) + ULAW_BIAS
  const segment = segmentOf(biased)
  if (segment > 7) return inverted ^ 0x7f
  return inverted ^ ((segment << 4) | ((biased >> (segment + 3)) & 0x0f))
}

function alawCode(sample: number): number {
  const inverted = sample < 0 ? 0x55 : 0xd5
  // One's complement: A-law is symmetrical about -0.5, not about 0.
  const magnitude = sample < 0 ? ~sample : sample
  const segment = segmentOf(magnitude)
  return inverted ^ ((segment << 4) | ((magnitude >> (segment === 0 ? 4 : segment + 3)) & 0x0f))
}

function ulawSample(code: number): number {
  const bits = ~code & 0xff
  const segment = (bits >> 4) & 7
  const magnitude = ((((bits & 0x0f) << 3) + ULAW_BIAS) << segment) - ULAW_BIAS
  return bits & 0x80 ? -magnitude : magnitude
}

function alawSample(code: number): number {
  const bits = code ^ 0x55
  const segment = (bits >> 4) & 7
  const step = (bits & 0x0f) << 4
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1)
  return bits & 0x80 ? magnitude : -magnitude
}

const ULAW_CODES = Uint8Array.from({ length: 65536 }, (_, bits) => ulawCode((bits << 16) >> 16))
const ALAW_CODES = Uint8Array.from({ length: 65536 }, (_, bits) => alawCode((bits << 16) >> 16))
const ULAW_SAMPLES = Int16Array.from({ length: 256 }, (_, code) => ulawSample(code))
const ALAW_SAMPLES = Int16Array.from({ length: 256 }, (_, code) => alawSample(code))

/** Encodes `samples` of `pcm` from `pcmOffset` as mu-law into `out` from `outOffset`. */
export function encodeUlaw(
  pcm: Int16Array,
  pcmOffset: number,
  samples: number,
  out: Uint8Array,
  outOffset: number,
): void {
  for (let i = 0; i < samples; i++) {
    out[outOffset + i] = ULAW_CODES[pcm[pcmOffset + i]! & 0xffff]!
  }
}

/** Encodes `samples` of `pcm` from `pcmOffset` as A-law into `out` from `outOffset`. */
export function encodeAlaw(
  pcm: Int16Array,
  pcmOffset: number,
  samples: number,
  out: Uint8Array,
  outOffset: number,
): void {
  for (let i = 0; i < samples; i++) {
    out[outOffset + i] = ALAW_CODES[pcm[pcmOffset + i]! & 0xffff]!
  }
}

/** Decodes `count` mu-law bytes from `offset` into `pcm` from `pcmOffset`. */
export function decodeUlaw(
  bytes: Uint8Array,
  offset: number,
  count: number,
  pcm: Int16Array,
  pcmOffset: number,
): void {
  for (let i = 0; i < count; i++) pcm[pcmOffset + i] = ULAW_SAMPLES[bytes[offset + i]!]!
}

/** Decodes `count` A-law bytes from `offset` into `pcm` from `pcmOffset`. */
export function decodeAlaw(
  bytes: Uint8Array,
  offset: number,
  count: number,
  pcm: Int16Array,
  pcmOffset: number,
): void {
  for (let i = 0; i < count; i++) pcm[pcmOffset + i] = ALAW_SAMPLES[bytes[offset + i]!]!
}

/** Every so many bytes are looked at. */
const LOOKED_AT = 2
const FULL_SCALE = 32_768
/** Of nothing but zeros. */
const SILENCE_DB = -127

const squaresOf = (samples: Int16Array): Float64Array =>
  Float64Array.from(samples, (sample) => (sample / FULL_SCALE) ** 2)
const ULAW_SQUARES = squaresOf(ULAW_SAMPLES)
const ALAW_SQUARES = squaresOf(ALAW_SAMPLES)

/**
 * Root mean square of `count` bytes in dBFS (0: a full-scale square wave), by every second of them into `out[0]`, where it does
 * not end on the heap. -127 for digital silence.
 */
export function measureG711(
  law: 'A' | 'mu',
  bytes: Uint8Array,
  offset: number,
  count: number,
  out: Float64Array,
): void {
  const squares = law === 'A' ? ALAW_SQUARES : ULAW_SQUARES
  let sum = 0
  let looked = 0
  for (let i = 0; i < count; i += LOOKED_AT) {
    sum += squares[bytes[offset + i]!]!
    looked += 1
  }
  out[0] = sum > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(sum / looked)) : SILENCE_DB
}
