import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Worker } from 'node:worker_threads'
import type { Detection, MachineDetection } from '../core/answerer.ts'
import { Failure } from '../core/failures.ts'
import type { CallId, ConferenceId, RecordingId } from '../core/ids.ts'
import type {
  AudioCodec,
  ConnectionState,
  LegOptions,
  LegStatistics,
  LegTerms,
  Media,
  MediaEvents,
  MemberLevel,
  MemberOptions,
  Mutes,
  PlayOutcome,
  RecordFile,
  RecordLayout,
  RecordMode,
  RoomOptions,
  Sound,
} from '../core/ports/media.ts'
import type { RecordingSpan } from '../core/ports/recordings.ts'
import type { AudioStream, StreamListener, StreamOptions } from '../core/ports/streams.ts'
import type { Agreement } from './agreement.ts'
import { tellHappening } from './happenings.ts'
import { LegClient } from './leg-client.ts'
import { noStatistics, type OpenedLeg } from './messages.ts'
import { addressToLatchOnto } from './nat.ts'
import { RoomClient } from './room-client.ts'
import { isOfWebRtc, SdpSession } from './sdp/session.ts'
import { StreamClient } from './stream/client.ts'
import { cutRecording } from './threads/cut-recording.ts'
import { Mover } from './threads/mover.ts'
import { OpenLeg, type Side } from './threads/open-leg.ts'
import { leastLoaded } from './threads/placement.ts'
import { Restorer } from './threads/restorer.ts'
import type { Slot } from './threads/slot.ts'
import { type MediaStatistics, noFigures, sumOf } from './threads/statistics.ts'
import { type StartWorker, Threads, WEBRTC_THREAD } from './threads/threads.ts'

interface MediaClientOptions {
  readonly bindAddress: string
  readonly publicAddress: string
  addressFor?(peer: string): string
  /** Without it the death of a thread is the end of all. */
  readonly startWorker?: StartWorker
  /** A media thread has died, and is up again; for a log. */
  died?(thread: number, reason: string): void
  cameUp?(thread: number): void
}

/**
 * The media threads as the main thread sees them: SDP is negotiated here, where it can't hold a packet up;
 * everything else is a message to the thread in which the leg lives.
 */
export class MediaClient implements Media {
  readonly #threads: Threads
  readonly #mover: Mover
  readonly #restorer: Restorer
  readonly #rooms: RoomClient
  readonly #options: MediaClientOptions
  readonly #events: MediaEvents
  readonly #legs = new Map<CallId, OpenLeg>()
  /** Whose end their threads have not told yet. */
  readonly #closing = new Map<CallId, OpenLeg>()
  readonly #acts = new LegClient((callId) => this.#legs.get(callId))
  readonly #streams = new StreamClient((callId) => this.#legs.get(callId))
  #deaths = 0

  /** `workers` have said that they are ready. */
  constructor(workers: readonly Worker[], options: MediaClientOptions, events: MediaEvents) {
    this.#options = options
    this.#events = events
    this.#threads = new Threads(workers, options.startWorker, {
      happened: (happening) =>
        tellHappening(happening, events, {
          connection: (callId, state) => this.#connection(callId, state),
          recordingEnded: (callId, recordingId) => this.#recordingEnded(callId, recordingId),
          recordingStands: (callId, recordingId, standing) => {
            const recording = this.#legs.get(callId)?.recordings.get(recordingId)
            if (recording) recording.standing = standing
          },
          roomRecordingEnded: (room, recordingId) => this.#rooms.recordingEnded(room, recordingId),
          roomRecordingStands: (...told) => this.#rooms.recordingStands(...told),
        }),
      died: (slot, reason) => this.#died(slot, reason),
      cameUp: ({ index }) => options.cameUp?.(index),
      lost: (reason) => {
        this.#clear()
        events.lost(reason)
      },
    })
    const { slots } = this.#threads
    this.#mover = new Mover(slots, (leg) => this.#restorer.lost(leg))
    this.#rooms = new RoomClient({
      ...{ slots, mover: this.#mover, events },
      leg: (callId) => this.#legs.get(callId),
      legs: () => this.#legs.values(),
    })
    this.#restorer = new Restorer({
      ...{ slots, events },
      isOpen: (leg) => this.#legs.get(leg.id) === leg,
      connect: (leg) => this.#connect(leg),
    })
  }

  ready(): boolean {
    return this.#threads.up
  }

  async offer(callId: CallId, options?: LegOptions): Promise<string> {
    const leg = this.#legs.get(callId)
    const webrtc = (leg?.agreed ?? leg?.sides[0])?.webrtc
    const wanted = leg?.agreed ? webrtc : (options?.webrtc ?? webrtc)
    const sdp = this.#session(callId, wanted ?? false, options)
    sdp.checkOffer()
    if (leg?.stale === true) sdp.renewKeys()
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
    const wasStale = leg.stale && leg.watched && !side.webrtc
    await this.#agree(callId, leg, side, side.sdp.complete(text))
    // The way to a browser tells by itself when it stands.
    if (wasStale) this.#isBack(leg)
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
    const [leg, other] = [this.#legs.get(callId), this.#legs.get(from)]
    if (!leg || !other || leg === other) throw new Failure('call_ended', 'The leg is closed')
    await this.#mover.together(leg, other, leg)
    await leg.ask('adopt', { leg: callId, from })
    if (this.#legs.get(callId) !== leg || this.#legs.get(from) !== other) return
    this.#legs.delete(from)
    leg.takeOver(other)
    this.#tellHeld(callId, other.held)
  }

  watch(callId: CallId): void {
    const leg = this.#legs.get(callId)
    if (!leg) return
    if (leg.agreed) leg.sides = [leg.agreed]
    leg.watched = true
    leg.ask('watch', { leg: callId }, null).catch(() => undefined)
    if (leg.stale && !leg.restored) {
      queueMicrotask(() => this.#events.connection(callId, 'broken'))
    }
  }

  play(callId: CallId, sound: Sound): Promise<PlayOutcome> {
    return this.#acts.play(callId, sound)
  }

  stop(callId: CallId): void {
    this.#acts.stop(callId)
  }

  playOver(callId: CallId, sound: Sound): Promise<PlayOutcome> {
    return this.#acts.play(callId, sound, 'playOver')
  }

  stopOver(callId: CallId): void {
    this.#acts.stop(callId, 'playOver')
  }

  mute(callId: CallId, mutes: Mutes): Promise<void> {
    return this.#acts.mute(callId, mutes)
  }

  sendDigits(callId: CallId, digits: string): Promise<void> {
    return this.#acts.sendDigits(callId, digits)
  }

  takesEvents(callId: CallId): Promise<boolean> {
    return this.#acts.takesEvents(callId)
  }

  async bridge(a: CallId, b: CallId): Promise<void> {
    const [leg, other] = [this.#legs.get(a), this.#legs.get(b)]
    if (!leg || !other || leg === other) return
    leg.bridge(other)
    await this.#connect(leg)
  }

  async unbridge(callId: CallId): Promise<void> {
    const leg = this.#legs.get(callId)
    if (!leg) return
    leg.unbridge()
    await leg.ask('unbridge', { leg: callId }, null)
  }

  startRecording(
    callId: CallId,
    recordingId: RecordingId,
    path: string,
    layout: RecordLayout,
    file?: RecordFile,
  ): Promise<void> {
    return this.#acts.startRecording(callId, recordingId, path, layout, file)
  }

  setRecording(
    callId: CallId,
    recordingId: RecordingId,
    mode: RecordMode,
  ): Promise<readonly RecordingSpan[] | null> {
    return this.#acts.setRecording(callId, recordingId, mode)
  }

  stopRecording(callId: CallId, recordingId?: RecordingId): Promise<void> {
    return this.#acts.stopRecording(callId, recordingId)
  }

  detectAnswerer(callId: CallId, options: MachineDetection): Promise<Detection | null> {
    return this.#acts.detectAnswerer(callId, options)
  }

  openStream(
    callId: CallId,
    options: StreamOptions,
    listener: StreamListener,
  ): Promise<AudioStream> {
    return this.#streams.open(callId, options, listener)
  }

  async figures(callId: CallId): Promise<LegStatistics> {
    const leg = this.#legs.get(callId)
    return leg ? await leg.ask('figures', { leg: callId }, noStatistics) : noStatistics
  }

  async close(callId: CallId): Promise<LegStatistics> {
    const leg = this.#legs.get(callId)
    if (!leg) return noStatistics
    this.#legs.delete(callId)
    this.#closing.set(callId, leg)
    leg.leave()
    const statistics = await leg.ask('close', { leg: callId }, noStatistics)
    if (this.#closing.get(callId) === leg) this.#closing.delete(callId)
    // Those that its thread has told are not among them: it has died.
    for (const recording of leg.recordings.values()) {
      this.#events.recordingEnded(callId, cutRecording(recording))
    }
    return statistics
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

  recordRoom(
    room: ConferenceId,
    recordingId: RecordingId,
    path: string,
    file?: RecordFile,
  ): Promise<void> {
    return this.#rooms.recordRoom(room, recordingId, path, file)
  }

  setRoomRecording(room: ConferenceId, mode: RecordMode): Promise<readonly RecordingSpan[] | null> {
    return this.#rooms.setRoomRecording(room, mode)
  }

  stopRoomRecording(room: ConferenceId): Promise<void> {
    return this.#rooms.stopRoomRecording(room)
  }

  levels(room: ConferenceId): Promise<readonly MemberLevel[]> {
    return this.#rooms.levels(room)
  }

  /** Of all threads. */
  async stats(): Promise<MediaStatistics> {
    const each = await Promise.all(
      this.#threads.slots.map((slot) => slot.ask('statistics', {}, noFigures)),
    )
    return { ...sumOf(each), threadsUp: this.#threads.countUp, threadDeaths: this.#deaths }
  }

  /** Closes every leg, completes the recordings and ends the threads. Idempotent. */
  shutDown(): Promise<void> {
    this.#clear()
    return this.#threads.shutDown()
  }

  #clear(): void {
    for (const leg of this.#legs.values()) leg.leave()
    this.#legs.clear()
    this.#rooms.clear()
  }

  #died(slot: Slot, reason: string): void {
    this.#deaths += 1
    this.#options.died?.(slot.index, reason)
    this.#mover.forget(slot)
    this.#restorer.died(slot, this.#legs.values(), this.#rooms.died(slot))
  }

  /** Connects a leg, in its thread, to whom it is connected to. */
  async #connect(leg: OpenLeg): Promise<void> {
    const { partner } = leg
    if (partner) {
      await this.#mover.together(leg, partner)
      if (leg.partner !== partner) return
      await leg.ask('bridge', { leg: leg.id, other: partner.id }, null)
    } else if (leg.member) {
      await this.#rooms.rejoin(leg)
    }
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
    const leg = this.#legs.get(callId) ?? new OpenLeg(callId, this.#place(webrtc, options?.near))
    this.#legs.set(callId, leg)
    this.#apply(leg, sdp, options)
    const known = leg.sides.find((side) => side.sdp === sdp)
    if (known) return known
    const side = { webrtc, sdp, end: this.#open(leg, webrtc) }
    leg.sides = [...leg.sides, side]
    leg.weigh()
    return side
  }

  /** In which thread a new leg is opened. */
  #place(webrtc: boolean, near: CallId | undefined): Slot {
    const { slots } = this.#threads
    const wished = webrtc ? slots[WEBRTC_THREAD] : near && this.#legs.get(near)?.slot
    const slot = wished ?? leastLoaded(slots.filter(({ up }) => up)) ?? slots[0]
    if (!slot) throw new Failure('no_media_port', 'There is no media thread')
    return slot
  }

  async #open(leg: OpenLeg, webrtc: boolean): Promise<OpenedLeg> {
    const home = this.#threads.slots[WEBRTC_THREAD]
    if (webrtc && home && leg.slot !== home) await this.#mover.bring(leg, home)
    return await leg.ask('open', { leg: leg.id, webrtc })
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
      const leg = restart ? this.#legs.get(callId) : undefined
      const fresh = (await leg?.ask('restartIce', { leg: callId })) ?? null
      if (fresh) side.end = Promise.resolve({ webrtc: fresh })
      if (isOpen()) return fresh ? { webrtc: fresh } : end
    } catch (error) {
      const leg = this.#legs.get(callId)
      if (leg && isOpen()) leg.sides = leg.sides.filter((known) => known !== side)
      if (leg?.sides.length === 0) {
        this.#legs.delete(callId)
        leg.leave()
      }
      throw error
    }
    throw new Failure('call_ended', 'The leg was closed while it was being opened')
  }

  async #agree(callId: CallId, leg: OpenLeg, side: Side, agreement: Agreement): Promise<void> {
    leg.agreed = side
    const natAddress = addressToLatchOnto(leg.natAddress, agreement.remote?.address)
    const nat = natAddress === undefined ? {} : { natAddress }
    await leg.ask('agree', { leg: callId, agreement, ...nat })
    leg.agreement = agreement
    leg.terms = { codec: agreement.codec, protection: agreement.protection.kind }
    leg.weigh()
    this.#tellHeld(callId, side.sdp.heldByPeer)
  }

  #tellHeld(callId: CallId, held: boolean): void {
    const leg = this.#legs.get(callId)
    if (!leg || leg.held === held) return
    leg.held = held
    this.#events.held(callId, held)
  }

  /** Its peer knows our new end. */
  #isBack(leg: OpenLeg): void {
    leg.stale = false
    this.#events.connection(leg.id, 'up')
  }

  #connection(callId: CallId, state: ConnectionState): void {
    const leg = this.#legs.get(callId)
    if (leg && state === 'up') leg.stale = false
  }

  #recordingEnded(callId: CallId, recordingId: RecordingId): void {
    const leg = this.#legs.get(callId) ?? this.#closing.get(callId)
    leg?.recordings.delete(recordingId)
  }
}
