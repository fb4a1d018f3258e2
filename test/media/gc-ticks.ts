import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallId, RecordingId } from '../../engine/core/ids.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import type { Agreement } from '../../engine/media/agreement.ts'
import type { Command } from '../../engine/media/messages.ts'
import type { AddressedRtpPort } from '../../engine/media/rtp/rtp-port.ts'
import { MediaThread } from '../../engine/media/thread.ts'

/**
 * Run as a program of its own with --expose-gc: prints how many garbage collections fell into 5,000
 * ticks of 48 legs (relayed, transcoded and recorded, playing), each of which receives a packet a tick.
 * With `careless` as argument every tick also allocates, to show that the count can be other than 0.
 */

const TICKS = 5000
const careless = process.argv.includes('careless')
const noFigures = {
  packetsSent: 0,
  packetsReceived: 0,
  packetsFromStrangers: 0,
  packetsForged: 0,
  rtcpReceived: 0,
}

let sentBytes = 0

class QuietPort implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort = 4000
  readonly heard = 0
  readonly heardRtcp = 0
  onPacket: (packet: Uint8Array, bytes: number) => void = () => {}
  readonly #packet = new Uint8Array(172).fill(0x23)
  readonly #ssrc: number
  #sequence = 0
  constructor(ssrc: number) {
    this.#ssrc = ssrc
  }
  aim(): void {}
  send(_packet: Uint8Array, bytes: number): void {
    sentBytes += bytes
  }
  statistics() {
    return noFigures
  }
  async close(): Promise<void> {}
  arrive(payloadType: number): void {
    this.#sequence += 1
    const timestamp = (0xf000_0000 + this.#sequence * 160) | 0
    writeRtp(this.#packet, 0, payloadType, false, this.#sequence, timestamp, this.#ssrc)
    this.onPacket(this.#packet, 172)
  }
}

const ports: QuietPort[] = []
let nowMs = 1_000_000_000
let lastId = 0
const thread = new MediaThread({
  ports: {
    open: async () => {
      const port = new QuietPort(0xf000_0000 + ports.length)
      ports.push(port)
      return port
    },
    openWebRtc: () => Promise.reject(new Error('nobody asks')),
    close: async () => {},
  },
  nowMs: () => nowMs,
  preciseMs: () => performance.now(),
  random: () => 0xf123_4567,
  silence: { lostMs: 20_000, endMs: 60_000 },
  openRecorder: (path) => ({
    write: () => {},
    close: async () => ({ path, durationMs: 0, bytes: 0, failure: null }),
  }),
  tell: () => {},
  pace: () => {
    throw new Error('not asked')
  },
})

type Ask = Command extends infer C ? (C extends Command ? Omit<C, 'id'> : never) : never
const ask = (command: Ask): Promise<void> => {
  lastId += 1
  return thread.handle({ ...command, id: lastId } as Command)
}

const agreement = (codec: 'PCMU' | 'PCMA'): Agreement => ({
  protection: { kind: 'none' },
  remote: { address: '192.0.2.1', port: 4000 },
  send: true,
  receive: true,
  codec,
  payloadType: codec === 'PCMU' ? 0 : 8,
  telephoneEvent: { payloadType: 101, rateHz: 8000 },
  comfortNoise: false,
  receivePayloads: {
    opus: [],
    G722: [],
    PCMU: [0],
    PCMA: [8],
    telephoneEvent: [{ payloadType: 101, rateHz: 8000 }],
  },
  ptimeMs: 20,
})

const leg = (n: number): CallId => `leg-${n}` as CallId
const isPcma = (n: number): boolean => n >= 16 && n < 32 && n % 2 === 1

for (let n = 0; n < 48; n++) {
  await ask({ is: 'open', leg: leg(n), webrtc: false })
  await ask({ is: 'agree', leg: leg(n), agreement: agreement(isPcma(n) ? 'PCMA' : 'PCMU') })
  if (n % 2 === 1 && n < 32) await ask({ is: 'bridge', leg: leg(n - 1), other: leg(n) })
  if (n >= 8 && n < 24 && n % 2 === 0) {
    const recordingId = `r-${n}` as RecordingId
    await ask({ is: 'startRecording', leg: leg(n), recordingId, path: '', layout: 'sentLeft' })
  }
  if (n >= 32) void ask({ is: 'play', leg: leg(n), sound: { kind: 'tone', tone: 'ringback' } })
}

const kept: unknown[] = []
function run(ticks: number): void {
  for (let t = 0; t < ticks; t++) {
    nowMs += 20
    for (let n = 0; n < ports.length; n++) ports[n]!.arrive(isPcma(n) ? 8 : 0)
    thread.tick(nowMs)
    if (careless) kept[t % 64] = ports.map((_, n) => new Float64Array(160).fill(n))
  }
}

const starts: number[] = []
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) starts.push(entry.startTime)
})
observer.observe({ entryTypes: ['gc'] })

run(3000)
globalThis.gc?.()
await sleep(100)
const fromMs = performance.now()
run(TICKS)
const toMs = performance.now()
await sleep(100)
observer.disconnect()

const collections = starts.filter((atMs) => atMs >= fromMs && atMs <= toMs).length
console.log(JSON.stringify({ collections, sentBytes, tickMs: (toMs - fromMs) / TICKS }))
