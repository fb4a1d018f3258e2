import type { CallId, ConferenceId, RecordingId } from '../../core/ids.ts'
import type {
  LegTerms,
  MemberOptions,
  Mutes,
  RecordFile,
  RecordLayout,
} from '../../core/ports/media.ts'
import type { Agreement } from '../agreement.ts'
import type { Standing } from '../leg/standing.ts'
import type { LentDoor, OpenedLeg } from '../messages.ts'
import type { SdpSession } from '../sdp/session.ts'
import type { OpenStream } from '../stream/open-stream.ts'
import { InThread } from './in-thread.ts'
import { weightOf } from './placement.ts'
import type { Slot } from './slot.ts'

/** A leg towards a phone, or towards a browser. */
export interface Side {
  readonly webrtc: boolean
  readonly sdp: SdpSession
  /** What the thread has opened for it. */
  end: Promise<OpenedLeg>
}

interface Member {
  readonly room: ConferenceId
  options: MemberOptions
}

interface Recording {
  readonly id: RecordingId
  readonly path: string
  readonly layout: RecordLayout
  readonly file: RecordFile
  /** As its thread has told last. */
  standing: Standing
}

/** A leg as the main thread knows it: enough to build it anew in another media thread. */
export class OpenLeg extends InThread {
  readonly id: CallId
  /** Two while an offer for phones and one for browsers are out for whoever answers. */
  sides: readonly Side[] = []
  /** The one that has been agreed on. */
  agreed: Side | undefined
  agreement: Agreement | undefined
  natAddress: string | undefined
  /** The peer takes no audio, as the application was told. */
  held = false
  terms: LegTerms | undefined
  watched = false
  /** What its peer was told of our end is not true any more: it has to be offered the new one. */
  stale = false
  partner: OpenLeg | undefined
  member: Member | undefined
  readonly recordings = new Map<RecordingId, Recording>()
  mutes: Mutes | undefined
  /** By their ids. */
  readonly streams = new Map<number, OpenStream>()
  /** What it plays in each way, so that it can be played again; another object for each time. */
  readonly plays: { play?: object | undefined; playOver?: object | undefined } = {}
  /** Its ways to the network, where they are not in the thread in which it lives. */
  lent: readonly LentDoor[] = []
  #weight = 0

  constructor(id: CallId, slot: Slot) {
    super(slot)
    this.id = id
    this.weigh()
  }

  /** Something of it has changed that its thread feels. */
  weigh(): void {
    const webrtc = (this.agreed ?? this.sides[0])?.webrtc === true
    const weight = weightOf(webrtc, this.agreement)
    this.slot.weight += weight - this.#weight
    this.#weight = weight
  }

  /** It lives in another thread from now on. */
  settleIn(slot: Slot): void {
    this.slot.weight -= this.#weight
    this.slot = slot
    slot.weight += this.#weight
  }

  /** It is closed. */
  leave(): void {
    for (const stream of [...this.streams.values()]) stream.end()
    this.unbridge()
    this.member = undefined
    this.slot.weight -= this.#weight
    this.#weight = 0
  }

  /** Goes on with the phone of another leg, which is no more. */
  takeOver(other: OpenLeg): void {
    this.sides = other.sides
    this.agreed = other.agreed
    this.agreement = other.agreement
    this.natAddress = other.natAddress
    this.terms = other.terms
    this.stale = other.stale
    this.lent = other.lent
    other.leave()
    this.weigh()
  }

  bridge(other: OpenLeg): void {
    for (const leg of [this, other]) {
      leg.unbridge()
      leg.member = undefined
      leg.plays.play = undefined
    }
    this.partner = other
    other.partner = this
  }

  unbridge(): void {
    if (this.partner) this.partner.partner = undefined
    this.partner = undefined
  }
}
