import type { CallRecord } from '../../core/call.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Account } from '../../core/ports/store.ts'
import type { DialledStream } from '../../core/stream-verbs.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import type { StreamRecord } from '../streams/log.ts'
import { bridgeCalls, unbridgeCall } from './bridging.ts'
import { consult, endConsultation } from './consult.ts'
import { sendDigitsToCall } from './digits.ts'
import { type Listen, listenTo } from './listen.ts'
import { type Mutable, muteCall } from './mute.ts'
import { type Park, parkOnSlot } from './park-on-slot.ts'
import { type Parked, type PickUpBy, pickUp } from './pick-up.ts'
import { type CallSound, playToCall, stopPlaying } from './play.ts'
import { controlRecording, type RecordAnswer, type RecordControl } from './record-control.ts'
import { type Redirect, redirectCall } from './redirect.ts'
import { startStream, stopStream, streamsOf } from './streams.ts'

/** A call on a slot, as everybody outside sees it. */
export interface ParkedCall {
  readonly slot: string
  readonly call: CallRecord
  readonly parkedAtMs: number
  readonly expiresAtMs: number
}

/**
 * What the APIs can have done to calls while they live; each function is told of in its file. All reject with a
 * Failure for an expected refusal; another account's call is `not_found`. Of two at once on one call the later one
 * has its way, or is refused with `call_busy`.
 */
export interface ActionDesk {
  mute(account: AccountId, id: CallId, what: Mutable, isMuted: boolean): Promise<CallRecord>
  /** The id of the playback. */
  play(account: AccountId, id: CallId, sound: CallSound): Promise<string>
  stop(account: AccountId, id: CallId, playbackId?: string): Promise<void>
  sendDigits(account: AccountId, id: CallId, digits: string): Promise<CallRecord>
  redirect(account: AccountId, id: CallId, to: Redirect): Promise<CallRecord>
  bridge(account: AccountId, id: CallId, other: CallId): Promise<CallRecord>
  unbridge(account: AccountId, id: CallId): Promise<CallRecord>
  consult(account: AccountId, id: CallId, to: string): Promise<CallRecord>
  endConsultation(
    account: AccountId,
    id: CallId,
    action: 'complete' | 'cancel',
  ): Promise<CallRecord>
  park(account: AccountId, id: CallId, park: Park): Promise<ParkedCall>
  parked(account: AccountId): readonly ParkedCall[]
  pickUp(account: Account, parked: Parked, by: PickUpBy): Promise<CallRecord>
  record(account: AccountId, id: CallId, control: RecordControl): Promise<RecordAnswer>
  listen(account: Account, id: CallId, listen: Listen): Promise<CallRecord>
  /** The id of the stream. */
  startStream(account: AccountId, id: CallId, wanted: DialledStream): Promise<string>
  stopStream(account: AccountId, id: CallId, which: string): Promise<void>
  /** Also of a call that is over. */
  streamsOf(account: AccountId, id: CallId): Promise<readonly StreamRecord[]>
}

export function actionDesk(ports: Ports, calls: LiveCalls): ActionDesk {
  const around = { ports, calls }
  const show = ({ slot, call, parkedAtMs, timeoutMs }: Awaited<ReturnType<typeof parkOnSlot>>) => ({
    ...{ slot, parkedAtMs, call: call.record },
    expiresAtMs: parkedAtMs + timeoutMs,
  })
  return {
    mute: (...asked) => muteCall(around, ...asked),
    play: (...asked) => playToCall(around, ...asked),
    stop: (...asked) => stopPlaying(around, ...asked),
    sendDigits: (...asked) => sendDigitsToCall(around, ...asked),
    redirect: (...asked) => redirectCall(around, ...asked),
    bridge: (...asked) => bridgeCalls(around, ...asked),
    unbridge: (...asked) => unbridgeCall(around, ...asked),
    consult: (...asked) => consult(around, ...asked),
    endConsultation: (...asked) => endConsultation(around, ...asked),
    park: async (...asked) => show(await parkOnSlot(around, ...asked)),
    parked: (account) => calls.parkingLot.of(account).map(show),
    pickUp: (...asked) => pickUp(around, ...asked),
    record: (...asked) => controlRecording(around, ...asked),
    listen: (...asked) => listenTo(around, ...asked),
    startStream: (...asked) => startStream(around, ...asked),
    stopStream: (...asked) => stopStream(around, ...asked),
    streamsOf: (...asked) => streamsOf(around, ...asked),
  }
}
