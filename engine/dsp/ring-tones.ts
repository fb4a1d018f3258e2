import { TONES, type Tone, type ToneSegment } from './tones.ts'

/** Rings of so long, with so much silence after each; several make a group. */
function ring(frequenciesHz: readonly number[], ...times: (readonly [number, number])[]): Tone {
  const segments = times.flatMap(([onMs, offMs]): ToneSegment[] => [
    { frequenciesHz, durationMs: onMs },
    { frequenciesHz: [], durationMs: offMs },
  ])
  const levelDbfs = frequenciesHz.length === 1 ? -16 : -19
  return { segments, rounds: Number.POSITIVE_INFINITY, levelDbfs }
}

/** A carrier that is modulated in its strength, as its three lines (as `ringbackAu`). */
const modulated = (carrierHz: number, byHz: number): readonly number[] => [
  ...[carrierHz - byHz, carrierHz, carrierHz + byHz],
]
const double = [
  [400, 200],
  [400, 2000],
] as const

/** What a caller hears while the other phone rings, by country (ITU-T E.180 supplement 2). */
export const RING_TONES = {
  at: ring([420], [1000, 5000]),
  au: TONES.ringbackAu,
  be: ring([425], [1000, 3000]),
  bg: TONES.ringbackEu,
  br: TONES.ringbackEu,
  ch: TONES.ringbackEu,
  cl: ring([400], [1000, 3000]),
  cn: ring([450], [1000, 4000]),
  cz: TONES.ringbackEu,
  de: TONES.ringbackEu,
  dk: TONES.ringbackEu,
  ee: TONES.ringbackEu,
  es: ring([425], [1500, 3000]),
  fi: TONES.ringbackEu,
  fr: ring([440], [1500, 3500]),
  gr: TONES.ringbackEu,
  hu: ring([425], [1250, 3750]),
  il: ring([414], [1000, 3000]),
  in: ring(modulated(400, 25), ...double),
  it: TONES.ringbackEu,
  jp: ring(modulated(400, 16), [1000, 2000]),
  lt: TONES.ringbackEu,
  mx: TONES.ringbackEu,
  my: ring([425], ...double),
  nl: TONES.ringbackEu,
  no: TONES.ringbackEu,
  nz: TONES.ringbackUk,
  ph: ring([425, 480], [1000, 4000]),
  pl: TONES.ringbackEu,
  pt: ring([425], [1000, 5000]),
  ru: TONES.ringbackEu,
  se: ring([425], [1000, 5000]),
  sg: ring(modulated(425, 24), ...double),
  th: ring([420], [1000, 5000]),
  tw: ring([440, 480], [1000, 2000]),
  uk: TONES.ringbackUk,
  us: TONES.ringbackUs,
  'us-old': ring(modulated(420, 40), [2000, 4000]),
  ve: TONES.ringbackEu,
  za: ring(modulated(400, 33), ...double),
} as const satisfies Readonly<Record<string, Tone>>
