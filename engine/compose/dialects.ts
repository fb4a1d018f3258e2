import type { Dialect } from '../api/dialect.ts'
import { foneNumber } from '../api/dialects/fonenumber/index.ts'
import { telefonie } from '../api/dialects/telefonie/index.ts'
import { telephony } from '../api/dialects/telephony/index.ts'
import { voice2phone } from '../api/dialects/voice2phone/index.ts'
import { voiceCall } from '../api/dialects/voicecall/index.ts'
import type { RecordingUrl } from '../api/services.ts'
import type { Config } from '../config/index.ts'
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
  foneNumber({ callPath: config.foneNumberCallPath }),
  voice2phone,
]

type RenderNotice = (delivery: Delivery) => OutgoingRequest | undefined

/** Has each webhook written by the dialect that it was asked for with. */
export function noticeRenderer(
  dialects: readonly Dialect[],
  recordingUrl: RecordingUrl,
): RenderNotice {
  const byId = new Map(dialects.map((dialect) => [dialect.id, dialect]))
  const ofCalls = dialects.find(({ renderCallback }) => renderCallback)
  const ofConferences = dialects.find((dialect) => dialect.renderConferenceCallback)
  return (delivery) => {
    if (delivery.conference !== undefined)
      return ofConferences?.renderConferenceCallback?.(delivery, recordingUrl)
    return delivery.renderer === null
      ? ofCalls?.renderCallback?.(delivery, recordingUrl)
      : byId.get(delivery.renderer)?.renderNotice?.(delivery)
  }
}

/** Where the dialect that serves recordings has their audio. `publicUrl` is without a slash at its end. */
export function recordingUrls(dialects: readonly Dialect[], publicUrl: string): RecordingUrl {
  const serving = dialects.find(({ recordingPath }) => recordingPath)
  return (id) => (serving?.recordingPath ? publicUrl + serving.recordingPath(id) : null)
}
