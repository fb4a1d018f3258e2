import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallId, ConferenceId, RecordingId } from '../../engine/core/ids.ts'
import type { Sound } from '../../engine/core/ports/media.ts'
import type { StreamOptions } from '../../engine/core/ports/streams.ts'
import { newPlace, SoundWriter } from '../../engine/dsp/growing-sound.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { SampleWriter } from '../../engine/dsp/sample-ring.ts'
import { wavHeader } from '../../engine/dsp/wav.ts'
import type { Agreement, CodecName } from '../../engine/media/agreement.ts'
import { codecKinds } from '../../engine/media/leg/codec.ts'
import type { Command } from '../../engine/media/messages.ts'
import { noLink } from '../../engine/media/rtp/link-figures.ts'
import type { AddressedRtpPort } from '../../engine/media/rtp/rtp-port.ts'
import { FrameRing } from '../../engine/media/stream/frame-ring.ts'
import { bytesOfFrame, newTerms, SAID } from '../../engine/media/stream/terms.ts'
import { MediaThread } from '../../engine/media/thread.ts'
import { FrameRingReader } from '../../recordings/frame-ring.ts'
import { OpusRecorders } from '../../recordings/opus-recorder.ts'

/**
 * Run as a program of its own with --expose-gc: prints how many garbage collections fell into 5,000
 * ticks of 64 legs (relayed, transcoded and recorded as WAV and as Opus, playing, hearing the music of all, speech that is
 * being made and somebody live, streamed to applications, listened to for who has answered; of every codec, bridged with
 * every other) and of 100 in a conference where who speaks takes turns; each receives a packet a tick.
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

/** In place of the thread that encodes: it takes what is in the rings. */
const rings: FrameRingReader[] = []
const opusRecorders = new OpusRecorders(() => ({
  ask: (asked) => {
    if (asked.is === 'open') rings.push(new FrameRingReader(asked.ring, asked))
  },
}))
const forgotten = (): void => {}

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
  openRecorder: ({ path, channels, rateHz, format }) =>
    format === 'opus'
      ? opusRecorders.open({ path, channels, rateHz })
      : {
          write: () => {},
          close: async () => ({ path, durationMs: 0, bytes: 0, failure: null }),
        },
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
/** They hear the music of all. */
const musicLegs: ReadonlyMap<number, CodecName> = new Map([
  ...([
    [42, 'opus'],
    [43, 'opus'],
    [44, 'G722'],
    [45, 'PCMA'],
    [46, 'PCMU'],
    [47, 'PCMU'],
  ] as const),
])
const codecOf = (n: number): CodecName => {
  if (n >= LEGS) return n % 10 === 0 ? 'G722' : 'PCMU'
  if (n >= 48) return others[n - 48]!
  const ofMusic = musicLegs.get(n)
  if (ofMusic) return ofMusic
  return n >= 16 && n < 32 && n % 2 === 1 ? 'PCMA' : 'PCMU'
}
const inBridge = (n: number): boolean => n < 32 || n >= 48
const recorded = (n: number): boolean => (n >= 8 && n < 24 && n % 2 === 0) || n >= 60

/** Somebody speaks into this leg, at 16 kHz. */
const announcedTo = 32
const live = new SampleWriter(16_000)
const spoken = new Int16Array(320).fill(1000)
/** Speech that is made while it is heard, as fast as that; and some whose maker is too slow. */
const speech = new SoundWriter(8000, 8000 * 600)
const slowSpeech = new SoundWriter(8000, 8000 * 600)
const spokenNarrow = new Int16Array(160).fill(1000)
const folder = await mkdtemp(join(tmpdir(), 'gc-ticks-'))
const track = join(folder, 'track.wav')
{
  const pcm = Int16Array.from({ length: 16_000 * 170 }, (_, i) => 8000 * Math.sin(i / 9))
  const header = wavHeader({
    rateHz: 16_000,
    channels: 1,
    format: 'pcm16',
    dataBytes: pcm.length * 2,
  })
  await writeFile(track, Buffer.concat([header, Buffer.from(pcm.buffer)]))
}
const sounds: ReadonlyMap<number, Sound> = new Map([
  [announcedTo, { kind: 'live', ring: live.shared }],
  [34, { kind: 'growing', samples: speech.shared, place: newPlace() }],
  [35, { kind: 'growing', samples: slowSpeech.shared, place: newPlace() }],
  ...[...musicLegs.keys()].map((n): [number, Sound] => [
    n,
    { kind: 'music', name: 'default', tracks: [track] },
  ]),
])
const soundOf = (n: number): Sound => sounds.get(n) ?? { kind: 'tone', tone: 'ringback' }

for (let n = 0; n < LEGS; n++) {
  await ask({ is: 'open', leg: leg(n), webrtc: false })
  await ask({ is: 'agree', leg: leg(n), agreement: agreement(codecOf(n)) })
  if (n % 2 === 1 && inBridge(n)) await ask({ is: 'bridge', leg: leg(n - 1), other: leg(n) })
  if (recorded(n)) {
    const recordingId = `r-${n}` as RecordingId
    const file =
      n % 4 === 0
        ? ({ format: 'opus', rateHz: n >= 60 ? 16_000 : 8000 } as const)
        : ({ format: 'wav', rateHz: 8000 } as const)
    const terms = { recordingId, path: '', layout: 'sentLeft', file } as const
    await ask({ is: 'startRecording', leg: leg(n), ...terms })
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

/** Applications that hear legs and speak into them, of every format: one relayed, one recorded, two that play. */
const streamed: readonly (readonly [number, Pick<StreamOptions, 'format' | 'rateHz'>])[] = [
  [0, { format: 'L16', rateHz: 16_000 }],
  [12, { format: 'PCMU', rateHz: 8000 }],
  [33, { format: 'opus', rateHz: 48_000 }],
  [40, { format: 'L16', rateHz: 24_000 }],
]
const streams = streamed.map(([n, format]) => {
  const tracks = ['received', 'sent', 'mixed'] as const
  const speaks = n === 40 ? 'replace' : 'mix'
  const terms = newTerms(n, { ...format, bigEndian: false, tracks, speaks, bufferMs: 200 })
  void ask({ is: 'openStream', leg: leg(n), terms })
  const bytes = format.format === 'opus' ? payloads.opus[0]!.length : bytesOfFrame(format)
  const said = format.format === 'opus' ? payloads.opus[0]! : new Uint8Array(bytes).fill(3)
  return { up: new FrameRing(terms.up), down: new FrameRing(terms.down), said }
})
/** As the main thread does. */
function attendStreams(): void {
  for (let n = 0; n < streams.length; n++) {
    const { up, down, said } = streams[n]!
    while (up.kind !== 0) up.release()
    const at = down.reserve()
    if (at < 0) continue
    down.bytes.set(said, at)
    down.commit(SAID, said.length, 0, 0)
  }
}

/** Who has answered is looked for, and never found. */
const never = 1e9
const options = {
  ...({ until: 'messageEnd', timeoutMs: never, speechThresholdMs: never } as const),
  ...{ speechEndThresholdMs: never, silenceTimeoutMs: never, messageEndSilenceMs: never },
}
for (const n of [5, 36, 50]) void ask({ is: 'detectAnswerer', leg: leg(n), options })

const kept: unknown[] = []
function run(ticks: number): void {
  for (let t = 0; t < ticks; t++) {
    nowMs += 20
    for (let n = 0; n < ports.length; n++) ports[n]!.arrive(codecOf(n), silentAt(n, t))
    live.write(spoken)
    speech.write(spokenNarrow)
    if (t % 3 === 0) slowSpeech.write(spokenNarrow)
    for (let n = 0; n < rings.length; n++) rings[n]!.drain(forgotten)
    attendStreams()
    thread.tick(nowMs)
    if (careless) kept[t % 64] = ports.map((_, n) => new Float64Array(160).fill(n))
  }
}

// What they hear is read from the disk.
await sleep(300)
await rm(folder, { recursive: true })

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
