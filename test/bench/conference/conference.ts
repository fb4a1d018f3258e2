import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, inMib, inMs, inPercent, type Print, printTable } from '../report.ts'
import { keepBest, printHistory } from './history.ts'
import { Janus } from './janus.ts'
import { type Case, type Figures, type Lengths, measure } from './measure.ts'
import { MediaProcess } from './media-process.ts'
import { type Mixer, NotHere } from './mixer.ts'

type Start = (one: Case) => Promise<Mixer>

const mixers: readonly { readonly name: string; readonly start: Start }[] = [
  { name: 'Ringdown', start: () => MediaProcess.start() },
  { name: 'Janus', start: ({ codec }) => Janus.start(codec) },
]

const heading = [
  ...['', 'CPU', 'tick late p99', 'delay p50', 'delay p99', 'least /s', 'mean /s', 'gaps'],
  ...['unheard', 'memory', 'crowd CPU', 'crowd late p99'],
]

const long: Lengths = { warmUpMs: 8_000, measureMs: 30_000 }
const short: Lengths = { warmUpMs: 4_000, measureMs: 6_000 }
/** Sockets and threads of the one before are gone. */
const BETWEEN_MS = 1000

const textOf = ({ codec, members, talkers, jitterMs }: Case): string =>
  [
    `${members} ${codec}`,
    talkers === 'three' ? '3 talk' : 'all talk',
    ...(jitterMs > 0 ? [`jitter ${jitterMs} ms`] : []),
  ].join(', ')

function row(name: string, figures: Figures): string[] {
  const { cpu, tickLateP99Ms, delayP50Ms, delayP99Ms, unheard, stretches, rssBytes } = figures
  return [
    name,
    inPercent(cpu),
    tickLateP99Ms === undefined ? '-' : inMs(tickLateP99Ms),
    ...[delayP50Ms, delayP99Ms].map((delay) => (Number.isFinite(delay) ? inMs(delay) : '-')),
    ...[figures.leastReceived.toFixed(2), figures.received.toFixed(2), `${figures.missing}`],
    `${unheard} of ${stretches}`,
    inMib(rssBytes),
    ...[inPercent(figures.crowdCpu), inMs(figures.crowdLateP99Ms)],
  ]
}

/** Each case with each mixer, one after the other. */
async function compare(print: Print, cases: readonly Case[], lengths: Lengths): Promise<void> {
  const rows: string[][] = [heading]
  const absent = new Set<string>()
  for (const one of cases) {
    for (const { name, start } of mixers) {
      if (absent.has(name)) continue
      try {
        const figures = await measure(() => start(one), one, lengths)
        rows.push(row(`${textOf(one)}: ${name}`, figures))
        if (name === 'Ringdown' && lengths === long) keepBest(textOf(one), figures)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (error instanceof NotHere) absent.add(name)
        print(`  ${textOf(one)}: ${name} is not measured: ${reason}`)
      }
      await sleep(BETWEEN_MS)
    }
  }
  print(
    '  CPU: of the whole process tree, 100 % is one core. Delay: mouth to ear less the packet time.',
  )
  print('  Crowd: the generator, a process of its own; 500 members at most in one, 25 to a socket.')
  printTable(print, rows)
}

function crossed(members: readonly number[], jitterMs = 0): Case[] {
  return (['PCMU', 'opus'] as const).flatMap((codec) =>
    (['three', 'all'] as const).flatMap((talkers) =>
      members.map((count) => ({ codec, talkers, members: count, jitterMs })),
    ),
  )
}

export const conferences: Bench = {
  name: 'rooms',
  title: 'Conferences of 50, 100 and 250, beside Janus AudioBridge',
  async run(print, isShort) {
    await compare(print, crossed(isShort ? [50] : [50, 100, 250]), isShort ? short : long)
    if (!isShort) printHistory(print)
  },
}

export const jittery: Bench = {
  name: 'jitter',
  title: 'A conference of 50 whose packets come up to 30 ms late',
  async run(print, isShort) {
    const cases = crossed([50], 30).filter(({ talkers }) => talkers === 'three')
    await compare(print, cases, isShort ? short : long)
  },
}

export const largest: Bench = {
  name: 'thousand',
  title: 'One PCMU room of 500 and of 1,000 (behind the setting of the operator)',
  async run(print, isShort) {
    const cases = [500, 1000].map((members) => ({
      ...({ codec: 'PCMU', talkers: 'three', jitterMs: 0 } as const),
      members,
    }))
    await compare(print, cases, isShort ? short : long)
  },
}
