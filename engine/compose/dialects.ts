import type { Dialect } from '../api/dialect.ts'
import { foneNumber } from '../api/dialects/fonenumber/index.ts'
import { telefonie } from '../api/dialects/telefonie/index.ts'
import { telephony } from '../api/dialects/telephony/index.ts'
import { voice2phone } from '../api/dialects/voice2phone/index.ts'
import { voiceCall } from '../api/dialects/voicecall/index.ts'
import type { Config } from '../config/index.ts'
import type { Delivery } from '../core/ports/store.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'

/** The APIs that are served; the first is the native one, which speaks wherever no other does. */
export const dialectsOf = (config: Config): readonly Dialect[] => [
  telefonie,
  telephony,
  voiceCall({ providers: config.callProviders, voicemailWord: config.voicemailStatus }),
  foneNumber({ callPath: config.foneNumberCallPath }),
  voice2phone,
]

type RenderNotice = (delivery: Delivery) => OutgoingRequest | undefined

/** Has each webhook written by the dialect that it was asked for with; the call's own ones by `native`. */
export function noticeRenderer(dialects: readonly Dialect[], native: RenderNotice): RenderNotice {
  const byId = new Map(dialects.map((dialect) => [dialect.id, dialect]))
  return (delivery) =>
    delivery.renderer === null
      ? native(delivery)
      : byId.get(delivery.renderer)?.renderNotice?.(delivery)
}
