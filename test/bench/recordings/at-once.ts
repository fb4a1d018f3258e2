import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { MediaProcess } from '../conference/media-process.ts'
import { TreeMeter } from '../conference/mixer.ts'
import { against, type Bench, inMib, inMs, inPercent, printTable } from '../report.ts'

/** What is done with every leg. */
const ways = ['not recorded', 'WAV', 'Ogg Opus'] as const
type Way = (typeof ways)[number]

interface Figures {
  readonly cpu: number
  readonly crowdCpu: number
  readonly lost: number
  readonly lateP99Ms: number
  readonly lateMaxMs: number
  readonly skipped: number
  readonly bytes: number
}

const warmUpMs = 5_000

/** So many legs in bridges whose sound is decoded either way, each recorded in stereo into a file of its own. */
async function measure(way: Way, legs: number, measureMs: number): Promise<Figures> {
  const crowd = await RtpCrowd.start({ legs, codecs: ['PCMU'], legsPerSocket: 25, processes: 1 })
  const folder = await mkdtemp(join(tmpdir(), 'bench-recordings-'))
  // Looking for keys has the sound decoded when it is not recorded too.
  const media = await MediaProcess.start([], 'always')
  try {
    const ports = await media.legs(crowd)
    await media.bridges()
    if (way !== 'not recorded') await media.record(folder, way === 'WAV' ? 'wav' : 'opus')
    await crowd.aim(ports.map((port, leg) => ({ leg, port })))
    await crowd.say(
      ports.flatMap((_, leg) => {
        const voice = { is: 'noise', value: 1 + (leg % 8), levelDb: -20 } as const
        return leg % 2 === 1 ? [] : [{ leg, fromMs: 0, toMs: 1e9, voice }]
      }),
    )
    await sleep(warmUpMs)
    return { ...(await taken(media, crowd, measureMs)), bytes: await bytesIn(folder) }
  } finally {
    await media.stop()
    await crowd.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function taken(media: MediaProcess, crowd: RtpCrowd, measureMs: number) {
  const before = await media.statistics()
  await crowd.measure()
  const meter = new TreeMeter(media.pid)
  await sleep(measureMs)
  const cpu = meter.share()
  const { legs, cpu: crowdCpu } = await crowd.figures()
  const after = await media.statistics()
  const sent = legs.reduce((sum, leg) => sum + leg.sent, 0)
  const received = legs.reduce((sum, leg) => sum + leg.received, 0)
  return {
    ...{ cpu, crowdCpu, lost: Math.max(0, 1 - received / sent) },
    lateP99Ms: after.tickLateness.p99Ms,
    lateMaxMs: after.tickLateness.maxMs,
    skipped: after.ticksSkipped - before.ticksSkipped,
  }
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

export const atOnce: Bench = {
  name: 'at-once',
  title: '250 recordings at once on one disk: WAV, Ogg Opus, and the same legs without',
  async run(print, isShort) {
    const legs = isShort ? 20 : 250
    const measureMs = isShort ? 3_000 : 60_000
    const found: Figures[] = []
    for (const way of ways) found.push(await measure(way, legs, measureMs))
    const plain = found[0]?.cpu ?? Number.NaN
    print(`  ${legs} PCMU legs in ${legs / 2} bridges, decoded; ${measureMs / 1000} s each`)
    printTable(print, [
      ['', 'CPU', 'a recording', 'tick late p99', 'max', 'skipped', 'lost', 'written', 'crowd CPU'],
      ...found.map(({ cpu, crowdCpu, lost, lateP99Ms, lateMaxMs, skipped, bytes }, i) => [
        ways[i] ?? '',
        inPercent(cpu),
        i === 0 ? '' : `${((100 * (cpu - plain)) / legs).toFixed(3)} %`,
        ...[inMs(lateP99Ms), inMs(lateMaxMs), `${skipped}`, inPercent(lost), inMib(bytes)],
        inPercent(crowdCpu),
      ]),
    ])
    for (const [i, { skipped }] of found.entries()) {
      print(`  ${ways[i]}: ${against(skipped, 0, `${skipped} ticks skipped`, 'ticks')}`)
    }
    print('  CPU of a recording: of the legs with it less the same legs without, in % of a core')
  },
}
