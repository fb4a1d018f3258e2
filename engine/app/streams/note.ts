import type { CallRecord } from '../../core/call.ts'
import { streamEvents, withCallback } from '../../core/callbacks.ts'
import type { InstructionFormat } from '../../core/ports/web.ts'
import type { DialledStream } from '../../core/stream-verbs.ts'
import type { LiveCall } from '../live-call.ts'
import { formatFor } from '../verbs/ask.ts'

export type StreamEventType = (typeof streamEvents)[number]

/** Writes to the call's log how a stream to a server goes; who wants to be told of it is stored with that. */
export function noteStream(
  call: LiveCall,
  streamId: string,
  wanted: DialledStream,
  type: StreamEventType,
  data: object,
): Promise<void> {
  const { url, name = null } = wanted
  const about = { streamId, name, url, ...data }
  return call.amend(telling(streamId, wanted, formatFor(call)), type, about)
}

const telling =
  (streamId: string, wanted: DialledStream, format: InstructionFormat) =>
  (call: CallRecord): CallRecord => {
    const { statusCallback: url, statusCallbackMethod: method = 'POST' } = wanted
    const isKnown = call.callbacks?.some((one) => one.streamId === streamId)
    if (url === undefined || isKnown === true) return call
    const callback = {
      tells: 'stream',
      url,
      method,
      format,
      events: streamEvents,
      streamId,
    } as const
    return { ...call, callbacks: withCallback(call.callbacks, callback) }
  }
