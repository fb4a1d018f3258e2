import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { Around } from '../conferences/around.ts'
import { requireStillUp, requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { type HeardSound, heardSoundOf, type WantedSound } from '../sound-of.ts'
import { type LaneKind, SoundLane } from './sound-lane.ts'

export interface CallSound extends WantedSound {
  /** Over what the phone hears; else in place of it. */
  readonly over?: boolean
  /** After what was to be played before; else in place of that. */
  readonly queue?: boolean
  /** Whom the call talks to hears it too. */
  readonly both?: boolean
}

/**
 * Begins to play or speak to one call, which its other side does not hear unless `both`. Resolves to the id of the
 * playback. Failures `not_found`, `call_ended`, `call_not_answered`, `not_bridged`, `limit_reached`, those of prompts
 * and of speech.
 */
export async function playToCall(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  wanted: CallSound,
): Promise<string> {
  const call = await requireUp(ports, calls, account, id)
  const heard = await heardSoundOf(ports, account, wanted)
  try {
    return addTo(ports, call, heard, wanted)
  } catch (error) {
    heard.release()
    throw error
  }
}

function addTo(ports: Ports, call: LiveCall, heard: HeardSound, wanted: CallSound): string {
  requireStillUp(call)
  const heardBy = wanted.both ? [call, partnerOf(call)] : [call]
  const lanes = heardBy.map((one) => laneOf(ports, one, wanted.over ? 'over' : 'instead'))
  const isQueued = wanted.queue === true
  // Both or neither.
  if (isQueued) for (const lane of lanes) lane.requireRoom()
  const playbackId = ports.ids.uuid()
  let hearing = lanes.length
  const over = () => {
    hearing -= 1
    if (hearing === 0) heard.release()
  }
  for (const lane of lanes) lane.add({ id: playbackId, heard, over }, isQueued)
  return playbackId
}

/**
 * Ends what the call's phone hears beside whom it talks to: all of it, the sound of its program too, or what has that
 * id, there and on the other side. Failures as above; `not_found` for an id of nothing that is heard, or waits.
 */
export async function stopPlaying(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  playbackId?: string,
): Promise<void> {
  const call = await requireUp(ports, calls, account, id)
  const sides = [call, ...(call.partner ? [call.partner] : [])]
  if (playbackId !== undefined) {
    const found = sides.flatMap(lanesOf).filter((lane) => lane.stop(playbackId))
    if (found.length === 0) throw new Failure('not_found', 'nothing of that id is played')
    return
  }
  const wasPlaying = lanesOf(call).filter((lane) => lane.stop())
  // Music on hold is the hold's.
  if (wasPlaying.length === 0 && !call.hold.music) ports.media.stop(call.id)
}

const lanesOf = ({ acts: { lanes } }: LiveCall): SoundLane[] =>
  [lanes.instead, lanes.over].filter((lane) => lane !== undefined)

function laneOf(ports: Ports, call: LiveCall, kind: LaneKind): SoundLane {
  const { lanes } = call.acts
  lanes[kind] ??= new SoundLane(ports, call, kind)
  return lanes[kind]
}

function partnerOf(call: LiveCall): LiveCall {
  if (call.partner) return call.partner
  throw new Failure('not_bridged', 'the call talks to nobody')
}
