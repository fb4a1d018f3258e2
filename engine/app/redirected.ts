import { freshMoney } from '../core/money/call-money.ts'
import { accountNow, numberIn, turnRefusal } from './account-limits.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { moneyFor } from './money/money-for.ts'
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

/** Failures of `route`, of `turnRefusal`, of its price and of `Ways`; then the call is still where it was. */
async function turn(ports: Ports, calls: LiveCalls, call: LiveCall, to: string): Promise<void> {
  const { account, ways } = call.made
  const routed = await route(ports, account, to)
  const limits = await accountNow(ports, calls.accounts, account.id)
  const number = numberIn(routed)
  const { rate: there } = await moneyFor(ports, account, { direction: 'outbound', number })
  const rate = there ?? undefined
  const refusal = turnRefusal(calls.accounts, limits, { routed, rate })
  if (refusal) throw refusal
  const before = call.record.money
  if (before) await call.price(freshMoney(before.billing, before.currency, there))
  try {
    ways?.turn(to, routed)
  } catch (error) {
    if (before) await call.price(before)
    throw error
  }
  calls.accounts.turn(call.id, rate)
}
