import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { MediaProcess } from '../conference/media-process.ts'
import { TreeMeter } from '../conference/mixer.ts'
import { against, type Bench, inMib, inMs, inPercent, type Print, printTable } from '../report.ts'
import { profileWith, sharesOf } from './cpu-profile.ts'

/** How legs are connected, and what is done with their sound. */
type Way = 'passed through' | 'decoded, recorded, listened to for keys'

interface Step {
  readonly way: Way
  readonly legs: number
}

interface Figures {
  /** Of the whole process tree, in cores. */
  readonly cpu: number
  /** Packets that did not come, of those that should have. */
  readonly lost: number
  readonly tickLateP99Ms: number
  readonly skipped: number
  readonly rssBytes: number
  readonly crowdCpu: number
}

const MOST_IN_A_PROCESS = 500
/** What a step has to hold: packets, ticks, and the generator must not be what gives way. */
const MOST_LOST = 0.001
const MOST_LATE_MS = 5
const MOST_CROWD_CPU = 0.7
const WARM_UP_MS = 8_000

const holds = ({ lost, tickLateP99Ms, skipped }: Figures): boolean =>
  lost <= MOST_LOST && tickLateP99Ms <= MOST_LATE_MS && skipped === 0

async function measure(
  { way, legs }: Step,
  measureMs: number,
  profiles?: string,
): Promise<Figures> {
  const processes = Math.ceil(legs / MOST_IN_A_PROCESS)
  const crowd = await RtpCrowd.start({ legs, codecs: ['PCMU'], legsPerSocket: 25, processes })
  const folder = await mkdtemp(join(tmpdir(), 'bench-legs-'))
  try {
    const profiled = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
    const media = await MediaProcess.start(profiled, way === 'passed through' ? 'off' : 'always')
    try {
      const ports = await media.legs(crowd)
      await media.bridges()
      if (way !== 'passed through') await media.record(folder)
      await crowd.aim(ports.map((port, leg) => ({ leg, port })))
      // Half of them speak, as in calls.
      await crowd.say(
        ports.flatMap((_, leg) =>
          leg % 2 === 1
            ? []
            : {
                leg,
                fromMs: 0,
                toMs: 1e9,
                voice: { is: 'noise' as const, value: 1 + (leg % 8), levelDb: -20 },
              },
        ),
      )
      await sleep(WARM_UP_MS)
      return await taken(media, crowd, measureMs)
    } finally {
      await media.stop()
    }
  } finally {
    await crowd.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function taken(media: MediaProcess, crowd: RtpCrowd, measureMs: number): Promise<Figures> {
  const before = await media.statistics()
  await crowd.measure()
  const meter = new TreeMeter(media.pid)
  await sleep(measureMs)
  const cpu = meter.share()
  const rssBytes = meter.rssBytes()
  const { legs, cpu: crowdCpu } = await crowd.figures()
  const after = await media.statistics()
  const sent = legs.reduce((sum, leg) => sum + leg.sent, 0)
  const received = legs.reduce((sum, leg) => sum + leg.received, 0)
  return {
    ...{ cpu, rssBytes, crowdCpu },
    lost: Math.max(0, 1 - received / sent),
    tickLateP99Ms: after.tickLateness.p99Ms,
    skipped: after.ticksSkipped - before.ticksSkipped,
  }
}

const heading = [
  ...['', 'CPU', 'a leg', 'lost', 'tick late p99', 'skipped', 'memory', 'crowd CPU', 'holds'],
]

function row({ way, legs }: Step, figures: Figures): string[] {
  const { cpu, lost, tickLateP99Ms, skipped, rssBytes, crowdCpu } = figures
  return [
    `${legs} ${way}`,
    ...[inPercent(cpu), `${((100 * cpu) / legs).toFixed(3)} %`, inPercent(lost)],
    ...[inMs(tickLateP99Ms), `${skipped}`, inMib(rssBytes), inPercent(crowdCpu)],
    crowdCpu > MOST_CROWD_CPU ? 'crowd too busy to tell' : holds(figures) ? 'yes' : 'no',
  ]
}

async function table(
  print: Print,
  steps: readonly Step[],
  measureMs: number,
  goesOn: (figures: Figures) => boolean,
): Promise<Figures[]> {
  const all: Figures[] = []
  const rows: string[][] = [heading]
  for (const step of steps) {
    const figures = await measure(step, measureMs)
    rows.push(row(step, figures))
    all.push(figures)
    if (!goesOn(figures)) break
  }
  printTable(print, rows)
  return all
}

const recorded = 'decoded, recorded, listened to for keys' as const

export const cost: Bench = {
  name: 'cost',
  title: '1,000 PCMU legs in bridges, passed through; 500 decoded, recorded and listened to',
  async run(print, isShort) {
    const steps: readonly Step[] = [
      { way: 'passed through', legs: isShort ? 100 : 1000 },
      { way: recorded, legs: isShort ? 50 : 500 },
    ]
    const all = await table(print, steps, isShort ? 5_000 : 60_000, () => true)
    for (const [n, aim] of [0.05, 0.08].entries()) {
      const share = (100 * all[n]!.cpu) / steps[n]!.legs
      print(
        `  ${steps[n]!.way}: ${against(share, aim, `${share.toFixed(3)} % of a core a leg`, '%')}`,
      )
    }
  },
}

export const knee: Bench = {
  name: 'last',
  title: 'Up to how many legs quality holds',
  async run(print, isShort) {
    const measureMs = isShort ? 5_000 : 300_000
    const ways = [
      ['passed through', isShort ? [50, 100] : [500, 750, 1000, 1250, 1500, 1750, 2000]],
      [recorded, isShort ? [50] : [250, 500, 750, 1000, 1250]],
    ] as const
    for (const [way, counts] of ways) {
      await table(
        print,
        counts.map((legs) => ({ way, legs })),
        measureMs,
        holds,
      )
    }
    print(
      `  holds: at most ${inPercent(MOST_LOST)} of packets lost, ticks late by ${MOST_LATE_MS} ms at p99`,
    )
    print(
      '  at most, and none skipped, all the time; the last line of each is the first that does not',
    )
  },
}

export const profile: Bench = {
  name: 'profile',
  title: 'Where the time of the media thread goes',
  async run(print, isShort) {
    for (const way of ['passed through', recorded] as const) {
      const folder = await mkdtemp(join(tmpdir(), 'bench-profile-'))
      const measureMs = isShort ? 5_000 : 20_000
      const legs = isShort ? 50 : 500
      const { cpu } = await measure({ way, legs }, measureMs, folder)
      const found = profileWith(folder, '/media/thread.ts')
      print(`  ${legs} legs ${way}: ${inPercent(cpu)} of a core, the profiler included`)
      if (!found) throw new Error('the media thread has left no profile')
      const shares = sharesOf(found, measureMs).filter(({ share }) => share >= 0.001)
      printTable(
        print,
        shares.map(({ what, share }) => [what, inPercent(share)]),
      )
      await rm(folder, { recursive: true, force: true })
    }
  },
}
