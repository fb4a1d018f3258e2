import { spawnSync } from 'node:child_process'
import { overCodecs } from './dtmf-codecs.ts'
import {
  afterCutting,
  bandwidths,
  type Detector,
  isSymmetrical,
  longestDelayMs,
  ours,
  reference,
  shareOf,
} from './dtmf-measures.ts'
import { music, prompts, speech } from './dtmf-talk.ts'
import {
  beyond,
  single,
  speed,
  type Trial,
  type TrialProperty,
  trialProperties,
} from './dtmf-trials.ts'
import { type Property, printProperties, type QualityTable } from './table.ts'

const TRIALS = 1024
const NONE = '-'

const percent = (share: number | undefined): string =>
  share === undefined ? NONE : `${(100 * share).toFixed(share > 0.99 && share < 1 ? 2 : 1)} %`

function judged(
  { name, counts, share }: TrialProperty,
  trials: readonly Trial[],
  passLine = counts === 'right' ? `>= ${percent(share)}` : `<= ${percent(share)}`,
): Property {
  const ourShare = shareOf(ours, counts, trials) ?? Number.NaN
  return {
    name,
    reference: percent(shareOf(reference, counts, trials)),
    ours: percent(ourShare),
    passLine,
    passes: counts === 'right' ? ourShare >= share : ourShare <= share,
  }
}

const widths = (found: ReturnType<typeof bandwidths>): string => {
  if (!found) return NONE
  const each = found.map(([down, up]) => 100 * (down + up))
  return `${Math.min(...each).toFixed(1)} to ${Math.max(...each).toFixed(1)} %`
}

function bandwidth(): Property {
  const found = bandwidths(ours)
  return {
    name: 'width of what each tone may be',
    reference: widths(bandwidths(reference)),
    ours: widths(found),
    passLine: '3 to 15 %, even',
    passes: found?.every(isSymmetrical) ?? false,
  }
}

const inMs = (value: number | undefined): string =>
  value === undefined ? NONE : `${value.toFixed(1)} ms`

function delay(): Property {
  const trials = single(TRIALS)
  const longest = longestDelayMs(ours, trials) ?? Number.NaN
  return {
    name: 'from the beginning of a key to its decision',
    reference: inMs(longestDelayMs(reference, trials)),
    ours: inMs(longest),
    passLine: '<= 40 ms',
    passes: longest <= 40,
  }
}

function cutting(): Property[] {
  const { toneMs, lostMs } = afterCutting(single(TRIALS))
  const row = (name: string, value: number, most: number): Property => ({
    ...{ name, reference: NONE, ours: inMs(value), passLine: `<= ${most} ms` },
    passes: value <= most,
  })
  return [
    row('what others hear of a key that is cut', toneMs, 20),
    row('other sound that is lost with it', lostMs, 40),
  ]
}

const hits = (detector: Detector, pieces: readonly Int16Array[]): number | undefined =>
  detector(pieces)?.reduce((sum, { keys }) => sum + keys.length, 0)

/** Keys found where there are none. */
function talkOff(name: string, pieces: readonly Int16Array[], most: number): Property | string {
  if (pieces.length === 0) return name
  const seconds = pieces.reduce((sum, { length }) => sum + length, 0) / 8000
  const found = hits(ours, pieces) ?? Number.NaN
  return {
    name: `keys in ${seconds.toFixed(0)} s of ${name}`,
    reference: String(hits(reference, pieces) ?? NONE),
    ours: String(found),
    passLine: `<= ${most}`,
    passes: found <= most,
  }
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0

/** In-band DTMF, beside libspandsp, which gets the very same signals. */
export const c1: QualityTable = {
  name: 'c1',
  title: 'in-band DTMF (reference: libspandsp)',
  run: async (print) => {
    const properties = [
      ...trialProperties.map((property) => judged(property, property.trials(TRIALS))),
      ...Object.entries(overCodecs).map(([codec, over]) =>
        judged({ ...speed, name: `over ${codec}` }, over(single(TRIALS / 4))),
      ),
      judged(speed, speed.trials(8)),
      bandwidth(),
      delay(),
      ...cutting(),
      ...beyond.map((property) => judged(property, property.trials(TRIALS), '(no line)')),
    ]
    const talk = [
      talkOff('prompts of asterisk-core-sounds-en-wav', prompts(Number.POSITIVE_INFINITY), 0),
      talkOff('speech of espeak-ng', isInstalled('espeak-ng') ? speech(3600) : [], 0),
      talkOff('music of sox', isInstalled('sox') ? music(1800) : [], 1),
    ]
    const measured = talk.filter((row) => typeof row !== 'string')
    const passed = printProperties(print, [...properties, ...measured])
    for (const row of talk)
      if (typeof row === 'string') print(`  not measured, not installed: ${row}`)
    return passed
  },
}
