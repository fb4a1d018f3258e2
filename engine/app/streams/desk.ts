import type { AccountId, CallId } from '../../core/ids.ts'
import type { StreamOptions } from '../../core/ports/streams.ts'
import { requireUp } from '../find-call.ts'
import type { LiveCall } from '../live-call.ts'
import type { LiveCalls } from '../live-calls.ts'
import type { Ports } from '../ports.ts'
import {
  type CallStream,
  type CallStreamListener,
  openCallStream,
  requireRoomForStream,
} from './call-stream.ts'

/** Streams of the audio of calls that are up, for whoever asks for one. Failures of both: `not_found`, `call_ended`, `call_not_answered`, `limit_reached`. */
export interface StreamDesk {
  /** Refuses what `open` would refuse, before anything is promised. */
  check(account: AccountId, callId: CallId): Promise<void>
  open(
    account: AccountId,
    callId: CallId,
    options: StreamOptions,
    listener: CallStreamListener,
  ): Promise<CallStream>
}

export function streamDesk(ports: Ports, calls: LiveCalls): StreamDesk {
  const find = async (account: AccountId, id: CallId): Promise<LiveCall> => {
    const call = await requireUp(ports, calls, account, id)
    requireRoomForStream(call)
    return call
  }
  return {
    check: async (account, id) => void (await find(account, id)),
    open: async (account, id, options, listener) =>
      begin(ports, await find(account, id), options, listener),
  }
}

async function begin(
  ports: Ports,
  call: LiveCall,
  options: StreamOptions,
  listener: CallStreamListener,
): Promise<CallStream> {
  const streamId = ports.ids.uuid()
  const { format, rateHz, tracks, speaks } = options
  const leave = () => {
    call.acts.streams -= 1
  }
  const stopped = (reason: string, durationMs: number) => {
    leave()
    call.enqueue(() => call.note('media.stream-stopped', { streamId, reason, durationMs }))
  }
  call.acts.streams += 1
  try {
    const stream = await openCallStream(ports, call, streamId, options, listener, stopped)
    call.enqueue(() =>
      call.note('media.stream-started', { streamId, format, rateHz, tracks, speaks }),
    )
    return stream
  } catch (error) {
    leave()
    throw error
  }
}
