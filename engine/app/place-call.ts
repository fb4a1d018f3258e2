import type { CallRecord } from '../core/call.ts'
import { Failure } from '../core/failures.ts'
import type { Account } from '../core/ports/store.ts'
import { checkExtraHeaders } from '../core/sip-headers.ts'
import { findAnswerer } from './answerer.ts'
import { begunAs } from './begun.ts'
import type { PlaceCall } from './call-centre.ts'
import { checkForms, checkNeeds, checkSounds } from './check-verbs.ts'
import type { LiveCalls } from './live-calls.ts'
import { originate } from './originate.ts'
import type { Ports } from './ports.ts'
import { type Program, type Run, untilOver } from './program.ts'
import { announceAndRecord } from './recordings/announce.ts'
import { requireOwned } from './route.ts'
import { type Asking, defaultApplication } from './verbs/ask.ts'
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
  const begun = await begunAs(ports, account, request.id)
  if (begun) return begun
  const ringTimeoutMs = request.ringTimeoutMs ?? ports.settings.ringTimeoutMs
  if (ringTimeoutMs < minRingMs || ringTimeoutMs > maxRingMs) {
    throw new Failure('invalid_request', 'timeout must be 5 to 600 seconds', 'timeout')
  }
  checkUrls(ports, request)
  await requireOwned(ports, account, request.from)
  const verbs = request.verbs ?? []
  checkForms(ports, verbs)
  if (request.checkFirst) await checkNeeds(ports, account, verbs)
  await checkSounds(ports, account, verbs)
  if (request.headers) checkExtraHeaders(request.headers, 'headers')
  const call = await originate(ports, calls, {
    account,
    ...(request.id !== undefined && { id: request.id }),
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

function checkUrls({ web }: Ports, { url, fallbackUrl, statusCallback }: PlaceCall): void {
  if (url !== undefined) web.checkUrl(url, 'url')
  if (fallbackUrl !== undefined) web.checkUrl(fallbackUrl, 'fallback_url')
  if (statusCallback !== undefined) web.checkUrl(statusCallback, 'status_callback')
}

const askingOf = ({ format, fallbackUrl }: PlaceCall): Asking => ({
  ...(format !== undefined && { format }),
  ...(fallbackUrl !== undefined && { fallbackUrl }),
})

/** Until it is known who has answered, where that is to be waited for, or the call has something else to do. */
async function listenForMachine(run: Run, { machineDetection }: PlaceCall): Promise<void> {
  if (machineDetection === undefined) return
  const known = findAnswerer(run.ports, run.call, machineDetection)
  if (!machineDetection.isAsync) await Promise.race([known, untilOver(run)])
}

function programOf(request: PlaceCall): Program {
  const { url, verbs } = request
  return async (run) => {
    if (request.record) await announceAndRecord(run, 'sentLeft')
    run.call.asking = askingOf(request)
    await listenForMachine(run, request)
    if (run.signal.aborted) return
    if (url !== undefined) return runInstructions(run, { url, method: request.method ?? 'POST' })
    if (verbs !== undefined) return runProgram(run, verbs)
    const application = await defaultApplication(run)
    if (application) return runInstructions(run, application)
    await wait(run.ports.clock, run.ports.settings.silentCallMs, run.signal)
  }
}
