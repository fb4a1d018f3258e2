import { Failure } from '../../core/failures.ts'
import type { LegOptions } from '../../core/ports/media.ts'
import type { Agreement, CodecName, EventFormat, ReceivePayloads } from '../agreement.ts'
import { judgeMediaAddress } from './address.ts'
import type {
  Description,
  Direction,
  MediaLine,
  OwnAudioLine,
  OwnDescription,
  RefusedLine,
  RtpMap,
} from './description.ts'
import { type UsableFormats, usableFormats } from './formats.ts'
import { offeredTypes } from './offered-types.ts'
import { readSdp, writeSdp } from './text.ts'

interface SdpSessionOptions {
  /** Goes into o= and c= lines, unless the peer is known and another is reached from there. */
  readonly publicAddress: string
  addressFor?(peer: string): string
  /** 0 to 2^32 - 1; tells our sessions apart. */
  readonly sessionId: number
  /** IP versions that our socket can reach. */
  readonly ipv6: boolean
  readonly ipv4: boolean
}

const UNASKED_PTIME_MS = 20

const refuse = (why: string): Failure =>
  new Failure('invalid_request', `The SDP can't be used: ${why}`, 'sdp')

const map = (name: string, payloadType: number): RtpMap => ({
  payloadType,
  name,
  rateHz: 8000,
  channels: 1,
})

function directionOf(send: boolean, receive: boolean): Direction {
  if (send) return receive ? 'sendrecv' : 'sendonly'
  return receive ? 'recvonly' : 'inactive'
}

const refused = ({ type, protocol, formats }: MediaLine): RefusedLine => ({
  kind: 'refused',
  type,
  protocol,
  formats,
})

type WantedDirection = NonNullable<LegOptions['direction']>

interface Judged {
  readonly terms: Omit<Agreement, 'receivePayloads'>
  /** The peer takes no audio of ours. */
  readonly held: boolean
}

interface ChosenLine {
  readonly index: number
  readonly line: MediaLine
  readonly formats: UsableFormats
}

/**
 * Offer and answer (RFC 3264) for one leg: one audio line, PCMU, PCMA and telephone-event. Keeps what
 * the standard wants remembered between rounds: the number of media lines, our payload types, the
 * session version. Pure; all refusals are Failures `invalid_request` and change nothing.
 */
export class SdpSession {
  readonly #options: SdpSessionOptions
  #peer: string | undefined
  /** What we have called ourselves. */
  #address: string | undefined
  #version = 0
  #lastBody = ''
  /** Which way audio shall flow, seen from us: as agreed, and as offered and not answered yet. */
  #wanted: WantedDirection = 'sendrecv'
  #offered: WantedDirection | undefined
  #heldByPeer = false
  /** Undefined: ours in our order, of an offer the one that the peer likes best. */
  #preferred: readonly CodecName[] | undefined
  /** Lines of the last round; ours is the one that is not refused. */
  #lines: readonly (OwnAudioLine | RefusedLine)[] = []
  #payloads: ReceivePayloads = {
    opus: [],
    G722: [],
    PCMU: [],
    PCMA: [],
    telephoneEvent: [],
  }

  constructor(options: SdpSessionOptions) {
    this.#options = options
  }

  /** Who will get our descriptions, by IP address. Of no effect once there has been one: it stays the same. */
  towards(peer: string): void {
    this.#peer = peer
  }

  /** The peer takes no audio: by its direction or by its address. */
  get heldByPeer(): boolean {
    return this.#heldByPeer
  }

  prefer(codecs: readonly CodecName[]): void {
    this.#preferred = codecs
  }

  /** Our offer from `port`, first or later: everything that we can do. `direction` as in LegOptions. */
  offer(port: number, direction = this.#wanted): string {
    this.#offered = direction
    const maps = offeredTypes(this.#payloads, this.#preferred)
    this.#remember(maps)
    const audio: OwnAudioLine = {
      kind: 'audio',
      port,
      direction,
      rtpMaps: maps,
      rtcpMux: false,
    }
    const lines = this.#lines.map((line) => (line.kind === 'audio' ? audio : line))
    return this.#print(lines.length === 0 ? [audio] : lines)
  }

  /**
   * Judges a remote offer without answering it: lets the caller refuse before a port is opened. Returns the
   * codecs that could be agreed on, best first.
   */
  check(text: string): readonly CodecName[] {
    const chosen = this.#byPreference(this.#choose(readSdp(text)))
    this.#agree(chosen, this.#wanted)
    return chosen.formats.codecs.map(({ codec }) => codec)
  }

  /** Answers a remote offer, first or later. */
  answer(text: string, port: number): { readonly sdp: string; readonly agreement: Agreement } {
    const offer = readSdp(text)
    const chosen = this.#byPreference(this.#choose(offer))
    const { terms, held } = this.#agree(chosen, this.#wanted)
    this.#heldByPeer = held
    this.#offered = undefined
    this.#peer ??= terms.remote?.address
    const events = terms.telephoneEvent === null ? [] : [terms.telephoneEvent]
    const rtpMaps = [
      map(terms.codec, terms.payloadType),
      ...events.map(({ payloadType }) => map('telephone-event', payloadType)),
    ]
    this.#remember(rtpMaps)
    const audio: OwnAudioLine = {
      kind: 'audio',
      port,
      direction: directionOf(terms.send, terms.receive),
      rtpMaps,
      rtcpMux: chosen.line.rtcpMux,
    }
    const lines = offer.media.map((line, at) => (at === chosen.index ? audio : refused(line)))
    return { sdp: this.#print(lines), agreement: this.#withPayloads(terms) }
  }

  /** Takes the remote answer to our last offer. */
  complete(text: string): Agreement {
    if (this.#lines.length === 0) throw refuse('there was no offer that it could answer')
    const wanted = this.#offered ?? this.#wanted
    const { terms, held } = this.#agree(this.#choose(readSdp(text)), wanted)
    this.#wanted = wanted
    this.#offered = undefined
    this.#heldByPeer = held
    return this.#withPayloads(terms)
  }

  /** The first audio line that is in use, plain RTP and in a codec of ours. */
  #choose(description: Description): ChosenLine {
    const audio = description.media.filter((line) => line.type === 'audio')
    if (audio.length === 0) throw refuse('it has no audio line')
    const open = audio.filter((line) => line.port !== 0)
    if (open.length === 0) throw refuse('its audio is switched off (port 0)')
    const plain = open.filter((line) => line.protocol.toUpperCase() === 'RTP/AVP')
    if (plain.length === 0) throw refuse('only RTP/AVP is taken')
    for (const line of plain) {
      const formats = usableFormats(line)
      if (formats.codecs.length > 0) {
        return { index: description.media.indexOf(line), line, formats }
      }
    }
    throw refuse('no common codec (PCMU, PCMA)')
  }

  /** An answer may take any codec of the offer; one that is not among those preferred is better than none. */
  #byPreference(chosen: ChosenLine): ChosenLine {
    const order = this.#preferred ?? []
    const rank = (codec: CodecName) => (order.includes(codec) ? order.indexOf(codec) : order.length)
    const codecs = chosen.formats.codecs.toSorted((a, b) => rank(a.codec) - rank(b.codec))
    return { ...chosen, formats: { ...chosen.formats, codecs } }
  }

  #agree({ line, formats }: ChosenLine, wanted: WantedDirection): Judged {
    const judged = judgeMediaAddress(line.address)
    if (judged.kind === 'unusable') throw refuse(judged.because)
    const remote = judged.kind === 'hold' ? null : { address: judged.address, port: line.port }
    if (remote) this.#checkReachable(remote.address)
    const theySend = line.direction === 'sendrecv' || line.direction === 'sendonly'
    const theyReceive = line.direction === 'sendrecv' || line.direction === 'recvonly'
    const send = theyReceive && remote !== null
    const terms = {
      protection: { kind: 'none' as const },
      remote,
      send,
      receive: theySend && wanted === 'sendrecv',
      ...formats.codecs[0]!,
      telephoneEvent: formats.telephoneEvent,
      comfortNoise: formats.comfortNoise,
      ptimeMs: line.ptimeMs ?? UNASKED_PTIME_MS,
    }
    return { terms, held: !send }
  }

  #checkReachable(address: string): void {
    const reachable = address.includes(':') ? this.#options.ipv6 : this.#options.ipv4
    if (!reachable) throw refuse('its IP version is not served here')
  }

  /** A payload type once given a meaning keeps it, so late packets of an earlier round still decode. */
  #remember(maps: readonly RtpMap[]): void {
    for (const { name, payloadType } of maps) {
      this.#forget(payloadType)
      const payloads = this.#payloads
      if (name === 'telephone-event') {
        const format: EventFormat = { payloadType, rateHz: 8000 }
        this.#payloads = { ...payloads, telephoneEvent: [format, ...payloads.telephoneEvent] }
      } else {
        const codec = name as CodecName
        this.#payloads = { ...payloads, [codec]: [payloadType, ...payloads[codec]] }
      }
    }
  }

  /** A number that the peer gives a new meaning loses its old one. */
  #forget(payloadType: number): void {
    const others = (known: readonly number[]) => known.filter((number) => number !== payloadType)
    const { opus, G722, PCMU, PCMA, telephoneEvent } = this.#payloads
    this.#payloads = {
      ...{ opus: others(opus), G722: others(G722), PCMU: others(PCMU), PCMA: others(PCMA) },
      telephoneEvent: telephoneEvent.filter((event) => event.payloadType !== payloadType),
    }
  }

  #withPayloads(terms: Omit<Agreement, 'receivePayloads'>): Agreement {
    return { ...terms, receivePayloads: this.#payloads }
  }

  #ownAddress(): string {
    const { publicAddress, addressFor } = this.#options
    const peer = this.#peer
    this.#address ??= (peer === undefined ? undefined : addressFor?.(peer)) ?? publicAddress
    return this.#address
  }

  /** The version grows by one whenever the text differs from the last one (RFC 3264 section 8). */
  #print(lines: readonly (OwnAudioLine | RefusedLine)[]): string {
    this.#lines = lines
    const address = this.#ownAddress()
    const own = (sessionVersion: number): OwnDescription => ({
      sessionId: this.#options.sessionId,
      sessionVersion,
      address,
      media: lines,
    })
    const body = writeSdp(own(0))
    if (body !== this.#lastBody) this.#version += 1
    this.#lastBody = body
    return writeSdp(own(this.#version))
  }
}
