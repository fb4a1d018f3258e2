import type { AudioCodec, LegOptions } from '../../core/ports/media.ts'
import type { Agreement, CodecName, EventFormat } from '../agreement.ts'
import type { OpenedLeg } from '../messages.ts'
import type {
  Description,
  Direction,
  MediaLine,
  OwnAudioLine,
  OwnDescription,
  OwnTransport,
  RefusedLine,
  RtpMap,
} from './description.ts'
import { codecShapes, eventsBeside, type UsableFormats, usableFormats } from './formats.ts'
import { offeredTypes } from './offered-types.ts'
import { Payloads } from './payloads.ts'
import { PlainWay, type Reach } from './plain-way.ts'
import { readSdp } from './read.ts'
import { unusable } from './refuse.ts'
import type { Usable, Way } from './way.ts'
import { speaksWebRtc } from './way.ts'
import { WebRtcWay } from './webrtc-way.ts'
import { defaultCandidate, writeSdp } from './write.ts'

export interface SdpSessionOptions extends Reach {
  /** With a browser, by ICE and DTLS; otherwise RTP and SRTP. */
  readonly webrtc: boolean
  /** Goes into o= and c= lines of plain RTP, unless the peer is known and another is reached from there. */
  readonly publicAddress: string
  addressFor?(peer: string): string
  /** 0 to 2^32 - 1; tells our sessions apart. */
  readonly sessionId: number
}

const UNASKED_PTIME_MS = 20

/**
 * The number of the header extension with the loudness in an offer of ours while there is none; not 1, which is that
 * of the mid in packets of ours (`MediasoupStreams`).
 */
const freeExtension = (own: OwnTransport): number =>
  own.kind === 'webrtc' && own.midExtension === 2 ? 3 : 2

function directionOf(send: boolean, receive: boolean): Direction {
  if (send) return receive ? 'sendrecv' : 'sendonly'
  return receive ? 'recvonly' : 'inactive'
}

const refusedLine = ({ type, protocol, formats, mid }: MediaLine): RefusedLine => ({
  kind: 'refused',
  ...{ type, protocol, formats, mid },
})

type WantedDirection = NonNullable<LegOptions['direction']>

interface ChosenLine {
  readonly index: number
  readonly line: MediaLine
  readonly formats: UsableFormats
  readonly usable: Usable
}

/** What the offer of somebody could lead to. */
export interface Prospect {
  /** That could be agreed on, best first. */
  readonly codecs: readonly AudioCodec[]
  /** It is to be answered with ICE credentials that have not been used. */
  readonly restartsIce: boolean
}

/** Whether a description is of WebRTC: by the first audio line that is in use. Throws as `readSdp` does. */
export function isOfWebRtc(text: string): boolean {
  const first = readSdp(text).media.find(({ type, port }) => type === 'audio' && port !== 0)
  return first !== undefined && speaksWebRtc(first)
}

/**
 * Offer and answer (RFC 3264) for one leg: one audio line and its telephone events. Keeps what the standards
 * want remembered between rounds: the number of media lines, our payload types, keys, roles, the session
 * version. Without I/O; all refusals are Failures `invalid_request` and change nothing.
 */
export class SdpSession {
  readonly #options: SdpSessionOptions
  readonly #way: Way
  readonly #plain: PlainWay | undefined
  readonly #payloads = new Payloads()
  #peer: string | undefined
  /** What we have called ourselves. */
  #address: string | undefined
  #version = 0
  #lastBody = ''
  /** Which way audio shall flow, seen from us: as agreed, and as offered and not answered yet. */
  #wanted: WantedDirection = 'sendrecv'
  #offered: WantedDirection | undefined
  #heldByPeer = false
  /** Of the header extension with the loudness, as it was agreed on. */
  #audioLevelExtension: number | undefined
  /** Undefined: ours in our order, of an offer the one that the peer likes best. */
  #preferred: readonly CodecName[] | undefined
  /** Lines of the last round; ours is the one that is not refused. */
  #lines: readonly (OwnAudioLine | RefusedLine)[] = []

  constructor(options: SdpSessionOptions) {
    this.#options = options
    this.#plain = options.webrtc ? undefined : new PlainWay(options)
    this.#way = this.#plain ?? new WebRtcWay()
  }

  /** Who will get our descriptions, by IP address. Of no effect once there has been one: it stays the same. */
  towards(peer: string): void {
    this.#peer = peer
  }

  /** The peer takes no audio: by its direction or by its address. */
  get heldByPeer(): boolean {
    return this.#heldByPeer
  }

  /** What is not given stays as it is. */
  prefer({ codecs, ...srtp }: Pick<LegOptions, 'codecs' | 'srtp' | 'secureSignalling'>): void {
    this.#preferred = codecs ?? this.#preferred
    this.#plain?.allow(srtp)
  }

  /** The next offer has new keys of SRTP, if any. */
  renewKeys(): void {
    this.#plain?.renewKeys()
  }

  /** Throws the Failure with which an offer of ours would be refused: SRTP is required, and its keys would be read. */
  checkOffer(): void {
    this.#plain?.checkOffer()
  }

  /**
   * Our offer, first or later: everything that we can do. `direction` as in LegOptions. Fails as
   * `checkOffer` does.
   */
  offer(end: OpenedLeg, direction = this.#wanted): string {
    const transport = this.#way.offer(end)
    this.#offered = direction
    const rtpMaps = offeredTypes(this.#payloads.known, this.#options.webrtc, this.#preferred)
    this.#remember(rtpMaps)
    const audioLevelExtension = this.#audioLevelExtension ?? freeExtension(transport)
    const audio: OwnAudioLine = {
      ...{ kind: 'audio', transport, direction, rtpMaps, audioLevelExtension },
    }
    const lines = this.#lines.map((line) => (line.kind === 'audio' ? audio : line))
    return this.#print(end, lines.length === 0 ? [audio] : lines)
  }

  /** Looks at a remote offer without answering it: lets the caller refuse before a port is opened. */
  examine(text: string): Prospect {
    const { formats, usable } = this.#byPreference(this.#choose(readSdp(text), 'offer'))
    return { codecs: formats.codecs.map(({ codec }) => codec), restartsIce: usable.restartsIce }
  }

  /** Answers a remote offer, first or later. */
  answer(text: string, end: OpenedLeg): { readonly sdp: string; readonly agreement: Agreement } {
    const offer = readSdp(text)
    const chosen = this.#byPreference(this.#choose(offer, 'offer'))
    const terms = this.#agree(chosen, this.#wanted)
    this.#offered = undefined
    this.#peer ??= terms.remote?.address
    const { codec, payloadType, telephoneEvent } = terms
    const rtpMaps: RtpMap[] = [{ ...codecShapes[codec], payloadType }]
    if (telephoneEvent) rtpMaps.push({ name: 'telephone-event', channels: 1, ...telephoneEvent })
    this.#remember(rtpMaps)
    const audio: OwnAudioLine = {
      kind: 'audio',
      transport: chosen.usable.answer(end),
      direction: directionOf(terms.send, terms.receive),
      rtpMaps,
      audioLevelExtension: terms.audioLevelExtension,
    }
    const lines = offer.media.map((line, at) => (at === chosen.index ? audio : refusedLine(line)))
    const sdp = this.#print(end, lines)
    return { sdp, agreement: { ...terms, receivePayloads: this.#payloads.known } }
  }

  /** Takes the remote answer to our last offer. */
  complete(text: string): Agreement {
    if (this.#lines.length === 0) throw unusable('there was no offer that it could answer')
    const wanted = this.#offered ?? this.#wanted
    const terms = this.#agree(this.#choose(readSdp(text), 'answer'), wanted)
    this.#wanted = wanted
    this.#offered = undefined
    return { ...terms, receivePayloads: this.#payloads.known }
  }

  /** The first audio line that is in use, of our kind and in a codec of ours. */
  #choose(description: Description, as: 'offer' | 'answer'): ChosenLine {
    const audio = description.media.filter((line) => line.type === 'audio')
    if (audio.length === 0) throw unusable('it has no audio line')
    const open = audio.filter((line) => line.port !== 0)
    if (open.length === 0) throw unusable('its audio is switched off (port 0)')
    const reasons: string[] = []
    for (const line of open) {
      const usable = this.#way.judge(line, as)
      const formats = usableFormats(line)
      if (usable.kind === 'refused') reasons.push(usable.because)
      else if (formats.codecs.length === 0) {
        reasons.push('no common codec (Opus, G722, PCMU, PCMA)')
      } else return { index: description.media.indexOf(line), line, formats, usable }
    }
    throw unusable(reasons[0] ?? '')
  }

  /** An answer may take any codec of the offer; one that is not among those preferred is better than none. */
  #byPreference(chosen: ChosenLine): ChosenLine {
    const order = this.#preferred ?? []
    const rank = (codec: CodecName) => (order.includes(codec) ? order.indexOf(codec) : order.length)
    const codecs = chosen.formats.codecs.toSorted((a, b) => rank(a.codec) - rank(b.codec))
    return { ...chosen, formats: { ...chosen.formats, codecs } }
  }

  #agree(
    { line, formats, usable }: ChosenLine,
    wanted: WantedDirection,
  ): Omit<Agreement, 'receivePayloads'> {
    const theySend = line.direction === 'sendrecv' || line.direction === 'sendonly'
    const theyReceive = line.direction === 'sendrecv' || line.direction === 'recvonly'
    const send = theyReceive && !usable.onHold
    const chosen = formats.codecs[0]!
    this.#heldByPeer = !send
    const { audioLevelExtension } = line
    this.#audioLevelExtension = audioLevelExtension ?? this.#audioLevelExtension
    return {
      protection: usable.take(),
      remote: usable.remote,
      ...(usable.rtcp && { rtcp: usable.rtcp }),
      send,
      receive: theySend && wanted === 'sendrecv',
      ...chosen,
      telephoneEvent: eventsBeside(chosen.codec, formats.events),
      comfortNoise: formats.comfortNoise,
      ptimeMs: line.ptimeMs ?? UNASKED_PTIME_MS,
      audioLevelExtension,
    }
  }

  #remember(maps: readonly RtpMap[]): void {
    for (const { name, rateHz, payloadType } of maps) {
      if (name === 'telephone-event') {
        this.#payloads.events({ payloadType, rateHz: rateHz as EventFormat['rateHz'] })
      } else this.#payloads.codec(name as CodecName, payloadType)
    }
  }

  #ownAddress({ webrtc }: OpenedLeg): string {
    const { publicAddress, addressFor } = this.#options
    const peer = this.#peer
    const candidate = webrtc && defaultCandidate(webrtc)?.address
    const towardsPeer = peer === undefined ? undefined : addressFor?.(peer)
    this.#address ??= candidate ?? towardsPeer ?? publicAddress
    return this.#address
  }

  /** The version grows by one whenever the text differs from the last one (RFC 3264 section 8). */
  #print(end: OpenedLeg, lines: readonly (OwnAudioLine | RefusedLine)[]): string {
    this.#lines = lines
    const address = this.#ownAddress(end)
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
