import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId, RecordingId } from '../../core/ids.ts'
import type { RecordLayout, RecordMode } from '../../core/ports/media.ts'
import type { RecordingFormat } from '../../core/ports/recordings.ts'
import type { Around } from '../conferences/around.ts'
import { requireStillUp, requireUp } from '../find-call.ts'
import { inTurn } from '../in-turn.ts'
import type { LiveCall, RunningRecording } from '../live-call.ts'
import { type RecordOptions, startRecording } from '../recording.ts'
import { announceRecording } from '../recordings/announce.ts'
import { keepSpans } from '../recordings/spans.ts'

/** `pause`: the file waits. `mask`: it goes on with silence or a tone. `resume` ends both. */
export const recordActions = ['start', 'stop', 'pause', 'mask', 'resume'] as const
export type RecordAction = (typeof recordActions)[number]

/** Of a `start`, where it is not as usual. */
export interface RecordWish {
  /** `call`: both sides of the call, once at a time. `leg`: its own phone, as often as is wanted. Default `call`. */
  readonly of?: 'call' | 'leg'
  /** Of a leg: 1: only what its phone says. Default 2. */
  readonly channels?: 1 | 2
  readonly format?: RecordingFormat
  readonly beepEveryMs?: number
  /** Said to both sides before; '' for nothing. Default: as is set. */
  readonly announcement?: string
  /** Keys that are pressed are silence in it. Default: they are heard as what they sound like. */
  readonly maskDigits?: boolean
}

export interface RecordControl extends RecordWish {
  readonly action: RecordAction
  /** Which one; default: as `of` says; without that all for pause, mask and resume, and that of the call for stop. */
  readonly recordingId?: RecordingId
  /** What is heard in place of what is masked. Default `silence`. */
  readonly maskWith?: 'silence' | 'tone'
}

/**
 * Failures `not_found`, `call_ended`, `call_not_answered`; `already_exists` for a start of what runs, `not_recording`
 * for anything else where nothing does; `disk_low`; `call_failed` when the recording can't be begun.
 */
export async function controlRecording(
  around: Around,
  account: AccountId,
  id: CallId,
  control: RecordControl,
): Promise<RecordAnswer> {
  const call = await requireUp(around.ports, around.calls, account, id)
  const recordingIds = await recordAs(around, call, control)
  return { call: call.record, recordingIds }
}

export interface RecordAnswer {
  readonly call: CallRecord
  /** The recording that has begun, or those of which it is so now. */
  readonly recordingIds: readonly RecordingId[]
}

export async function recordAs(
  { ports, calls }: Around,
  call: LiveCall,
  control: RecordControl,
): Promise<RecordingId[]> {
  if (control.action === 'start') {
    requireFree({ ports, calls }, call, control)
    // Said before its turn: whatever else is asked of the call need not wait for it.
    await announceRecording(ports, call, control.announcement)
  }
  return inTurn(call, async () => {
    requireStillUp(call)
    if (control.action === 'start') return [await start({ ports, calls }, call, control)]
    const meant = recordingsMeant(call, control)
    if (meant.length === 0) throw new Failure('not_recording', 'the call is not being recorded')
    const { action } = control
    const asks = meant.map((running) =>
      action === 'stop'
        ? call.finishRecording(running)
        : setMode({ ports, calls }, call, running, modeOf(control)),
    )
    // One that can't be masked keeps none of the others from it.
    const failed = (await Promise.allSettled(asks)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    return meant.map(({ id }) => id)
  })
}

export function modeOf({
  action,
  maskWith = 'silence',
}: Pick<RecordControl, 'action' | 'maskWith'>): RecordMode {
  if (action === 'mask') return maskWith === 'tone' ? 'toned' : 'masked'
  return action === 'pause' ? 'paused' : 'running'
}

function requireFree({ calls }: Around, call: LiveCall, { of = 'call' }: RecordWish): void {
  calls.space.require()
  if (of === 'call' && call.recording) {
    throw new Failure('already_exists', 'the call is being recorded')
  }
}

/** Who called is left: of a call that came in that is its phone. */
export function layoutOf({ record }: LiveCall, { of, channels = 2 }: RecordWish): RecordLayout {
  if (of === 'leg') return channels === 1 ? 'received' : 'receivedLeft'
  return record.direction === 'inbound' ? 'receivedLeft' : 'sentLeft'
}

export const optionsOf = ({ of, format, beepEveryMs, maskDigits }: RecordWish): RecordOptions => ({
  ...(of === 'leg' && { source: 'leg' }),
  ...(format !== undefined && { format }),
  ...(beepEveryMs !== undefined && { beepEveryMs }),
  ...(maskDigits !== undefined && { maskDigits }),
})

async function start(
  { ports, calls }: Around,
  call: LiveCall,
  wish: RecordWish,
): Promise<RecordingId> {
  requireFree({ ports, calls }, call, wish)
  const run = { ports, calls, call, signal: call.over }
  const started = await startRecording(run, layoutOf(call, wish), optionsOf(wish))
  if (!started) throw new Failure('call_failed', 'the recording could not be begun')
  return started.id
}

/** Of a leg the newest. What is not to be heard is not to be heard in any, where nobody says in which. */
export function recordingsMeant(
  { recording, recordings }: LiveCall,
  { action, recordingId, of }: RecordControl,
): RunningRecording[] {
  const running = [...recordings.values()]
  if (recordingId !== undefined) return running.filter(({ id }) => id === recordingId)
  if (of === 'leg') return running.filter(({ source }) => source === 'leg').slice(-1)
  return of === undefined && action !== 'stop' ? running : recording ? [recording] : []
}

async function setMode(
  { ports }: Around,
  call: LiveCall,
  running: RunningRecording,
  mode: RecordMode,
): Promise<void> {
  if (running.mode === mode) return
  const { id } = running
  const spans = await ports.media.setRecording(call.id, id, mode)
  // Not before it is so: a mask that fails may be asked for again.
  running.mode = mode
  if (spans) await keepSpans(ports, call.record.accountId, id, spans)
  const type = mode === 'running' ? 'recording.resumed' : 'recording.paused'
  await call.note(type, {
    recordingId: id,
    ...(mode !== 'running' && { mode: mode === 'paused' ? 'paused' : 'masked' }),
    ...(spans && { spans }),
  })
}
