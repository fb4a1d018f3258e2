/** Call-progress tones, beeps and DTMF as data, and a generator that plays them. */

/** One stretch of a tone; no frequencies means silence. */
export interface ToneSegment {
  readonly frequenciesHz: readonly number[]
  readonly durationMs: number
}

export interface Tone {
  readonly segments: readonly ToneSegment[]
  /** Times through all segments; Infinity for tones that last until stopped. */
  readonly rounds: number
  /** Level of each frequency, dB below a full-scale sine. */
  readonly levelDbfs: number
}

const on = (durationMs: number, ...frequenciesHz: number[]): ToneSegment => ({
  frequenciesHz,
  durationMs,
})
const off = (durationMs: number): ToneSegment => ({ frequenciesHz: [], durationMs })
const endless = (levelDbfs: number, ...segments: ToneSegment[]): Tone => ({
  segments,
  rounds: Number.POSITIVE_INFINITY,
  levelDbfs,
})

/** Frequencies and cadences as national networks use them (ITU-T E.180 supplement 2). */
export const TONES = {
  ringbackUs: endless(-19, on(2000, 440, 480), off(4000)),
  ringbackUk: endless(-19, on(400, 400, 450), off(200), on(400, 400, 450), off(2000)),
  ringbackAu: endless(-19, on(400, 400, 425, 450), off(200), on(400, 400, 425, 450), off(2000)),
  ringbackEu: endless(-16, on(1000, 425), off(4000)),
  busyUs: endless(-24, on(500, 480, 620), off(500)),
  busyUk: endless(-19, on(375, 400), off(375)),
  busyAu: endless(-16, on(375, 425), off(375)),
  busyEu: endless(-16, on(500, 425), off(500)),
  congestionUs: endless(-24, on(250, 480, 620), off(250)),
  congestionUk: endless(-19, on(400, 400), off(350), on(225, 400), off(525)),
  congestionAu: endless(-16, on(375, 425), off(375)),
  congestionEu: endless(-16, on(250, 425), off(250)),
  beep: { segments: [on(400, 1000)], rounds: 1, levelDbfs: -12 },
} as const satisfies Record<string, Tone>

export type ToneName = keyof typeof TONES

/** The groups of frequencies (ITU-T Q.23), and the keys: a row for each low one. */
export const DTMF_LOW_HZ = [697, 770, 852, 941] as const
export const DTMF_HIGH_HZ = [1209, 1336, 1477, 1633] as const
export const DTMF_KEYS = '123A456B789C*0#D'

/** Low and high frequency of a key (ITU-T Q.23), or undefined for what is not a key. */
export function dtmfFrequencies(key: string): readonly [lowHz: number, highHz: number] | undefined {
  const at = key.length === 1 ? DTMF_KEYS.indexOf(key.toUpperCase()) : -1
  return at < 0 ? undefined : [DTMF_LOW_HZ[at >> 2]!, DTMF_HIGH_HZ[at & 3]!]
}

/**
 * A row of keys as in-band tones.
 * @throws RangeError when a character is not one of 0-9, *, #, A-D.
 */
export function dtmfTone(keys: string, durationMs = 100, gapMs = 100, levelDbfs = -10): Tone {
  const segments = [...keys].flatMap((key) => {
    const pair = dtmfFrequencies(key)
    if (!pair) throw new RangeError(`not a DTMF key: ${JSON.stringify(key)}`)
    return [on(durationMs, ...pair), off(gapMs)]
  })
  return { segments, rounds: 1, levelDbfs }
}

/** A steady sine. */
export function sineTone(frequencyHz: number, durationMs: number, levelDbfs = -10): Tone {
  return { segments: [on(durationMs, frequencyHz)], rounds: 1, levelDbfs }
}
