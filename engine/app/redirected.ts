import { accountNow, numberIn, turnRefusal } from './account-limits.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { route } from './route.ts'

const maxRedirects = 5

/**
 * A device sent the caller elsewhere (302): the call goes on to the first of these devices or numbers that
 * its account may call, by the same rules as if it had been dialled. False when there is none, when one
 * was tried before, and after five times. Only from inside a job of the call.
 */
export async function redirected(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  redirects: readonly string[],
): Promise<boolean> {
  const { ways } = call.made
  if (!ways || (call.state.at !== 'queued' && call.state.at !== 'ringing')) return false
  for (const to of redirects) {
    const isCircle = to === call.record.to || ways.turns.includes(to)
    if (isCircle || ways.turns.length >= maxRedirects) continue
    try {
      await turn(ports, calls, call, to)
    } catch (error) {
      ports.log.info('redirection not followed', { callId: call.id, to, error: String(error) })
      continue
    }
    call.record = { ...call.record, trunkId: ways.trunkId, sipCallId: null }
    ports.log.info('call redirected', { callId: call.id, to, trunkId: ways.trunkId })
    await call.note('call.redirected', { to, trunkId: ways.trunkId })
    await call.apply({ is: 'redirected' })
    return true
  }
  return false
}

/** Failures of `route`, of `turnRefusal` and of `Ways`; then the call is still where it was. */
async function turn(ports: Ports, calls: LiveCalls, call: LiveCall, to: string): Promise<void> {
  const { account, ways } = call.made
  const routed = await route(ports, account, to)
  const limits = await accountNow(ports, calls.accounts, account.id)
  const refusal = turnRefusal(calls.accounts, limits, routed)
  if (refusal) throw refusal
  ways?.turn(to, routed)
  calls.accounts.turn(call.id, numberIn(routed))
}
