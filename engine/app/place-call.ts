import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { Account } from '../core/ports/store.ts'
import { checkExtraHeaders } from '../core/sip-headers.ts'
import type { PlaceCall } from './call-centre.ts'
import { checkForms, checkNeeds } from './check-verbs.ts'
import type { LiveCalls } from './live-calls.ts'
import { originate } from './originate.ts'
import type { Ports } from './ports.ts'
import type { Program } from './program.ts'
import { startRecording } from './recording.ts'
import { requireOwned } from './route.ts'
import { runInstructions, runProgram } from './verbs/redirect.ts'
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
  const verbs = request.verbs ?? []
  checkForms(ports, verbs)
  if (request.checkFirst) await checkNeeds(ports, account, verbs)
  if (request.headers) checkExtraHeaders(request.headers, 'headers')
  const call = await originate(ports, calls, {
    account,
    to: request.to,
    from: request.from,
    ringTimeoutMs,
    program: programOf(request),
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    fields: {
      url: request.url ?? null,
      method: request.method ?? 'POST',
      statusCallback: request.statusCallback ?? null,
      record: request.record ?? false,
    },
  })
  return call.record
}

function programOf(request: PlaceCall): Program {
  const { url, verbs } = request
  return async (run) => {
    if (request.record) await startRecording(run, 'sentLeft')
    if (url !== undefined) return runInstructions(run, { url, method: request.method ?? 'POST' })
    if (verbs !== undefined) return runProgram(run, verbs)
    await wait(run.ports.clock, run.ports.settings.silentCallMs, run.signal)
  }
}
