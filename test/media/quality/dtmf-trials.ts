import { DTMF_KEYS } from '../../../engine/dsp/tones.ts'
import { seeded } from '../../unit/dsp/packet-trace.ts'
import {
  addNoise,
  addPress,
  addTone,
  inSamples,
  type Law,
  type Press,
  press,
  type Random,
  received,
} from './dtmf-signals.ts'

/** A signal, and what is to be heard in it. */
export interface Trial {
  readonly pcm: Int16Array
  readonly keys: string
  /** First sample of the first key, and the one after the last key. */
  readonly beginsAt: number
  readonly endsAt: number
}

/** A property that is the share of trials in which something holds. */
export interface TrialProperty {
  readonly name: string
  /** 'right': the keys that were pressed, and no others; 'any': some key at all. */
  readonly counts: 'right' | 'any'
  /** Of 'right' the least, of 'any' the most. */
  readonly share: number
  /** As many trials as this, half of them through A-law and half through mu-law. */
  trials(count: number): Trial[]
}

const MARGIN_MS = 60
/** 20 ms at 8 kHz. */
const FRAME = 160
const laws: readonly Law[] = ['A', 'mu']

/** Presses with pauses between them, somewhere in a frame; `spoil` adds what else is on the line. */
function signal(
  presses: readonly Press[],
  pauseMs: number,
  law: Law,
  random: Random,
  spoil: (sound: Float64Array) => void = () => undefined,
): Trial {
  const onMs = presses.reduce((sum, { onMs }) => sum + onMs + pauseMs, 0)
  const sound = new Float64Array(FRAME * Math.ceil(inSamples(onMs + 2 * MARGIN_MS + 20) / FRAME))
  const beginsAt = inSamples(MARGIN_MS) + Math.floor(inSamples(20) * random())
  let at = beginsAt
  for (const each of presses) at += addPress(sound, at, each, random) + inSamples(pauseMs)
  const endsAt = at - inSamples(pauseMs)
  spoil(sound)
  const keys = presses.map(({ key }) => key).join('')
  return { pcm: received(sound, law), keys, beginsAt, endsAt }
}

type Make = (key: string, law: Law, random: Random, n: number) => Trial

/** Every key in turn. */
function trialsOf(make: Make): TrialProperty['trials'] {
  return (count) => {
    const random = seeded(1209)
    return Array.from({ length: count }, (_, n) => {
      const key = DTMF_KEYS.charAt((n >> 1) % DTMF_KEYS.length)
      return make(key, laws[n % 2]!, random, n)
    })
  }
}

const all = (name: string, make: Make, share = 1): TrialProperty => ({
  ...{ name, counts: 'right', share },
  trials: trialsOf(make),
})
const none = (name: string, make: Make, share = 0): TrialProperty => ({
  ...{ name, counts: 'any', share },
  trials: trialsOf(make),
})
const one =
  (change: Partial<Press>): Make =>
  (key, law, random) =>
    signal([press(key, change)], 0, law, random)

/** Both tones up, both down, and each of them alone. */
const offBy =
  (part: number): Make =>
  (key, law, random, n) => {
    const ways = [
      { lowDeviation: part, highDeviation: part },
      { lowDeviation: -part, highDeviation: -part },
      { lowDeviation: part },
      { highDeviation: -part },
    ]
    return signal([press(key, ways[(n >> 5) % ways.length])], 0, law, random)
  }

const twisted = (db: number): Make =>
  one({ lowDbm0: -10 - Math.max(0, db), highDbm0: -10 + Math.min(0, db) })

const level = (dbm0: number): Make => one({ lowDbm0: dbm0, highDbm0: dbm0 })

/** Noise under the sum of both tones. */
const noisy =
  (db: number): Make =>
  (key, law, random) =>
    signal([press(key)], 0, law, random, (sound) =>
      addNoise(sound, -10 + 10 * Math.log10(2) - db, random),
    )

/** The two tones of a dial tone, each so much under each tone of the key. */
const dialTone =
  (db: number): Make =>
  (key, law, random) =>
    signal([press(key)], 0, law, random, (sound) => {
      addTone(sound, 0, sound.length, 350, -10 - db, random)
      addTone(sound, 0, sound.length, 440, -10 - db, random)
    })

const twice: Make = (key, law, random) => signal([press(key), press(key)], 40, law, random)

const dropOut: Make = (key, law, random) =>
  signal([press(key, { onMs: 100 })], 0, law, random, (sound) => {
    const from = sound.findIndex((value) => value !== 0) + inSamples(40)
    sound.fill(0, from, from + inSamples(10))
  })

const everyKey: Make = (_key, law, random) => {
  const keys = DTMF_KEYS.repeat(10).split('')
  return signal(
    keys.map((key) => press(key)),
    50,
    law,
    random,
  )
}

export const trialProperties: readonly TrialProperty[] = [
  all('frequencies off by 1.5 %', offBy(0.015), 0.99),
  none('frequencies off by 3.5 %', offBy(0.035)),
  all('40 ms long', one({ onMs: 40 })),
  none('20 ms long', one({ onMs: 20 }), 0.01),
  all('a key twice, 40 ms between', twice),
  all('a drop-out of 10 ms', dropOut),
  all('twist +3 dB', twisted(3)),
  all('twist -7 dB', twisted(-7)),
  none('twist +10 dB', twisted(10)),
  none('twist -12 dB', twisted(-12)),
  ...[0, -10, -20, -30].map((dbm0) => all(`${dbm0} dBm0 each`, level(dbm0))),
  none('-50 dBm0 each', level(-50)),
  all('white noise 15 dB below', noisy(15)),
  all('dial tone 15 dB below', dialTone(15)),
]

/** Few trials, each of 160 keys. */
export const speed = all('16 keys ten times, 50 ms and 50 ms', everyKey)

/** Of different length, on a noisy line. */
export const single: TrialProperty['trials'] = trialsOf((key, law, random) =>
  signal([press(key, { onMs: 50 + 50 * random() })], 0, law, random, (sound) =>
    addNoise(sound, -27, random),
  ),
)

/** Under each of these things go wrong for some detectors: told without a line. */
export const beyond: readonly TrialProperty[] = [
  all('frequencies off by 2.0 %', offBy(0.02), 0),
  all('32 ms long', one({ onMs: 32 }), 0),
  all('twist +4 dB', twisted(4), 0),
  all('twist -8 dB', twisted(-8), 0),
  all('-40 dBm0 each', level(-40), 0),
  all('white noise 10 dB below', noisy(10), 0),
  all('white noise 8 dB below', noisy(8), 0),
  all('dial tone 10 dB below', dialTone(10), 0),
]
