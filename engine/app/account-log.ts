import type { AccountEventType } from '../core/events.ts'
import type { AccountId } from '../core/ids.ts'
import type { Ports } from './ports.ts'

type Needs = Pick<Ports, 'store' | 'clock' | 'log'>

/** Tells the account what happened outside its calls. What cannot be stored is logged. */
export function tellAccount(
  { store, clock, log }: Needs,
  accountId: AccountId,
  type: AccountEventType,
  data: Readonly<Record<string, unknown>>,
): void {
  store.events.append(accountId, [{ type, atMs: clock.nowMs(), data }]).catch((error: unknown) => {
    log.error('event not stored', { type, error: String(error) })
  })
}

/** Tells the operator, who is the first account. */
export function tellOperator(
  ports: Needs,
  type: AccountEventType,
  data: Readonly<Record<string, unknown>>,
): void {
  ports.store.accounts.first().then(
    (account) => account && tellAccount(ports, account.id, type, data),
    (error: unknown) => ports.log.error('event not stored', { type, error: String(error) }),
  )
}
