import { Failure } from '../../core/failures.ts'
import type { RecordingId } from '../../core/ids.ts'
import type { VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { playWav } from '../verbs/play.ts'

type SoundPorts = Pick<Ports, 'store' | 'recordingFiles' | 'greetingFiles' | 'ids' | 'log'>

/**
 * The audio of a message as a WAV that can be played now, wherever it is kept. `discard` removes it. Failures of
 * `recordingFiles.open`, and `not_found`.
 */
async function soundOfMessage(
  ports: SoundPorts,
  { accountId, recordingId }: Pick<VoicemailRecord, 'accountId' | 'recordingId'>,
): Promise<{ readonly path: string; discard(): Promise<void> }> {
  const { store, recordingFiles, greetingFiles, ids } = ports
  const recording = await store.recordings.get(accountId, recordingId)
  if (!recording) throw new Failure('not_found', 'There is no such message')
  const { stream } = await recordingFiles.open(recording)
  const path = await recordingFiles.scratchFor(ids.uuid() as RecordingId)
  const discard = () => recordingFiles.discard(path)
  try {
    await greetingFiles.spool(stream, path)
  } catch (error) {
    await discard()
    throw error
  }
  return { path, discard }
}

/**
 * Lets `play` have the audio of a message, which is removed after that. Undefined: it is not to be had, which the log
 * tells.
 */
export async function withMessage<T>(
  ports: SoundPorts,
  message: Pick<VoicemailRecord, 'accountId' | 'recordingId'>,
  play: (path: string) => Promise<T>,
): Promise<T | undefined> {
  let sound: Awaited<ReturnType<typeof soundOfMessage>>
  try {
    sound = await soundOfMessage(ports, message)
  } catch (error) {
    ports.log.warn('message not to be heard', {
      ...{ recordingId: message.recordingId, error: String(error) },
    })
    return undefined
  }
  try {
    return await play(sound.path)
  } finally {
    await sound.discard()
  }
}

/** Plays a message to the caller, until `signal` aborts. False: it is not to be had, which the log tells. */
export async function playMessage(
  run: Run,
  message: Pick<VoicemailRecord, 'accountId' | 'recordingId'>,
  signal: AbortSignal = run.signal,
): Promise<boolean> {
  const isPlayed = await withMessage(run.ports, message, async (path) => {
    await playWav({ ...run, signal }, path)
    return true
  })
  return isPlayed === true
}
