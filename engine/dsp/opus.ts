import { type Decoder, differs, type Encoder, type PcmRateHz } from './codec.ts'
import { opusPacketSamples } from './opus-packet.ts'

export { opusPacketSamples } from './opus-packet.ts'

/**
 * Opus (RFC 6716) by libopus compiled to WebAssembly: mono, 20 ms a packet, at any of our rates whatever
 * the other side's is; the RTP clock is 48,000 Hz always (RFC 7587).
 *
 * The module is loaded while this file is imported (top-level await, about 12 ms), so that making and
 * using codecs needs no promise. What the package exports makes new arrays at every call; this reaches
 * past it to the functions and the memory underneath, and checks on loading that they are there.
 */
interface Libopus {
  /** Views of the memory; new ones after it has grown, so they are never kept. */
  readonly HEAPU8: Uint8Array
  readonly HEAP16: Int16Array
  readonly HEAP32: Int32Array
  _malloc(bytes: number): number
  _free(pointer: number): void
  _oc_create_encoder(rateHz: number, channels: number, use: number, error: number): number
  _oc_destroy_encoder(encoder: number): void
  _oc_encoder_ctl(encoder: number, request: number, value: number): number
  _oc_encode(encoder: number, pcm: number, samples: number, out: number, room: number): number
  _oc_create_decoder(rateHz: number, channels: number, error: number): number
  _oc_destroy_decoder(decoder: number): void
  /** A null packet is one lost. Returns samples, or an error below 0. */
  _oc_decode(
    decoder: number,
    packet: number,
    bytes: number,
    pcm: number,
    room: number,
    fec: number,
  ): number
}

const NAMES = [
  ...['_malloc', '_free', '_oc_create_encoder', '_oc_destroy_encoder', '_oc_encoder_ctl'],
  ...['_oc_encode', '_oc_create_decoder', '_oc_destroy_decoder', '_oc_decode'],
]

function isLibopus(module: unknown): module is Libopus {
  if (typeof module !== 'object' || module === null) return false
  const entries = new Map<string, unknown>(Object.entries(module))
  return (
    NAMES.every((name) => typeof entries.get(name) === 'function') &&
    entries.get('HEAPU8') instanceof Uint8Array &&
    entries.get('HEAP16') instanceof Int16Array &&
    entries.get('HEAP32') instanceof Int32Array
  )
}

async function load(): Promise<Libopus> {
  const beside = import.meta.resolve('libopus-wasm')
  const file: { default?: unknown } = await import(
    new URL('generated/libopus.generated.mjs', beside).href
  )
  const module: unknown = typeof file.default === 'function' ? await file.default() : undefined
  if (!isLibopus(module))
    throw new Error('libopus-wasm is not of the version that this is made for')
  return module
}

const MONO = 1
const USE_FOR_VOICE = 2048
const USE_FOR_SOUND = 2049
const SET_BITRATE = 4002
const SET_COMPLEXITY = 4010
const SET_FEC = 4012
const SET_EXPECTED_LOSS = 4014
const SET_SIGNAL = 4024
const VOICE = 3001

const LARGEST_PACKET_BYTES = 1275
/** Several frames in one packet may be more; nothing larger than this comes in a datagram of a call. */
const MAX_RECEIVED_BYTES = 4000
const LONGEST_SAMPLES = 48 * 120

const opus = await load()
/** One encodes or decodes at a time, so that all share these. */
const packetAt = allocate(MAX_RECEIVED_BYTES)
const pcmAt = allocate(2 * LONGEST_SAMPLES)
const errorAt = allocate(4)

function allocate(bytes: number): number {
  const pointer = opus._malloc(bytes)
  if (pointer === 0) throw new Error(`no memory for ${bytes} bytes of Opus`)
  return pointer
}

/** @throws Error when there is no memory left (2 GiB: some 30,000 codecs) */
function made(what: string, pointer: number): number {
  const error = opus.HEAP32[errorAt >> 2]!
  if (pointer !== 0 && error === 0) return pointer
  throw new Error(`no Opus ${what} could be made (${error})`)
}

export interface OpusEncoderOptions {
  /** Bits a second on average, in-band FEC included. */
  readonly bitrate?: number
  /** 0 to 10: CPU for quality. */
  readonly complexity?: number
  /** Share of packets that the receiver is expected to lose, in percent: how much goes into FEC. */
  readonly expectedLossPercent?: number
  /** As it was heard: without the filter that takes low voices' hum away, and turns their phases. Default false. */
  readonly faithful?: boolean
}

/** Enough for FEC: libopus leaves it out below about 19 kbit/s at 8 kHz and 22 at 16 kHz. */
const BITRATES: Readonly<Record<PcmRateHz, number>> = { 8000: 20_000, 16000: 26_000, 48000: 32_000 }

class OpusEncoder implements Encoder {
  readonly rateHz: PcmRateHz
  #encoder: number

  constructor(rateHz: PcmRateHz, options: OpusEncoderOptions) {
    this.rateHz = rateHz
    const use = options.faithful === true ? USE_FOR_SOUND : USE_FOR_VOICE
    const encoder = opus._oc_create_encoder(rateHz, MONO, use, errorAt)
    this.#encoder = made('encoder', encoder)
    this.#set(SET_SIGNAL, VOICE)
    this.#set(SET_BITRATE, options.bitrate ?? BITRATES[rateHz])
    this.#set(SET_COMPLEXITY, options.complexity ?? 5)
    this.#set(SET_FEC, 1)
    this.#set(SET_EXPECTED_LOSS, options.expectedLossPercent ?? 10)
  }

  encode(pcm: Int16Array, out: Uint8Array, at: number): number {
    if (this.#encoder === 0) return 0
    const samples = this.rateHz / 50
    const heap16 = opus.HEAP16
    const from = pcmAt >> 1
    for (let i = 0; i < samples; i++) heap16[from + i] = pcm[i]!
    const room = Math.min(LARGEST_PACKET_BYTES, out.length - at)
    const bytes = opus._oc_encode(this.#encoder, pcmAt, samples, packetAt, room)
    if (bytes < 0) throw new RangeError(`Opus could not encode to ${room} bytes (${bytes})`)
    const heap = opus.HEAPU8
    for (let i = 0; i < bytes; i++) out[at + i] = heap[packetAt + i]!
    return bytes
  }

  copyFrom(other: Encoder): void {
    if (!(other instanceof OpusEncoder) || other.rateHz !== this.rateHz) throw differs()
    if (this.#encoder === 0 || other.#encoder === 0) return
    const from = other.#encoder
    opus.HEAPU8.copyWithin(this.#encoder, from, from + encoderBytes)
  }

  close(): void {
    opus._oc_destroy_encoder(this.#encoder)
    this.#encoder = 0
  }

  #set(request: number, value: number): void {
    if (opus._oc_encoder_ctl(this.#encoder, request, value) === 0) return
    this.close()
    throw new RangeError(`Opus does not take ${value} for setting ${request}`)
  }
}

class OpusDecoder implements Decoder {
  readonly rateHz: PcmRateHz
  #decoder: number

  constructor(rateHz: PcmRateHz) {
    this.rateHz = rateHz
    this.#decoder = this.#create()
  }

  decode(payload: Uint8Array, at: number, bytes: number, pcm: Int16Array): number {
    const expected = opusPacketSamples(payload, at, bytes, this.rateHz)
    const samples = expected === 0 ? 0 : this.#run(payload, at, bytes, LONGEST_SAMPLES, 0)
    if (samples > 0) return this.#give(samples, pcm)
    const missing = expected || this.rateHz / 50
    return this.#give(this.#run(undefined, 0, 0, missing, 0), pcm)
  }

  conceal(
    pcm: Int16Array,
    next: Uint8Array | undefined,
    at: number,
    bytes: number,
    samples = this.rateHz / 50,
  ): void {
    // libopus conceals by steps of 2.5 ms.
    const step = this.rateHz / 400
    const missing = Math.ceil(samples / step) * step
    // A packet without a copy of the one before it conceals like none.
    const byCopy = next === undefined ? 0 : this.#run(next, at, bytes, missing, 1)
    this.#give(byCopy > 0 ? byCopy : this.#run(undefined, 0, 0, missing, 0), pcm)
  }

  pause(pcm: Int16Array, samples = this.rateHz / 50): void {
    // libopus fades the voice and goes on with the noise that it has heard in pauses.
    this.conceal(pcm, undefined, 0, 0, samples)
  }

  reset(): void {
    if (this.#decoder === 0) return
    const fresh = this.#create()
    this.close()
    this.#decoder = fresh
  }

  close(): void {
    opus._oc_destroy_decoder(this.#decoder)
    this.#decoder = 0
  }

  #create(): number {
    return made('decoder', opus._oc_create_decoder(this.rateHz, MONO, errorAt))
  }

  /** Decodes to the shared memory: samples there, or 0 and below. Silence when closed. */
  #run(
    payload: Uint8Array | undefined,
    at: number,
    bytes: number,
    room: number,
    fec: number,
  ): number {
    if (this.#decoder === 0) {
      opus.HEAP16.fill(0, pcmAt >> 1, (pcmAt >> 1) + room)
      return Math.min(room, this.rateHz / 50)
    }
    if (payload === undefined) return opus._oc_decode(this.#decoder, 0, 0, pcmAt, room, 0)
    if (bytes < 1 || bytes > MAX_RECEIVED_BYTES || at + bytes > payload.length) return 0
    const heap = opus.HEAPU8
    for (let i = 0; i < bytes; i++) heap[packetAt + i] = payload[at + i]!
    return opus._oc_decode(this.#decoder, packetAt, bytes, pcmAt, room, fec)
  }

  /** Copies to `pcm` what has room there. */
  #give(samples: number, pcm: Int16Array): number {
    const heap16 = opus.HEAP16
    const from = pcmAt >> 1
    const count = Math.min(samples, pcm.length)
    for (let i = 0; i < count; i++) pcm[i] = heap16[from + i]!
    return Math.max(0, count)
  }
}

/**
 * An encoder for voice, with in-band FEC. It does not leave out silence (DTX): a server's uplink has room
 * for the 6 kbit/s or so that silence takes, and a stream without gaps keeps NATs open, keeps loss
 * figures honest and needs no comfort noise at the other side. A closed one encodes to nothing.
 * @throws RangeError for options that libopus does not take
 */
export function newOpusEncoder(rateHz: PcmRateHz, options: OpusEncoderOptions = {}): Encoder {
  return new OpusEncoder(rateHz, options)
}

/**
 * Size of an encoder: one block of memory without pointers into itself, which may be copied as it is (opus.h says so
 * of the encoder's state). The package does not export libopus's own answer; the allocator keeps the size of a block,
 * with three bits of flags, in the word before it.
 */
function sizeOfEncoder(): number {
  const encoder = opus._oc_create_encoder(16_000, MONO, USE_FOR_VOICE, errorAt)
  const block = opus.HEAP32[(made('encoder', encoder) >> 2) - 1]! & ~7
  opus._oc_destroy_encoder(encoder)
  const bytes = block - 4
  if (bytes >= SMALLEST_ENCODER_BYTES && bytes <= LARGEST_ENCODER_BYTES) return bytes
  throw new Error(`the size of an Opus encoder is not to be had (${block})`)
}

/** Proves that an encoder which was copied makes of a signal what the other one does. */
function checkCopies(): void {
  const one = new OpusEncoder(16_000, {})
  const other = new OpusEncoder(16_000, {})
  const frame = (n: number): Int16Array =>
    Int16Array.from({ length: 320 }, (_, i) => 9000 * Math.sin(i * (n + 1) * 0.05))
  const packet = (encoder: Encoder, n: number): string => {
    const bytes = new Uint8Array(LARGEST_PACKET_BYTES)
    return bytes.subarray(0, encoder.encode(frame(n), bytes, 0)).join()
  }
  for (let n = 0; n < 3; n++) packet(one, n)
  other.copyFrom(one)
  const same = packet(one, 3) === packet(other, 3)
  one.close()
  other.close()
  if (!same) throw new Error('Opus encoders do not copy: libopus-wasm is of another version')
}

const SMALLEST_ENCODER_BYTES = 8000
const LARGEST_ENCODER_BYTES = 200_000
const encoderBytes = sizeOfEncoder()
checkCopies()

/**
 * A decoder that gives PCM at `rateHz`, whatever the sender's rate and channels. `decode` takes packets of
 * 2.5 to 120 ms, as far as `pcm` has room; one that is damaged is concealed for as long as it says that
 * it is. A closed one gives silence.
 */
export function newOpusDecoder(rateHz: PcmRateHz): Decoder {
  return new OpusDecoder(rateHz)
}
