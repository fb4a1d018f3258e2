import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { newG722Decoder, newG722Encoder } from '../../../engine/dsp/g722.ts'
import { hasSpandsp, spandspDecode, spandspEncode } from '../../support/spandsp.ts'
import { type Law, soxG711, spandspG711, spokenMinute } from './codec-references.ts'
import type { Property } from './table.ts'
import { amplitudeAt, sinadDb, sine } from './tone-measures.ts'

/** G.711 and G.722: the same bits as others, and the noise that they add. */

const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768)
const everyCode = Uint8Array.from({ length: 256 }, (_, i) => i)
const laws = [
  { law: 'mu', name: 'G.711 mu-law', encode: encodeUlaw, decode: decodeUlaw, soxBits: 14 },
  { law: 'a', name: 'G.711 A-law', encode: encodeAlaw, decode: decodeAlaw, soxBits: 13 },
] as const

function encoded({ encode }: (typeof laws)[number], pcm: Int16Array): Uint8Array {
  const out = new Uint8Array(pcm.length)
  encode(pcm, 0, pcm.length, out, 0)
  return out
}

function decoded({ decode }: (typeof laws)[number], bytes: Uint8Array): Int16Array {
  const out = new Int16Array(bytes.length)
  decode(bytes, 0, bytes.length, out, 0)
  return out
}

type Values = Uint8Array | Int16Array

/** How many differ; undefined without a reference. */
function differences(
  ours: Values,
  reference: Values | undefined,
  counts: (at: number) => boolean = () => true,
): number | undefined {
  if (!reference) return undefined
  let found = Math.abs(ours.length - reference.length)
  for (let i = 0; i < ours.length; i++) if (counts(i) && ours[i] !== reference[i]) found += 1
  return found
}

export const notInstalled = 'not installed'

function exactness(name: string, reference: string, found: number | undefined): Property {
  return {
    name,
    reference: found === undefined ? notInstalled : reference,
    ours: found === undefined ? '-' : `${found} differ`,
    passLine: 'bit-exact',
    passes: found === undefined || found === 0,
  }
}

function g711(kind: (typeof laws)[number]): Property[] {
  const { name, soxBits } = kind
  const law: Law = kind.law
  const codes = encoded(kind, everySample)
  const values = decoded(kind, everyCode)
  // sox rounds to so many bits first; between those steps it is another signal that it encodes.
  const isSoxStep = (at: number): boolean => (everySample[at]! & (2 ** (16 - soxBits) - 1)) === 0
  const steps = everySample.filter((_, at) => isSoxStep(at)).length
  return [
    exactness(
      `${name}: 65,536 inputs`,
      'spandsp',
      differences(codes, spandspG711.encode(law, everySample)),
    ),
    exactness(
      `${name}: ${steps} inputs of ${soxBits} bits`,
      'sox',
      differences(codes, soxG711.encode(law, everySample), isSoxStep),
    ),
    exactness(
      `${name}: 256 codes`,
      'spandsp',
      differences(values, spandspG711.decode(law, everyCode)),
    ),
    exactness(`${name}: 256 codes`, 'sox', differences(values, soxG711.decode(law, everyCode))),
  ]
}

/** Of a sine of 1020.5 Hz, the same number for whoever makes the same bits; as it was measured once. */
const noiseLines: Readonly<Record<Law, readonly (readonly [number, number])[]>> = {
  mu: [
    [-10, 38.8],
    [-20, 36.3],
    [-30, 36.7],
    [-40, 32.6],
  ],
  a: [
    [-10, 38.1],
    [-20, 37.2],
    [-30, 37.3],
    [-40, 30.6],
  ],
}
const NOISE_TONE_HZ = 1020.5
/** 1020.5 Hz has whole periods in two seconds. */
const noiseStretch = (rateHz: number) => ({ from: rateHz, samples: 2 * rateHz })

function noise(kind: (typeof laws)[number]): Property[] {
  return noiseLines[kind.law].map(([levelDbm0, referenceDb]) => {
    const pcm = sine(NOISE_TONE_HZ, 8000, 8000 * 4, amplitudeAt(levelDbm0))
    const heard = decoded(kind, encoded(kind, pcm))
    const found = sinadDb(heard, NOISE_TONE_HZ, 8000, noiseStretch(8000))
    return noiseRow(`${kind.name}: SNR at ${levelDbm0} dBm0`, referenceDb, found)
  })
}

const noiseRow = (name: string, referenceDb: number, found: number): Property => ({
  name,
  reference: `${referenceDb} dB`,
  ours: `${found.toFixed(1)} dB`,
  passLine: `>= ${(referenceDb - 0.5).toFixed(1)} dB`,
  passes: found >= referenceDb - 0.5,
})

function g722Encoded(pcm: Int16Array): Uint8Array {
  const encoder = newG722Encoder()
  const out = new Uint8Array(pcm.length / 2)
  for (let at = 0; at < pcm.length; at += 320) {
    encoder.encode(pcm.subarray(at, at + 320), out, at / 2)
  }
  return out
}

function g722Decoded(bytes: Uint8Array): Int16Array {
  const decoder = newG722Decoder()
  const out = new Int16Array(2 * bytes.length)
  for (let at = 0; at < bytes.length; at += 160) {
    decoder.decode(bytes, at, 160, out.subarray(2 * at, 2 * at + 320))
  }
  return out
}

function g722(): Property[] {
  const speech = hasSpandsp() ? spokenMinute() : undefined
  const bytes = speech && g722Encoded(speech)
  const noiseRows = (
    [
      [-10, 47.3],
      [-20, 45.9],
      [-30, 42.1],
    ] as const
  ).map(([levelDbm0, referenceDb]) => {
    const pcm = sine(NOISE_TONE_HZ, 16_000, 16_000 * 4, amplitudeAt(levelDbm0))
    const heard = g722Decoded(g722Encoded(pcm))
    const found = sinadDb(heard, NOISE_TONE_HZ, 16_000, noiseStretch(16_000))
    return noiseRow(`G.722: SNR at ${levelDbm0} dBm0`, referenceDb, found)
  })
  return [
    exactness(
      'G.722: 60 s of speech, encoded',
      'spandsp',
      speech && bytes && differences(bytes, spandspEncode(speech)),
    ),
    exactness(
      'G.722: 60 s of speech, decoded',
      'spandsp',
      bytes && differences(g722Decoded(bytes), spandspDecode(bytes)),
    ),
    ...noiseRows,
    g722Delay(),
  ]
}

/** Where a single loud sample comes out. */
function g722Delay(): Property {
  const pcm = new Int16Array(3200)
  pcm[1600] = 20_000
  const heard = g722Decoded(g722Encoded(pcm))
  const at = heard.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(heard[best]!) ? i : best),
    0,
  )
  const delay = at - 1600
  return {
    name: 'G.722: delay of encoder and decoder',
    reference: '22 samples',
    ours: `${delay} samples`,
    passLine: '<= 22 samples',
    passes: delay <= 22,
  }
}

/** One talker, from G.711 to PCM and back: the same bytes come out. */
export function identity(): Property[] {
  return laws.map((kind) => {
    const random = Uint8Array.from(
      { length: 80_000 },
      (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) & 0xff,
    )
    // Mu-law has two zeros, of which one is made.
    const codes = random.map((code) => (kind.law === 'mu' && code === 0x7f ? 0xff : code))
    const again = encoded(kind, decoded(kind, codes))
    const found = differences(again, codes) ?? 0
    return { ...exactness(`${kind.name}: one talker through PCM`, '-', found) }
  })
}

export const codecRows = (): Property[] => [
  ...laws.flatMap(g711),
  ...laws.flatMap(noise),
  ...g722(),
  ...identity(),
]
