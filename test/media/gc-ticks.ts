import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import type { Sound } from '../../engine/core/ports/media.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { SampleWriter } from '../../engine/dsp/sample-ring.ts'
import type { Agreement, CodecName } from '../../engine/media/agreement.ts'
import { codecKinds } from '../../engine/media/leg/codec.ts'
import type { Command } from '../../engine/media/messages.ts'
import { noLink } from '../../engine/media/rtp/link-figures.ts'
import type { AddressedRtpPort } from '../../engine/media/rtp/rtp-port.ts'
import { MediaThread } from '../../engine/media/thread.ts'

/**
 * Run as a program of its own with --expose-gc: prints how many garbage collections fell into 5,000
 * ticks of 64 legs (relayed, transcoded and recorded, playing, hearing somebody live; of every codec,
 * bridged with every other) and of 100 in a conference where who speaks takes turns; each receives a packet a tick.
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

/** Half a second of packets of a codec, of a tone that rises: what decoders get to work on. */
function packetsOf(codec: CodecName): readonly Uint8Array[] {
  const kind = codecKinds[codec]
  const rateHz = kind.bestRateHz
  const encoder = kind.newEncoder(rateHz)
  const bytes = new Uint8Array(1500)
  const pcm = new Int16Array(rateHz / 50)
  return Array.from({ length: 25 }, (_, n) => {
    for (let i = 0; i < pcm.length; i++) {
      pcm[i] = 8000 * Math.sin((2 * Math.PI * (200 + 20 * n) * i) / rateHz)
    }
    return bytes.slice(0, encoder.encode(pcm, bytes, 0))
  })
}
function silenceOf(codec: CodecName): Uint8Array {
  const kind = codecKinds[codec]
  const bytes = new Uint8Array(1500)
  const encoder = kind.newEncoder(kind.bestRateHz)
  return bytes.slice(0, encoder.encode(new Int16Array(kind.bestRateHz / 50), bytes, 0))
}
const payloads = {
  opus: packetsOf('opus'),
  G722: packetsOf('G722'),
  PCMU: packetsOf('PCMU'),
  PCMA: packetsOf('PCMA'),
}
const silence = { G722: silenceOf('G722'), PCMU: silenceOf('PCMU') }
const payloadTypes = { opus: 111, G722: 9, PCMU: 0, PCMA: 8 }

class QuietPort implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort = 4000
  readonly heard = 0
  readonly heardRtcp = 0
  readonly link = () => noLink
  readonly plays = () => {}
  onPacket: (packet: Uint8Array, bytes: number) => void = () => {}
  readonly #packet = new Uint8Array(1500)
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
  arrive(codec: CodecName, silent: Uint8Array | undefined): void {
    this.#sequence += 1
    const packet = this.#packet
    const timestamp = (0xf000_0000 + (this.#sequence * codecKinds[codec].clockHz) / 50) | 0
    writeRtp(packet, 0, payloadTypes[codec], false, this.#sequence, timestamp, this.#ssrc)
    const payload = silent ?? payloads[codec][this.#sequence % payloads[codec].length]!
    for (let i = 0; i < payload.length; i++) packet[12 + i] = payload[i]!
    this.onPacket(packet, 12 + payload.length)
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

const agreement = (codec: CodecName): Agreement => ({
  protection: { kind: 'none' },
  remote: { address: '192.0.2.1', port: 4000 },
  send: true,
  receive: true,
  codec,
  payloadType: payloadTypes[codec],
  telephoneEvent: { payloadType: 101, rateHz: 8000 },
  comfortNoise: false,
  receivePayloads: {
    opus: [111],
    G722: [9],
    PCMU: [0],
    PCMA: [8],
    telephoneEvent: [{ payloadType: 101, rateHz: 8000 }],
  },
  ptimeMs: 20,
})

const leg = (n: number): CallId => `leg-${n}` as CallId
const LEGS = 64
/** Pairs from leg 48 on; each codec also towards itself, which is relayed. */
const others: readonly CodecName[] = [
  ...(['opus', 'PCMU', 'PCMA', 'opus', 'opus', 'G722', 'G722', 'PCMU'] as const),
  ...(['opus', 'opus', 'G722', 'G722', 'opus', 'opus', 'PCMU', 'G722'] as const),
]
const codecOf = (n: number): CodecName => {
  if (n >= LEGS) return n % 10 === 0 ? 'G722' : 'PCMU'
  if (n >= 48) return others[n - 48]!
  return n >= 16 && n < 32 && n % 2 === 1 ? 'PCMA' : 'PCMU'
}
const inBridge = (n: number): boolean => n < 32 || n >= 48
const recorded = (n: number): boolean => (n >= 8 && n < 24 && n % 2 === 0) || n >= 60

/** Somebody speaks into this leg, at 16 kHz. */
const announcedTo = 32
const live = new SampleWriter(16_000)
const spoken = new Int16Array(320).fill(1000)
const soundOf = (n: number): Sound =>
  n === announcedTo ? { kind: 'live', ring: live.shared } : { kind: 'tone', tone: 'ringback' }

for (let n = 0; n < LEGS; n++) {
  await ask({ is: 'open', leg: leg(n), webrtc: false })
  await ask({ is: 'agree', leg: leg(n), agreement: agreement(codecOf(n)) })
  if (n % 2 === 1 && inBridge(n)) await ask({ is: 'bridge', leg: leg(n - 1), other: leg(n) })
  if (recorded(n)) {
    const recordingId = `r-${n}` as RecordingId
    await ask({ is: 'startRecording', leg: leg(n), recordingId, path: '', layout: 'sentLeft' })
  }
  if (!inBridge(n)) void ask({ is: 'play', leg: leg(n), sound: soundOf(n) })
}

const ROOM_LEGS = 100
const room = 'room' as ConferenceId
await ask({ is: 'openRoom', room, options: { talkers: 3, gainControl: true, noiseGate: false } })
for (let n = LEGS; n < LEGS + ROOM_LEGS; n++) {
  await ask({ is: 'open', leg: leg(n), webrtc: false })
  await ask({ is: 'agree', leg: leg(n), agreement: agreement(codecOf(n)) })
  const heardBy = n === LEGS + 1 ? [leg(LEGS)] : null
  const usual = { muted: false, deaf: false, heardBy, gainInDb: 0, gainOutDb: 0, priority: false }
  await ask({ is: 'joinRoom', room, leg: leg(n), options: usual })
}
/** In the conference a tenth of them speak for two seconds each. */
const silentAt = (n: number, tick: number): Uint8Array | undefined => {
  if (n < LEGS || (n + Math.floor(tick / 100)) % 10 === 0) return undefined
  return n % 10 === 0 ? silence.G722 : silence.PCMU
}

const kept: unknown[] = []
function run(ticks: number): void {
  for (let t = 0; t < ticks; t++) {
    nowMs += 20
    for (let n = 0; n < ports.length; n++) ports[n]!.arrive(codecOf(n), silentAt(n, t))
    live.write(spoken)
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
