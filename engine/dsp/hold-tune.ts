import type { Tone, ToneSegment } from './tones.ts'

/** Equal temperament, A4 = 440 Hz, inside the telephone band. */
const NOTES_HZ = { C: 523.25, D: 587.33, E: 659.26, F: 698.46, G: 783.99, A: 880, H: 493.88 }
const BASS_HZ = { c: 329.63, f: 349.23, g: 392, a: 440 }

/** Each beat: the note of the tune, the one under it, and how many beats both last. */
const SCORE =
  'Cc2 Ec1 Gc1 Aa2 Ga1 Ea1 Ff2 Af1 Gf1 Eg2 Dg2 Cc1 Dc1 Ec2 Aa1 Ga1 Ea2 Df1 Ef1 Ff1 Df1 Hg1 Dg1 Cc2'
const BEAT_MS = 320
/** Silence at the end of each note, so that equal ones are heard apart. */
const BREATH_MS = 40

/**
 * What a party on hold hears: a tune of the project's own in two voices, some 11 s long, until it is
 * stopped. Quiet: each voice is 26 dB below full scale, both together peak at -20 dBFS.
 */
export const HOLD_TUNE: Tone = {
  segments: SCORE.split(' ').flatMap(notes),
  rounds: Number.POSITIVE_INFINITY,
  levelDbfs: -26,
}

function notes(written: string): ToneSegment[] {
  const tune = NOTES_HZ[written[0] as keyof typeof NOTES_HZ]
  const bass = BASS_HZ[written[1] as keyof typeof BASS_HZ]
  const durationMs = Number(written[2]) * BEAT_MS
  return [
    { frequenciesHz: [tune, bass], durationMs: durationMs - BREATH_MS },
    { frequenciesHz: [], durationMs: BREATH_MS },
  ]
}
