import type { RecordingId, VoicemailId } from '../../core/ids.ts'
import type { VoicemailBox, VoicemailReason, VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { Run } from '../program.ts'
import { startRecording } from '../recording.ts'
import { playSound } from '../verbs/play.ts'
import { messageSaved, untilMessageDone } from '../verbs/record-message.ts'

/** What somebody has said after the tone, and nobody has filed yet. */
export interface Take {
  readonly draft: VoicemailRecord
  /** The key that ended it, if one did. */
  readonly key: string | undefined
}

/** Why there is none. */
export type NoTake = 'too-short' | 'failed' | 'late' | 'gone'

interface Wish {
  readonly reason: VoicemailReason
  /** Whom the caller had called. */
  readonly to: string
  /** No longer than that. */
  readonly roomMs: number
}

/**
 * The tone, and what is said after it, as a draft: stored as one before a word is said, so that a crash loses nothing.
 * What is too short is not kept.
 */
export async function takeMessage(run: Run, box: VoicemailBox, wish: Wish): Promise<Take | NoTake> {
  const { call, ports } = run
  // What was pressed before does not end what is yet to be said.
  call.digits.takeAll()
  await playSound(run, { kind: 'tone', tone: 'beep' })
  if (run.signal.aborted) return 'gone'
  if (!(await boxNow(run, box))) return 'failed'
  let keptMs: number | undefined
  let recordingId: RecordingId | undefined
  const finish = async (path: string) => {
    const message = await ports.recordingFiles.finishMessage(path, true)
    if (message === undefined) return undefined
    if (message.durationMs < box.options.minMessageMs) {
      await eraseFile(run, box, recordingId)
      return undefined
    }
    keptMs = message.durationMs
    return message
  }
  const running = await startRecording(run, 'received', { finish, source: 'voicemail' })
  if (!running) return call.state.at === 'ended' ? 'gone' : 'failed'
  recordingId = running.id
  const draft = draftOf(run, box, wish, running.id)
  run.calls.leaving.add(draft.id)
  await ports.store.voicemails.save(draft)
  if (box.options.transcribe) {
    await ports.store.recordings.amend(running.id, { transcriptStatus: 'pending' })
  }
  const key = await untilMessageDone(run, {
    ...{ maxLengthMs: wish.roomMs, silenceMs: box.options.silenceMs, finishOnKeys: '#' },
  })
  await messageSaved(run, running)
  if (keptMs === undefined) return dropDraft(run, draft)
  return { draft: { ...draft, durationMs: keptMs }, key }
}

/** As it is now; undefined: somebody has deleted it. */
export const boxNow = ({ ports }: Run, { accountId, id }: VoicemailBox) =>
  ports.store.voicemailBoxes.get(accountId, id)

async function eraseFile(
  { ports }: Run,
  { accountId }: VoicemailBox,
  id: RecordingId | undefined,
): Promise<void> {
  const recording = id && (await ports.store.recordings.get(accountId, id))
  if (recording) await ports.recordingFiles.erase(recording)
}

/** With an empty recording its draft has gone already; with one that failed it has not. */
async function dropDraft({ ports, calls }: Run, draft: VoicemailRecord): Promise<NoTake> {
  calls.leaving.delete(draft.id)
  const recording = await ports.store.recordings.get(draft.accountId, draft.recordingId)
  if (recording === undefined) return 'too-short'
  // The disk takes its time: it is filed when it is whole, or has been just now.
  if (recording.status !== 'failed') return 'late'
  await ports.store.voicemails.remove(draft)
  return 'failed'
}

const draftOf = (
  { call, ports }: Run,
  box: VoicemailBox,
  { reason, to }: Wish,
  recordingId: RecordingId,
): VoicemailRecord => ({
  id: ports.ids.uuid() as VoicemailId,
  accountId: box.accountId,
  boxId: box.id,
  recordingId,
  callId: call.id,
  from: call.record.direction === 'outbound' ? call.record.to : call.record.from,
  fromName: call.made.callerName ?? null,
  ...{ to, reason },
  receivedAtMs: ports.clock.nowMs(),
  durationMs: 0,
  ...{ folder: 'draft', urgent: false, heardAtMs: null, deletedAtMs: null, expiresAtMs: null },
})
