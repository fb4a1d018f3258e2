import { deleteRecording } from '../app/recordings/remove.ts'
import { expireMessages } from '../app/voicemail/expire.ts'
import { filesLate, recoverMessages, voicemailPorts } from '../app/voicemail/file.ts'
import { messagesFollow } from '../app/voicemail/remove.ts'
import type { Build } from './build.ts'

/**
 * What goes on with voicemail as long as the engine runs: messages that a crash interrupted are filed, those whose
 * recording is deleted go with it, and those whose time is over are deleted.
 */
export async function openVoicemail({ ports, calls, closers, log }: Build): Promise<void> {
  const { kept, erased, ready } = ports.recordingSteps
  kept.push(filesLate(ports, calls))
  erased.push(messagesFollow(voicemailPorts(ports)))
  const filed = await recoverMessages(ports)
  if (filed > 0) log.warn('filed voicemail that a crash interrupted', { filed })
  closers.add(
    expireMessages(
      {
        ...voicemailPorts(ports),
        ...{ store: ports.store, clock: ports.clock, log },
        deleteRecording: (recording, reason) => deleteRecording(ports, recording, reason),
      },
      ready,
    ),
  )
}
