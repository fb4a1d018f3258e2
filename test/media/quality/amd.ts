import { inPercent, type Print, printTable } from '../../bench/report.ts'
import { type Greeting, greetings, hasEspeak, ratiosDb } from './amd-greetings.ts'
import { endLateMs, isRight, type Trial, trialOf } from './amd-trials.ts'
import { type Property, printProperties, type QualityTable } from './table.ts'

const COUNT = 480
const HARD_COUNT = 120
const SEED = 20_240_601
const LEAST_RIGHT = 0.95
const LEAST_ENDS = 0.9

const share = (trials: readonly Trial[], holds: (trial: Trial) => boolean): number =>
  trials.length === 0 ? Number.NaN : trials.filter(holds).length / trials.length

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

const times = (values: readonly number[]): string =>
  `${quantile(values, 0.5)} / ${quantile(values, 0.95)} ms`

function atLeast(name: string, ours: number, least: number): Property {
  const passLine = `>= ${inPercent(least)}`
  return { name, reference: '-', ours: inPercent(ours), passLine, passes: ours >= least }
}

/** Kinds of greetings, and how many of each are told right and when. */
function properties(trials: readonly Trial[]): Property[] {
  const of = (who: Greeting['who']) => trials.filter(({ greeting }) => greeting.who === who)
  const [people, machines] = [of('human'), of('machine')]
  const beeping = machines.filter(({ greeting }) => greeting.beepHz > 0)
  const silent = machines.filter(({ greeting }) => greeting.beepHz === 0)
  return [
    atLeast(`people told (${people.length})`, share(people, isRight), LEAST_RIGHT),
    atLeast(`machines told (${machines.length})`, share(machines, isRight), LEAST_RIGHT),
    atLeast(`ends by a beep (${beeping.length})`, share(beeping, hasEnd), LEAST_ENDS),
    atLeast(`ends by silence (${silent.length})`, share(silent, hasEnd), LEAST_ENDS),
  ]
}

const hasEnd = (trial: Trial): boolean => endLateMs(trial) !== undefined

/** What length alone can't tell; to know, without a pass line. */
function printHard(print: Print): void {
  const trials = [...greetings(HARD_COUNT, SEED, true)].map(trialOf)
  const of = (who: Greeting['who'], beeps: boolean) => {
    const some = trials.filter(
      ({ greeting }) => greeting.who === who && greeting.beepHz > 0 === beeps,
    )
    return `${inPercent(share(some, isRight))} of ${some.length}`
  }
  printTable(print, [
    ['misleading ones', 'right'],
    ['people who say a whole sentence', of('human', false)],
    ['machines that say three words, and beep', of('machine', true)],
    ['machines that say three words, and nothing more', of('machine', false)],
  ])
}

function printTimes(print: Print, trials: readonly Trial[]): void {
  const right = trials.filter(isRight)
  const after = (who: Greeting['who'], from: (trial: Trial) => number): string =>
    times(
      right
        .filter(({ greeting }) => greeting.who === who)
        .map((trial) => (trial.known?.atMs ?? Number.NaN) - from(trial)),
    )
  const late = (beeps: boolean): string =>
    times(
      trials
        .filter(({ greeting }) => greeting.who === 'machine' && greeting.beepHz > 0 === beeps)
        .flatMap((trial) => endLateMs(trial) ?? []),
    )
  printTable(print, [
    ['told after', 'p50 / p95'],
    ['a person begins to speak', after('human', ({ greeting }) => greeting.beginMs)],
    ['a person has spoken', after('human', ({ greeting }) => greeting.endMs)],
    ['a machine begins to speak', after('machine', ({ greeting }) => greeting.beginMs)],
    ['the end of a beep', late(true)],
    ['the last word, without a beep', late(false)],
  ])
}

function printRatios(print: Print, trials: readonly Trial[]): void {
  const row = (ratioDb: number): string[] => {
    const at = trials.filter(({ greeting }) => greeting.ratioDb === ratioDb)
    const of = (who: Greeting['who']) =>
      share(
        at.filter(({ greeting }) => greeting.who === who),
        isRight,
      )
    return [`${ratioDb} dB over the noise`, inPercent(of('human')), inPercent(of('machine'))]
  }
  printTable(print, [['right', 'people', 'machines'], ...ratiosDb.map(row)])
}

export const amd: QualityTable = {
  name: 'amd',
  title: `who has answered: ${COUNT} greetings by espeak-ng in 7 languages, noise, G.711`,
  async run(print) {
    if (!hasEspeak()) {
      print('  espeak-ng is not there: nothing was measured')
      return false
    }
    const trials = [...greetings(COUNT, SEED)].map(trialOf)
    const passes = printProperties(print, properties(trials))
    printRatios(print, trials)
    printTimes(print, trials)
    printHard(print)
    for (const trial of trials.filter((one) => !isRight(one))) {
      const { greeting, known } = trial
      print(`  wrong: ${known?.answerer} at ${greeting.ratioDb} dB, ${greeting.what}`)
    }
    return passes
  },
}
