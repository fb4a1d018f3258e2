import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { MediaOptions, RunningMedia } from '../../engine/media/index.ts'
import { RtpPeer } from '../media/rtp-peer.ts'
import { callId, startForTest } from '../media/start.ts'
import { mediasoupWorkersOf } from '../support/child-processes.ts'
import {
  against,
  type Bench,
  delayHeading,
  delayRow,
  inMs,
  type Print,
  printTable,
} from './report.ts'
import { type Summary, summaryOf } from './statistics.ts'

const firstPort = 30_000
const phones = 20
/** A-law and mu-law of a loud sample; what is sent is no silence. */
const voice = new Uint8Array(160).fill(0x20)

interface Scene {
  readonly media: RunningMedia
  readonly peers: readonly RtpPeer[]
  readonly workers: readonly Worker[]
  stop(): Promise<void>
}

/** Phones that talk without end; each thread has half of them. */
async function talking(options: Partial<MediaOptions>): Promise<Scene> {
  const workers: Worker[] = []
  const { media } = await startForTest(firstPort, {
    ...options,
    newWorker: (workerData) => {
      const file = new URL('../../engine/media/worker.ts', import.meta.url)
      const worker = new Worker(file, { workerData })
      workers[workerData.index] = worker
      return worker
    },
  })
  const peers: RtpPeer[] = []
  for (let n = 0; n < phones; n++) {
    const peer = await RtpPeer.open()
    peer.aim(await media.answer(callId(`phone ${n}`), peer.sdp()))
    media.watch(callId(`phone ${n}`))
    peers.push(peer)
  }
  const timer = setInterval(() => {
    for (const peer of peers) {
      peer.sendPayload(0, voice)
      peer.timestamp = (peer.timestamp + 160) >>> 0
    }
  }, 20)
  return {
    ...{ media, peers, workers },
    stop: async () => {
      clearInterval(timer)
      await media.shutDown()
      for (const peer of peers) peer.close()
    },
  }
}

const isVoice = (payload: Uint8Array): boolean => payload[0] === voice[0]

/** How long each phone hears nothing of its partner, around a moment at which something happens. */
async function gapsMs({ peers }: Scene, happens: () => unknown): Promise<number[]> {
  await sleep(1000)
  const atMs = performance.now()
  for (const peer of peers) peer.received.length = 0
  await happens()
  await sleep(4000)
  const ms = peers.map(({ received }) => {
    let last = atMs
    let longest = 0
    for (const { payload, atMs: now } of received) {
      if (!isVoice(payload)) continue
      longest = Math.max(longest, now - last)
      last = now
    }
    return Math.max(longest, performance.now() - last)
  })
  return ms
}

async function bridgeAll({ media }: Scene, apart: boolean): Promise<void> {
  for (let n = 0; n < phones; n += apart ? 4 : 2) {
    // Every second phone is in the other thread: 0 and 1 are apart, 0 and 2 together.
    if (apart) {
      await media.bridge(callId(`phone ${n}`), callId(`phone ${n + 2}`))
      await media.bridge(callId(`phone ${n + 1}`), callId(`phone ${n + 3}`))
    } else await media.bridge(callId(`phone ${n}`), callId(`phone ${n + 1}`))
  }
}

/** The thread of every second phone dies; those of the other one are to notice nothing. */
async function threadDeath(): Promise<{ struck: number[]; others: number[] }> {
  const scene = await talking({ threads: 2 })
  await bridgeAll(scene, true)
  const gaps = await gapsMs(scene, () => scene.workers[1]?.terminate())
  const inOther = scene.peers.map(({ remotePort }) => remotePort < firstPort + 50)
  await scene.stop()
  return {
    struck: gaps.filter((_, n) => !inOther[n]),
    others: gaps.filter((_, n) => inOther[n]),
  }
}

async function workerDeath(): Promise<number[]> {
  const scene = await talking({ plainRtp: 'mediasoup' })
  await bridgeAll(scene, false)
  const gaps = await gapsMs(scene, () => {
    for (const pid of mediasoupWorkersOf(process.pid)) process.kill(pid, 'SIGKILL')
  })
  await scene.stop()
  return gaps
}

/** What phones miss whose legs come into one thread, which are those of two. */
async function moves(): Promise<number[]> {
  const scene = await talking({ threads: 2 })
  await sleep(500)
  for (const peer of scene.peers) peer.received.length = 0
  await bridgeAll(scene, false)
  await sleep(1000)
  const gaps = scene.peers.map(({ received }) =>
    Math.max(0, ...received.slice(1).map(({ atMs }, n) => atMs - (received[n]?.atMs ?? atMs))),
  )
  await scene.stop()
  return gaps
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const rounds = isShort ? 1 : 5
  const [struck, others, behind, moved]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let n = 0; n < rounds; n++) {
    const death = await threadDeath()
    struck.push(...death.struck)
    others.push(...death.others)
    behind.push(...(await workerDeath()))
    moved.push(...(await moves()))
  }
  const rows: [string, Summary, number][] = [
    ['a media thread dies: its phones', summaryOf(struck), 3000],
    ['  phones of the other thread', summaryOf(others), 100],
    ['the mediasoup worker dies: phones behind it', summaryOf(behind), 3000],
    ['legs of two threads are connected', summaryOf(moved), 80],
  ]
  printTable(print, [[...delayHeading], ...rows.map(([name, summary]) => delayRow(name, summary))])
  for (const [name, { p50 }, aimMs] of rows)
    print(`  p50 ${against(p50, aimMs, inMs(p50))}, ${name}`)
  print(`  the longest time without a packet; ${phones} phones in bridges, which all talk`)
}

export const recovery: Bench = {
  name: 'recovery',
  title: 'What is missed when a media thread or a worker dies, and when legs change threads',
  run,
}
