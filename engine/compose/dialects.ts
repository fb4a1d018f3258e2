import type { Dialect } from '../api/dialect.ts'
import { foneNumber } from '../api/dialects/fonenumber/index.ts'
import { telefonie } from '../api/dialects/telefonie/index.ts'
import { telephony } from '../api/dialects/telephony/index.ts'
import { voice2phone } from '../api/dialects/voice2phone/index.ts'
import { voiceCall } from '../api/dialects/voicecall/index.ts'
import type { RecordingUrl } from '../api/services.ts'
import type { MailPorts } from '../app/voicemail/mail.ts'
import type { Config } from '../config/index.ts'
import { callbackOf } from '../core/callbacks.ts'
import type { AccountId, RecordingId } from '../core/ids.ts'
import type { Recordings } from '../core/ports/recordings.ts'
import type { Delivery } from '../core/ports/store.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'

/**
 * The APIs that are served; the first is the native one, which speaks wherever no other does. An API is
 * its folder, its import and its line here: without them it is gone and nothing else is
 * (test/conformance/engine/removal.test.ts).
 */
export const dialectsOf = (config: Config): readonly Dialect[] => [
  telefonie,
  telephony,
  voiceCall({ providers: config.callProviders, voicemailWord: config.voicemailStatus }),
  foneNumber({
    callPath: config.foneNumberCallPath,
    emergencySpeedDials: config.emergencySpeedDials,
  }),
  voice2phone,
]

type RenderNotice = (delivery: Delivery) => OutgoingRequest | undefined

/** A link to a recording that needs no key; undefined for accounts that want none in webhooks. */
type LinkInWebhook = (accountId: AccountId, id: RecordingId) => string | undefined

/** Has each webhook written by the dialect that it was asked for with. */
export function noticeRenderer(
  dialects: readonly Dialect[],
  addressOf: RecordingUrl,
  linkOf: LinkInWebhook = () => undefined,
): RenderNotice {
  const byId = new Map(dialects.map((dialect) => [dialect.id, dialect]))
  const ofCalls = dialects.find(({ renderCallback }) => renderCallback)
  const ofConferences = dialects.find((dialect) => dialect.renderConferenceCallback)
  const ofBoxes = dialects.find(({ renderBoxCallback }) => renderBoxCallback)
  return (delivery) => {
    const { accountId } = delivery.event
    const recordingUrl: RecordingUrl = (id) => linkOf(accountId, id) ?? addressOf(id)
    if (delivery.webhookId !== undefined)
      return byId.get(delivery.renderer ?? '')?.renderWebhook?.(delivery, recordingUrl)
    if (delivery.conference !== undefined)
      return ofConferences?.renderConferenceCallback?.(delivery, recordingUrl)
    if (delivery.boxId !== undefined) return ofBoxes?.renderBoxCallback?.(delivery)
    return delivery.renderer === null
      ? ofCalls?.renderCallback?.(delivery, recordingUrl)
      : byId.get(delivery.renderer)?.renderNotice?.(delivery)
  }
}

/** The same, with the text of a recording read when it is told: it stands nowhere else, and is gone with it. */
export const transcriptRenderer =
  (
    render: RenderNotice,
    recordings: Pick<Recordings, 'get'>,
    urlOf: RecordingUrl,
  ): ((delivery: Delivery) => Promise<OutgoingRequest | undefined>) =>
  async (delivery) => {
    if (delivery.call === undefined || delivery.webhookId !== undefined) return render(delivery)
    const callback = callbackOf(delivery.options)
    const id = callback?.tells === 'transcript' ? callback.recording?.id : undefined
    if (id === undefined) return render(delivery)
    const recording = await recordings.get(delivery.event.accountId, id)
    return render({ ...delivery, transcript: { recording, url: urlOf(id) } })
  }

/** Has each e-mail of a subscription written by the dialect that it was asked for with. */
export function mailWriter(dialects: readonly Dialect[]): MailPorts['write'] {
  return (delivery) => {
    const { webhookId, conference, boxId, renderer } = delivery
    const isOfCall = webhookId === undefined && conference === undefined && boxId === undefined
    const dialect = isOfCall ? dialects.find(({ id }) => id === renderer) : undefined
    return isOfCall ? dialect?.renderMail?.(delivery) : undefined
  }
}

/** Where the dialect that serves recordings has their audio. `publicUrl` is without a slash at its end. */
export function recordingUrls(dialects: readonly Dialect[], publicUrl: string): RecordingUrl {
  const serving = dialects.find(({ recordingPath }) => recordingPath)
  return (id) => (serving?.recordingPath ? publicUrl + serving.recordingPath(id) : null)
}

/** The same of the recording with its text. */
export function transcriptUrls(dialects: readonly Dialect[], publicUrl: string): RecordingUrl {
  const serving = dialects.find(({ transcriptPath }) => transcriptPath)
  return (id) => (serving?.transcriptPath ? publicUrl + serving.transcriptPath(id) : null)
}
