import { Failure } from '../../core/failures.ts'
import type { VoicemailId } from '../../core/ids.ts'
import {
  addressOfMailUrl,
  type Letter,
  type MailDeliveries,
  type Mailer,
  type MailOutcome,
} from '../../core/ports/mail.ts'
import type { Log } from '../../core/ports/observe.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { Speech } from '../../core/ports/speech.ts'
import type { BoxDelivery, Delivery, Store } from '../../core/ports/store.ts'
import type { VoicemailBox, VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { RecordingFiles } from '../ports.ts'
import { type TellingMail, textOfMail } from './mail-text.ts'
import { moveMessage, type VoicemailPorts } from './messages.ts'

/** A transcript that is being made is waited for so long after the message was left, looked for so often. */
const transcriptWithinMs = 60_000
const lookEveryMs = 5_000
/** Larger ones don't go along: mail servers usually take 20 to 25 MB, and base64 makes a third more. */
const mostAudioBytes = 12 * 1024 * 1024

export interface MailPorts extends VoicemailPorts {
  readonly store: VoicemailPorts['store'] & Pick<Store, 'recordings'>
  readonly recordingFiles: Pick<RecordingFiles, 'open'>
  readonly mailer: Mailer
  /** Its usual voice tells the language of boxes that have none. */
  readonly speech: Pick<Speech, 'voices' | 'voiceNamed'>
  readonly log: Log
  /** What a dialect writes to who subscribed with an address; undefined: nobody here can. */
  write(delivery: Delivery): Pick<Letter, 'subject' | 'text'> | undefined
  /** Where a recording can be heard without a key, for a while. */
  link(recording: RecordingRecord): Promise<string>
}

/** Of what is sent: its audio went along. */
type Attached = WeakSet<Delivery>

/** Writes and sends the e-mails of the outbox: of messages in voicemail boxes, and what dialects write. */
export function mailDeliveries(ports: MailPorts): MailDeliveries {
  const attached: Attached = new WeakSet()
  return {
    attempt: (delivery, signal) =>
      delivery.boxId === undefined
        ? sendWritten(ports, delivery, signal)
        : sendMessage(ports, delivery, attached, signal),
    async delivered(delivery) {
      if (delivery.boxId === undefined) return
      try {
        await afterMail(ports, delivery, attached.has(delivery))
      } catch (error) {
        ports.log.warn('a message stays as it is after its e-mail', { error: String(error) })
      }
    },
  }
}

async function sendWritten(
  { write, mailer }: MailPorts,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<MailOutcome> {
  const written = write(delivery)
  if (!written) return final(`nothing here writes e-mails of "${delivery.renderer}" any more`)
  const { accountId, sequence } = delivery.event
  const id = `event.${accountId}.${sequence}.${delivery.id}`
  return mailer.send({ id, to: addressOfMailUrl(delivery.url), ...written }, signal)
}

const final = (error: string): MailOutcome => ({ is: 'refused', error, isFinal: true })

interface Message {
  readonly box: VoicemailBox
  readonly message: VoicemailRecord
  readonly recording: RecordingRecord
}

async function sendMessage(
  ports: MailPorts,
  delivery: BoxDelivery,
  attached: Attached,
  signal: AbortSignal,
): Promise<MailOutcome> {
  const found = await messageOf(ports, delivery)
  if (!found) return final('the message was deleted before its e-mail was sent')
  const { message, recording } = found
  const nowMs = ports.clock.nowMs()
  if (recording.transcriptStatus === 'pending' && nowMs < delivery.event.atMs + transcriptWithinMs)
    return { is: 'later', atMs: nowMs + lookEveryMs }
  const sound = await soundOf(ports, found)
  const to = addressOfMailUrl(delivery.url)
  const letter = async (audio: TellingMail['audio']): Promise<Letter> => ({
    ...{ id: `voicemail.${message.id}.${delivery.id}`, to },
    ...textOfMail(ports.speech, {
      ...{ ...found, transcript: recording.transcript?.text ?? null, audio },
      link: audio === 'large' ? await ports.link(recording) : undefined,
    }),
  })
  if (!(sound instanceof Uint8Array)) return ports.mailer.send(await letter(sound), signal)
  const [type, end] = recording.format === 'opus' ? ['audio/ogg', 'opus'] : ['audio/wav', 'wav']
  const attachment = { filename: `${message.id}.${end}`, contentType: type, content: sound }
  const outcome = await ports.mailer.send({ ...(await letter('attached')), attachment }, signal)
  if (outcome.is === 'refused' && outcome.isTooLarge)
    return ports.mailer.send(await letter('large'), signal)
  if (outcome.is === 'delivered') attached.add(delivery)
  return outcome
}

/** Undefined: it is not there any more, or its owner has deleted it. */
async function messageOf(
  { store }: MailPorts,
  { boxId, event }: BoxDelivery,
): Promise<Message | undefined> {
  const { accountId, data } = event
  const message = await store.voicemails.get(accountId, String(data.voicemailId) as VoicemailId)
  if (!message || message.folder === 'deleted') return undefined
  const [box, recording] = await Promise.all([
    store.voicemailBoxes.get(accountId, boxId),
    store.recordings.get(accountId, message.recordingId),
  ])
  return box && recording && { box, message, recording }
}

/** The audio, or why it does not go along. */
async function soundOf(
  { recordingFiles, log }: MailPorts,
  { box, recording }: Message,
): Promise<Uint8Array | Exclude<TellingMail['audio'], 'attached'>> {
  if (!box.options.emailAudio) return 'off'
  if ((recording.bytes ?? 0) > mostAudioBytes) return 'large'
  try {
    const { bytes, stream } = await recordingFiles.open(recording)
    if (bytes > mostAudioBytes) {
      ;(stream as { destroy?(): void }).destroy?.()
      return 'large'
    }
    const parts: Uint8Array[] = []
    for await (const part of stream) parts.push(part as unknown as Uint8Array)
    return Buffer.concat(parts)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    log.info('an e-mail goes without its audio', { recordingId: recording.id, error: error.code })
    return error.code === 'recording_sealed' ? 'sealed' : 'gone'
  }
}

/** What becomes of a message once it was sent; it is deleted only when its audio went along. */
async function afterMail(ports: MailPorts, delivery: BoxDelivery, hasAudio: boolean) {
  const found = await messageOf(ports, delivery)
  const { afterEmail } = found?.box.options ?? {}
  if (!found || afterEmail === 'keep') return
  if (afterEmail === 'delete' && !hasAudio) return
  await moveMessage(ports, found.message, afterEmail === 'delete' ? 'deleted' : 'saved', 'email')
}
