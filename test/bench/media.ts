import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CallId, RecordingId } from '../../engine/core/ids.ts'
import { type RunningMedia, startMedia } from '../../engine/media/index.ts'
import { quietLog } from '../media/start.ts'
import type { PeerCommand, PeerMethod, PeerReport } from './media-peers.ts'

/**
 * Benches of the media thread alone, over loopback, with phones in a second thread of this process:
 * delay through a bridge, and 100 bridged and recorded calls. Each prints its figures through `print`.
 */

export type Print = (line: string) => void
type Talked = PeerReport & { is: 'talked' }
type Codec = 'PCMU' | 'PCMA'

const payloadTypeOf = { PCMU: 0, PCMA: 8 } as const

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

const ms = (value: number): string => `${value.toFixed(1)} ms`
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

/** Conditions under which figures were taken, for printing above them. */
export const conditions = (): string =>
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, loopback`

class Bench {
  readonly media: RunningMedia
  readonly #peers: Worker

  private constructor(media: RunningMedia, peers: Worker) {
    this.media = media
    this.#peers = peers
  }

  static async start(): Promise<Bench> {
    const media = await startMedia(
      {
        rtpPorts: { first: 28_000, last: 28_999 },
        bindAddress: '127.0.0.1',
        publicAddress: '127.0.0.1',
        log: quietLog,
        portRestMs: 0,
      },
      { digit: () => {}, recordingEnded: () => {}, lost: () => {} },
    )
    return new Bench(media, new Worker(new URL('./media-peers.ts', import.meta.url)))
  }

  async #ask(command: PeerCommand): Promise<PeerReport> {
    const reported = once(this.#peers, 'message')
    this.#peers.postMessage(command)
    const [report] = (await reported) as [PeerReport]
    return report
  }

  /** Makes `pairs` bridges; the codecs are those of the two sides. */
  async bridge(pairs: number, codecs: readonly [Codec, Codec]): Promise<readonly number[]> {
    const opened = (await this.#ask({ is: 'open', count: 2 * pairs })) as PeerReport & {
      is: 'opened'
    }
    const targets: number[] = []
    for (const [n, port] of opened.ports.entries()) {
      const payloadType = payloadTypeOf[codecs[n % 2]!]
      const sdp = [
        'v=0',
        's=-',
        'c=IN IP4 127.0.0.1',
        't=0 0',
        `m=audio ${port} RTP/AVP ${payloadType}`,
        '',
      ].join('\r\n')
      const answer = await this.media.answer(this.leg(n), sdp)
      targets.push(Number(/^m=audio (\d+)/m.exec(answer)?.[1]))
    }
    for (let n = 0; n < 2 * pairs; n += 2) await this.media.bridge(this.leg(n), this.leg(n + 1))
    return targets
  }

  leg(n: number): CallId {
    return `bench-${n}` as CallId
  }

  async talk(
    targets: readonly number[],
    codecs: readonly [Codec, Codec],
    method: PeerMethod,
    durationMs: number,
  ): Promise<Talked> {
    const payloadTypes = targets.map((_, n) => payloadTypeOf[codecs[n % 2]!])
    return (await this.#ask({ is: 'talk', targets, payloadTypes, method, durationMs })) as Talked
  }

  async close(): Promise<void> {
    await this.media.shutDown()
    await this.#peers.terminate()
  }
}

/** Delay from the packet of one phone to the packet of the other: relayed, and decoded (PCMU to PCMA). */
export async function benchBridgeDelay(print: Print, seconds = 20): Promise<void> {
  const kinds = [
    ['pass-through (PCMU to PCMU)', ['PCMU', 'PCMU'], 'stamp'],
    ['decoded (PCMU to PCMA)', ['PCMU', 'PCMA'], 'impulse'],
  ] as const
  for (const [name, codecs, method] of kinds) {
    const bench = await Bench.start()
    try {
      const targets = await bench.bridge(5, codecs)
      const { delaysMs } = await bench.talk(targets, codecs, method, seconds * 1000)
      const [p50, p99] = [quantile(delaysMs, 0.5), quantile(delaysMs, 0.99)]
      print(`bridge delay, ${name}: p50 ${ms(p50)}, p99 ${ms(p99)} (${delaysMs.length} measured)`)
    } finally {
      await bench.close()
    }
  }
}

async function recordAll(bench: Bench, folder: string, calls: number): Promise<void> {
  for (let n = 0; n < calls; n++) {
    const path = join(folder, `${n}.wav`)
    const id = `recording-${n}` as RecordingId
    await bench.media.startRecording(bench.leg(2 * n), id, path, 'receivedLeft')
  }
}

/** `calls` bridges of two G.711 legs, each recorded in stereo, for so many seconds. */
export async function benchBridgedRecorded(
  print: Print,
  seconds = 60,
  calls = 100,
  codecs: readonly [Codec, Codec] = ['PCMU', 'PCMU'],
): Promise<void> {
  const bench = await Bench.start()
  const folder = await mkdtemp(join(tmpdir(), 'ringdown-bench-'))
  try {
    const targets = await bench.bridge(calls, codecs)
    await recordAll(bench, folder, calls)
    const before = await bench.media.stats()
    const talked = await bench.talk(targets, codecs, 'stamp', seconds * 1000)
    const after = await bench.media.stats()
    const cpu = (after.cpuMs - before.cpuMs) / (after.upMs - before.upMs)
    const { tickLateness, tickDuration, ticksSkipped } = after
    print(`${calls} bridged and recorded calls (${codecs.join(' to ')}), ${seconds} s:`)
    print(`  CPU of the media thread: ${percent(cpu)} of a core, ${percent(cpu / calls)} a call`)
    print(`  tick lateness: p50 ${ms(tickLateness.p50Ms)}, p99 ${ms(tickLateness.p99Ms)}`)
    print(`    max ${ms(tickLateness.maxMs)}, skipped ${ticksSkipped}`)
    print(`  tick duration: p50 ${ms(tickDuration.p50Ms)}, p99 ${ms(tickDuration.p99Ms)}`)
    print(`  packets sent ${talked.sent}, received ${talked.received}, lost ${talked.missing}`)
  } finally {
    await bench.close()
    await rm(folder, { recursive: true, force: true })
  }
}
