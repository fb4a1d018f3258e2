import {
  type Answerer,
  type Detection,
  detectionLimits,
  kindOfAnswerer,
  type MachineDetection,
} from '../core/answerer.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'
import { wait } from './wait.ts'

/** The media side keeps the time; nobody waits for it for ever. */
const graceMs = 2_000

/**
 * Finds out who has answered the call, which is up, and keeps and tells that. Resolves when it is stored; `unknown` of
 * a call that has ended before. Never rejects.
 */
export async function findAnswerer(
  ports: Ports,
  call: LiveCall,
  options: MachineDetection,
): Promise<Answerer> {
  const found = await detected(ports, call, options)
  const answerer = found?.answerer ?? 'unknown'
  await new Promise<void>((resolve) => {
    call.enqueue(async () => {
      await keep(call, answerer, found)
      resolve()
    })
  })
  return answerer
}

async function detected(
  { clock, media, log }: Ports,
  call: LiveCall,
  options: MachineDetection,
): Promise<Detection | null> {
  const known = new AbortController()
  const [, , usualMs] = detectionLimits.timeoutMs
  const limitMs = (options.timeoutMs ?? usualMs) + graceMs
  const late = wait(clock, limitMs, AbortSignal.any([known.signal, call.over])).then(() => null)
  const heard = media.detectAnswerer(call.id, options).catch((error: unknown) => {
    log.warn('not found out who has answered', { callId: call.id, error: String(error) })
    return null
  })
  const found = await Promise.race([heard, late])
  known.abort()
  return found
}

async function keep(call: LiveCall, answerer: Answerer, found: Detection | null): Promise<void> {
  if (call.state.at === 'ended') return
  await call.amend((record) => ({ ...record, answeredBy: answerer }), 'call.answered-by', {
    answeredBy: kindOfAnswerer(answerer),
    detail: answerer,
    ...(found && {
      afterMs: found.atMs,
      initialSilenceMs: found.initialSilenceMs,
      greetingMs: found.greetingMs,
    }),
  })
}
