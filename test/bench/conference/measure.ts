import { setTimeout as sleep } from 'node:timers/promises'
import type { Turn } from '../../support/rtp-crowd/protocol.ts'
import { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { type BenchCodec, type Mixer, TreeMeter } from './mixer.ts'

export interface Case {
  readonly codec: BenchCodec
  readonly members: number
  /** Three speak, or three speak loudest among all. */
  readonly talkers: 'three' | 'all'
  readonly jitterMs: number
}

export interface Figures {
  /** Of the whole process tree, in cores. */
  readonly cpu: number
  readonly tickLateP99Ms: number | undefined
  /** Mouth to ear, less the packet's own time. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  /** Packets a second of the member who got fewest, and on average. */
  readonly leastReceived: number
  readonly received: number
  readonly missing: number
  readonly rssBytes: number
  /** Stretches of 250 ms in which the talker was not to be heard, of all. */
  readonly unheard: number
  readonly stretches: number
  /** The busiest process of the crowd, in cores, and how late it was. */
  readonly crowdCpu: number
  readonly crowdLateP99Ms: number
}

export interface Lengths {
  readonly warmUpMs: number
  readonly measureMs: number
}

const TALKERS = 3
const LISTENERS = [3, 4, 5]
const FOREVER_MS = 1e9
const LOUD_DB = -16
const AMONG_ALL_DB = -40
/** Seeds of those who speak besides. */
const OTHER_VOICES = 8
const MOST_IN_A_PROCESS = 500

/** Joins a crowd to the mixer's room, lets them talk, and takes the figures. */
export async function measure(
  start: () => Promise<Mixer>,
  one: Case,
  { warmUpMs, measureMs }: Lengths,
): Promise<Figures> {
  const { codec, members, jitterMs } = one
  const processes = Math.ceil(members / MOST_IN_A_PROCESS)
  const crowd = await RtpCrowd.start({
    ...{ legs: members, codecs: [codec], legsPerSocket: 25, jitterMs, processes },
  })
  try {
    const mixer = await start()
    try {
      const ports = await mixer.join(crowd)
      await crowd.aim(ports.map((port, leg) => ({ leg, port })))
      await crowd.say(turns(one, processes))
      await sleep(warmUpMs)
      return await taken(mixer, crowd, processes, measureMs)
    } finally {
      await mixer.stop()
    }
  } finally {
    await crowd.stop()
  }
}

/** Legs are dealt out to the processes of the crowd: those that are compared are all of the first. */
const inFirst = (n: number, processes: number): number => n * processes

function turns({ members, talkers }: Case, processes: number): Turn[] {
  const speaks = (leg: number, seed: number, levelDb: number, fromMs: number): Turn => ({
    ...{ leg, fromMs, toMs: FOREVER_MS },
    voice: { is: 'noise', value: seed, levelDb },
  })
  const loud = Array.from({ length: TALKERS }, (_, n) => inFirst(n, processes))
  const loudest = loud.map((leg, n) => speaks(leg, n + 1, LOUD_DB, 0))
  if (talkers === 'three') return loudest
  // Nobody says the same at the same time as another.
  const others = Array.from({ length: members }, (_, leg) => leg)
    .filter((leg) => !loud.includes(leg))
    .map((leg) => speaks(leg, 100 + (leg % OTHER_VOICES), AMONG_ALL_DB, (leg * 60) % 3000))
  return [...loudest, ...others]
}

async function taken(
  mixer: Mixer,
  crowd: RtpCrowd,
  processes: number,
  measureMs: number,
): Promise<Figures> {
  const listeners = LISTENERS.map((n) => inFirst(n, processes))
  const talkers = Array.from({ length: TALKERS }, (_, n) => inFirst(n, processes))
  await crowd.measure(listeners)
  const meter = new TreeMeter(mixer.pid)
  await sleep(measureMs)
  const cpu = meter.share()
  const crowdFigures = await crowd.figures()
  const rssBytes = meter.rssBytes()
  const perSecond = crowdFigures.legs.map(
    ({ received }) => (received * 1000) / crowdFigures.elapsedMs,
  )
  const pairs = listeners.flatMap((listener) => talkers.map((talker) => ({ talker, listener })))
  const { delayMs, stretches, notFound } = await crowd.delays(pairs)
  return {
    ...{ cpu, rssBytes, stretches, unheard: notFound },
    tickLateP99Ms: await mixer.tickLateP99Ms(),
    delayP50Ms: delayMs.p50,
    delayP99Ms: delayMs.p99,
    leastReceived: Math.min(...perSecond),
    received: perSecond.reduce((sum, one) => sum + one, 0) / perSecond.length,
    missing: crowdFigures.legs.reduce((sum, { missing }) => sum + missing, 0),
    crowdCpu: crowdFigures.cpu,
    crowdLateP99Ms: crowdFigures.lateMs.p99,
  }
}
