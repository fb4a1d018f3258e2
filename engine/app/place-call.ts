import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import type { Account } from '../core/ports/store.ts'
import type { PlaceCall } from './app.ts'
import type { LiveCall, NewCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { startRecording } from './recording.ts'
import { requireOwned, route } from './route.ts'
import { runUrl } from './verbs/redirect.ts'
import { runVerbs } from './verbs/run.ts'
import { wait } from './wait.ts'

const minRingMs = 5_000
const maxRingMs = 600_000

/** Calls somebody for an application: checks everything first, so that a refusal makes no call. */
export async function placeCall(
  ports: Ports,
  calls: LiveCalls,
  account: Account,
  request: PlaceCall,
): Promise<CallRecord> {
  const ringTimeoutMs = request.ringTimeoutMs ?? ports.settings.ringTimeoutMs
  if (ringTimeoutMs < minRingMs || ringTimeoutMs > maxRingMs) {
    throw new Failure('invalid_request', 'timeout must be 5 to 600 seconds', 'timeout')
  }
  if (request.url !== undefined) ports.web.checkUrl(request.url, 'url')
  if (request.statusCallback !== undefined) {
    ports.web.checkUrl(request.statusCallback, 'status_callback')
  }
  await requireOwned(ports, account, request.from)
  const call = await originate(ports, calls, {
    account,
    to: request.to,
    from: request.from,
    ringTimeoutMs,
    program: programOf(request),
    fields: {
      url: request.url ?? null,
      method: request.method ?? 'POST',
      statusCallback: request.statusCallback ?? null,
      record: request.record ?? false,
    },
  })
  return call.record
}

export interface Originate {
  readonly account: Account
  readonly to: string
  readonly from: string
  readonly ringTimeoutMs: number
  readonly program: Program
  readonly parentId?: CallId
  readonly callerName?: string
  readonly fields?: Partial<CallRecord>
  readonly onEnding?: NonNullable<NewCall['onEnding']>
}

/** Makes and starts an outbound call. Failures of `route` and of the store; nothing is left then. */
export async function originate(
  ports: Ports,
  calls: LiveCalls,
  wanted: Originate,
): Promise<LiveCall> {
  const acceptedAtMs = ports.clock.monotonicMs()
  const { target, trunkId } = await route(ports, wanted.account, wanted.to)
  const nowMs = ports.clock.nowMs()
  const record: CallRecord = {
    id: ports.ids.uuid() as CallId,
    accountId: wanted.account.id,
    parentId: wanted.parentId ?? null,
    direction: 'outbound',
    from: wanted.from,
    to: wanted.to,
    status: 'queued',
    endReason: null,
    createdAtMs: nowMs,
    startedAtMs: nowMs,
    answeredAtMs: null,
    endedAtMs: null,
    url: null,
    method: 'POST',
    statusCallback: null,
    record: false,
    recordingId: null,
    trunkId,
    sipCallId: null,
    trigger: null,
    ...wanted.fields,
  }
  const made: NewCall = {
    account: wanted.account,
    record,
    program: wanted.program,
    ringTimeoutMs: wanted.ringTimeoutMs,
    target,
    ...(wanted.callerName === undefined ? {} : { callerName: wanted.callerName }),
    ...(wanted.onEnding === undefined ? {} : { onEnding: wanted.onEnding }),
  }
  const call = await calls.begin(made)
  call.enqueue(async () => {
    ports.metrics.observeMs('accept_to_invite', ports.clock.monotonicMs() - acceptedAtMs)
  })
  return call
}

function programOf(request: PlaceCall): Program {
  const { url, verbs } = request
  return async (run) => {
    if (request.record) await startRecording(run, 'sentLeft')
    if (url !== undefined) return runUrl(run, url, request.method ?? 'POST')
    if (verbs !== undefined) return runVerbs(run, verbs)
    await wait(run.ports.clock, run.ports.settings.silentCallMs, run.signal)
  }
}
