import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Worker } from 'node:worker_threads'
import { Failure } from '../core/failures.ts'
import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type {
  AudioCodec,
  LegOptions,
  LegStatistics,
  LegTerms,
  Media,
  MediaEvents,
  MemberLevel,
  MemberOptions,
  PlayOutcome,
  RecordLayout,
  RoomOptions,
  Sound,
} from '../core/ports/media.ts'
import type { Agreement } from './agreement.ts'
import { noStatistics, type OpenedLeg, type ThreadStatistics } from './messages.ts'
import { addressToLatchOnto } from './nat.ts'
import { RoomClient } from './room-client.ts'
import { isOfWebRtc, SdpSession } from './sdp/session.ts'
import { type Happening, ThreadLink } from './thread-link.ts'

/** A leg towards a phone, or towards a browser. */
interface Side {
  readonly webrtc: boolean
  readonly sdp: SdpSession
  /** What the thread has opened for it. */
  end: Promise<OpenedLeg>
}

interface OpenLeg {
  /** Two while an offer for phones and one for browsers are out for whoever answers. */
  sides: readonly Side[]
  /** The one that has been agreed on. */
  agreed: Side | undefined
  natAddress: string | undefined
  /** The peer takes no audio, as the application was told. */
  held: boolean
  terms: LegTerms | undefined
}

interface MediaClientOptions {
  readonly bindAddress: string
  readonly publicAddress: string
  addressFor?(peer: string): string
}

/**
 * The media thread as the main thread sees it: SDP is negotiated here, where it can't hold a packet up;
 * everything else is a message to the thread.
 */
export class MediaClient implements Media {
  readonly #thread: ThreadLink
  readonly #rooms: RoomClient
  readonly #options: MediaClientOptions
  readonly #events: MediaEvents
  readonly #legs = new Map<CallId, OpenLeg>()

  /** `worker` has said that it is ready. */
  constructor(worker: Worker, options: MediaClientOptions, events: MediaEvents) {
    this.#options = options
    this.#events = events
    this.#thread = new ThreadLink(
      worker,
      (happening) => this.#happened(happening),
      (reason) => {
        this.#legs.clear()
        events.lost(reason)
      },
    )
    this.#rooms = new RoomClient(this.#thread)
  }

  ready(): boolean {
    return this.#thread.up
  }

  async offer(callId: CallId, options?: LegOptions): Promise<string> {
    const leg = this.#legs.get(callId)
    const webrtc = (leg?.agreed ?? leg?.sides[0])?.webrtc
    const wanted = leg?.agreed ? webrtc : (options?.webrtc ?? webrtc)
    const sdp = this.#session(callId, wanted ?? false, options)
    sdp.checkOffer()
    const side = this.#side(callId, sdp, wanted ?? false, options)
    const restart = options?.iceRestart === true && side.webrtc
    return sdp.offer(await this.#end(callId, side, restart), options?.direction)
  }

  async complete(callId: CallId, text: string, options?: LegOptions): Promise<void> {
    const leg = this.#legs.get(callId)
    const [first, ...others] = leg?.sides ?? []
    if (!leg || !first) return
    const webrtc = others.length > 0 ? isOfWebRtc(text) : first.webrtc
    const side = leg.sides.find((known) => known.webrtc === webrtc) ?? first
    this.#apply(leg, side.sdp, options)
    await this.#agree(callId, leg, side, side.sdp.complete(text))
  }

  async answer(callId: CallId, text: string, options?: LegOptions): Promise<string> {
    const webrtc = this.#legs.get(callId)?.agreed?.webrtc ?? isOfWebRtc(text)
    const sdp = this.#session(callId, webrtc, options)
    // Refused before a port is opened for it.
    const { restartsIce } = sdp.examine(text)
    const side = this.#side(callId, sdp, webrtc, options)
    const end = await this.#end(callId, side, restartsIce)
    const { sdp: answer, agreement } = sdp.answer(text, end)
    const leg = this.#legs.get(callId)
    if (leg) await this.#agree(callId, leg, side, agreement)
    return answer
  }

  examine(text: string, options?: LegOptions): readonly AudioCodec[] {
    const sdp = this.#newSession(isOfWebRtc(text))
    sdp.prefer(options ?? {})
    return sdp.examine(text).codecs
  }

  agreedOn(callId: CallId): LegTerms | undefined {
    return this.#legs.get(callId)?.terms
  }

  async adopt(callId: CallId, from: CallId): Promise<void> {
    await this.#thread.ask('adopt', { leg: callId, from })
    const leg = this.#legs.get(callId)
    const other = this.#legs.get(from)
    if (!leg || !other) return
    this.#legs.delete(from)
    this.#legs.set(callId, { ...other, held: leg.held })
    this.#tellHeld(callId, other.held)
  }

  watch(callId: CallId): void {
    const leg = this.#legs.get(callId)
    if (leg?.agreed) leg.sides = [leg.agreed]
    this.#thread.ask('watch', { leg: callId }, null).catch(() => undefined)
  }

  play(callId: CallId, sound: Sound): Promise<PlayOutcome> {
    return this.#thread.ask('play', { leg: callId, sound }, 'legClosed')
  }

  stop(callId: CallId): void {
    this.#thread.ask('stop', { leg: callId }, null).catch(() => undefined)
  }

  async sendDigits(callId: CallId, digits: string): Promise<void> {
    await this.#thread.ask('sendDigits', { leg: callId, digits }, null)
  }

  takesEvents(callId: CallId): Promise<boolean> {
    return this.#thread.ask('takesEvents', { leg: callId }, true)
  }

  async bridge(a: CallId, b: CallId): Promise<void> {
    await this.#thread.ask('bridge', { leg: a, other: b }, null)
  }

  async unbridge(callId: CallId): Promise<void> {
    await this.#thread.ask('unbridge', { leg: callId }, null)
  }

  async startRecording(
    callId: CallId,
    recordingId: RecordingId,
    path: string,
    layout: RecordLayout,
  ): Promise<void> {
    await this.#thread.ask('startRecording', { leg: callId, recordingId, path, layout }, null)
  }

  async stopRecording(callId: CallId): Promise<void> {
    await this.#thread.ask('stopRecording', { leg: callId }, null)
  }

  async close(callId: CallId): Promise<LegStatistics> {
    if (!this.#legs.delete(callId)) return noStatistics
    return await this.#thread.ask('close', { leg: callId }, noStatistics)
  }

  openRoom(room: ConferenceId, options: RoomOptions): Promise<void> {
    return this.#rooms.openRoom(room, options)
  }

  closeRoom(room: ConferenceId): Promise<void> {
    return this.#rooms.closeRoom(room)
  }

  joinRoom(room: ConferenceId, callId: CallId, options: MemberOptions): Promise<void> {
    return this.#rooms.joinRoom(room, callId, options)
  }

  changeMember(callId: CallId, options: MemberOptions): Promise<void> {
    return this.#rooms.changeMember(callId, options)
  }

  leaveRoom(callId: CallId): Promise<void> {
    return this.#rooms.leaveRoom(callId)
  }

  playToRoom(room: ConferenceId, sound: Sound): Promise<PlayOutcome> {
    return this.#rooms.playToRoom(room, sound)
  }

  stopRoom(room: ConferenceId): void {
    this.#rooms.stopRoom(room)
  }

  recordRoom(room: ConferenceId, recordingId: RecordingId, path: string): Promise<void> {
    return this.#rooms.recordRoom(room, recordingId, path)
  }

  stopRoomRecording(room: ConferenceId): Promise<void> {
    return this.#rooms.stopRoomRecording(room)
  }

  levels(room: ConferenceId): Promise<readonly MemberLevel[]> {
    return this.#rooms.levels(room)
  }

  stats(): Promise<ThreadStatistics> {
    return this.#thread.ask('statistics', {})
  }

  /** Closes every leg, completes the recordings and ends the thread. Idempotent. */
  shutDown(): Promise<void> {
    this.#legs.clear()
    return this.#thread.shutDown()
  }

  #newSession(webrtc: boolean): SdpSession {
    const { bindAddress, publicAddress, addressFor } = this.#options
    return new SdpSession({
      ...{ webrtc, publicAddress },
      ...(addressFor && { addressFor }),
      sessionId: randomBytes(4).readUInt32LE(),
      ipv4: !isIPv6(bindAddress) || bindAddress === '::',
      ipv6: isIPv6(bindAddress),
    })
  }

  /** That of the leg, or a new one that the leg does not know yet. */
  #session(callId: CallId, webrtc: boolean, options: LegOptions | undefined): SdpSession {
    const known = this.#legs.get(callId)?.sides.find((side) => side.webrtc === webrtc)
    const sdp = known?.sdp ?? this.#newSession(webrtc)
    sdp.prefer(options ?? {})
    return sdp
  }

  /** The side of the leg with that session; what is not there yet is opened. */
  #side(callId: CallId, sdp: SdpSession, webrtc: boolean, options: LegOptions | undefined): Side {
    const leg = this.#legs.get(callId) ?? {
      ...{ sides: [], agreed: undefined, natAddress: undefined, held: false, terms: undefined },
    }
    this.#legs.set(callId, leg)
    this.#apply(leg, sdp, options)
    const known = leg.sides.find((side) => side.sdp === sdp)
    if (known) return known
    const side = { webrtc, sdp, end: this.#thread.ask('open', { leg: callId, webrtc }) }
    leg.sides = [...leg.sides, side]
    return side
  }

  #apply(leg: OpenLeg, sdp: SdpSession, options: LegOptions | undefined): void {
    leg.natAddress = options?.natSourceAddress ?? leg.natAddress
    const peer = options?.natSourceAddress ?? options?.peerAddress
    if (peer !== undefined) sdp.towards(peer)
  }

  async #end(callId: CallId, side: Side, restart: boolean): Promise<OpenedLeg> {
    const isOpen = (): boolean => this.#legs.get(callId)?.sides.includes(side) === true
    try {
      const end = await side.end
      const fresh = restart ? await this.#thread.ask('restartIce', { leg: callId }) : null
      if (fresh) side.end = Promise.resolve({ webrtc: fresh })
      if (isOpen()) return fresh ? { webrtc: fresh } : end
    } catch (error) {
      const leg = this.#legs.get(callId)
      if (leg && isOpen()) leg.sides = leg.sides.filter((known) => known !== side)
      if (leg?.sides.length === 0) this.#legs.delete(callId)
      throw error
    }
    throw new Failure('call_ended', 'The leg was closed while it was being opened')
  }

  async #agree(callId: CallId, leg: OpenLeg, side: Side, agreement: Agreement): Promise<void> {
    leg.agreed = side
    const natAddress = addressToLatchOnto(leg.natAddress, agreement.remote?.address)
    const nat = natAddress === undefined ? {} : { natAddress }
    await this.#thread.ask('agree', { leg: callId, agreement, ...nat })
    leg.terms = { codec: agreement.codec, protection: agreement.protection.kind }
    this.#tellHeld(callId, side.sdp.heldByPeer)
  }

  #tellHeld(callId: CallId, held: boolean): void {
    const leg = this.#legs.get(callId)
    if (!leg || leg.held === held) return
    leg.held = held
    this.#events.held(callId, held)
  }

  #happened(happening: Happening): void {
    switch (happening.is) {
      case 'digit':
        this.#events.digit(happening.leg, happening.digit, happening.durationMs)
        break
      case 'silence':
        this.#events.silence(happening.leg, happening.change, happening.silentMs)
        break
      case 'connection':
        this.#events.connection(happening.leg, happening.state)
        break
      case 'recordingEnded':
        this.#events.recordingEnded(happening.leg, happening.outcome)
        break
      case 'roomRecordingEnded':
        this.#events.roomRecordingEnded(happening.room, happening.outcome)
        break
      case 'speaking':
        this.#events.speaking(happening.room, happening.leg, happening.speaking)
        break
      case 'loudest':
        this.#events.loudest(happening.room, happening.leg)
        break
    }
  }
}
