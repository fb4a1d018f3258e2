import { Failure } from '../../core/failures.ts'
import type { AccountId, CallId } from '../../core/ids.ts'
import type { DialledStream } from '../../core/stream-verbs.ts'
import type { Around } from '../conferences/around.ts'
import { find, requireUp } from '../find-call.ts'
import { DialledCallStream, streamNamed } from '../streams/dialled.ts'
import { type StreamRecord, streamsIn } from '../streams/log.ts'

/**
 * Dials a server for the call's audio, beside whatever the call does. Resolves to the stream's id when the server hears
 * it. Failures `not_found`, `call_ended`, `call_not_answered`, those of DialledCallStream and of Web.socket.
 */
export async function startStream(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  wanted: DialledStream,
): Promise<string> {
  ports.web.checkSocketUrl(wanted.url, 'url')
  if (wanted.statusCallback !== undefined) {
    ports.web.checkUrl(wanted.statusCallback, 'status_callback')
  }
  const call = await requireUp(ports, calls, account, id)
  const stream = new DialledCallStream(ports, call, { speak: 'never', ...wanted })
  await stream.opened
  return stream.id
}

/** Ends the one of that id or name. Failures as above; `not_found` also where there is none. */
export async function stopStream(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
  which: string,
): Promise<void> {
  const call = await requireUp(ports, calls, account, id)
  const stream = call.acts.dialledStreams.get(which) ?? streamNamed(call, which)
  if (!stream) throw new Failure('not_found', 'the call has no stream of that id or name')
  stream.stop()
}

/**
 * Those of a call, the oldest first, also when it is over: as long as its events are kept. What goes on now is told as
 * it is now. Failure `not_found`.
 */
export async function streamsOf(
  { ports, calls }: Around,
  account: AccountId,
  id: CallId,
): Promise<readonly StreamRecord[]> {
  await find(ports, account, id)
  const logged = streamsIn(await ports.store.events.ofCall(account, id))
  const live = calls.get(id)?.acts.dialledStreams
  const known = new Set(logged.map((one) => one.id))
  const dialled = [...(live?.values() ?? [])].filter((one) => !known.has(one.id))
  return [
    ...logged.map((one) => {
      const running = one.status === 'in-progress' ? live?.get(one.id) : undefined
      return running ? { ...one, ...running.figures } : one
    }),
    ...dialled.map((one) => one.connecting),
  ]
}
