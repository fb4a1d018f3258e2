import type { RecordLayout } from '../../core/ports/media.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { startRecording } from '../recording.ts'
import { soundOf } from '../sound-of.ts'
import { recordingWishes } from './wishes.ts'

/**
 * Says to both sides, over what they hear, that they will be recorded, and waits until it is said: it is not in the
 * recording. Default: what is set; '' is nothing. What can't be said is logged, and the recording begins.
 */
export async function announceRecording(
  ports: Ports,
  call: LiveCall,
  text?: string,
): Promise<void> {
  try {
    const words = text ?? (await recordingWishes(ports, call)).announcement
    if (words === '' || call.state.at === 'ended') return
    const sound = await soundOf(ports, call.record.accountId, { text: words })
    const sides = call.partner ? [call, call.partner] : [call]
    await Promise.all(sides.map((side) => ports.media.playOver(side.id, sound)))
  } catch (error) {
    ports.log.warn('a recording is not announced', { callId: call.id, error: String(error) })
  }
}

/** Records the call from here on, after what is to be said before. */
export async function announceAndRecord(run: Run, layout: RecordLayout): Promise<void> {
  if (!run.call.recording && !run.calls.space.isLow) await announceRecording(run.ports, run.call)
  await startRecording(run, layout)
}
