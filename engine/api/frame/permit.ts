import { standingOf } from '../../core/account-standing.ts'
import { Failure } from '../../core/failures.ts'
import { scopes as allScopes, type Scope, usualScope } from '../../core/scopes.ts'
import type { ApiRequest, Route } from '../dialect.ts'
import type { Caller } from './auth.ts'

/** What of a route says who may ask it. */
export type Guarded = Pick<Route, 'method' | 'needs' | 'forSuspended' | 'forTestKeys'>

/** Who shows a credential, and what that is for. */
type Holder = Pick<ApiRequest<unknown, unknown, unknown>, 'account' | 'key' | 'scopes'>

export const scopeOf = ({ method, needs }: Pick<Route, 'method' | 'needs'>): Scope =>
  needs ?? usualScope(method)

/** What it does reaches the lab carrier, and calls of test keys, alone. */
export const isForTestKeys = ({ method, forTestKeys }: Guarded): boolean =>
  method === 'GET' || forTestKeys === true

/** Whether a key has a scope: the operator's needs his account too, and that it is a key. */
function hasScope({ account, key, scopes }: Holder, scope: Scope): boolean {
  if (scope === 'operator' && !isOperators({ account, key })) return false
  return scopes === undefined || scopes === null || scopes.includes(scope)
}

const isOperators = ({ account, key }: Pick<Holder, 'account' | 'key'>): boolean =>
  account.isOperator === true && key !== undefined

/** All that the caller's credential is for. */
export const scopesHeld = (caller: Holder): Scope[] =>
  allScopes.filter((scope) => hasScope(caller, scope))

/**
 * Whether the caller may ask this, by whatever way he does: his account is active, it is the operator's where that is
 * needed, and his key has the scope; a test key looks, and makes calls. Failures `account_suspended`, `account_closed`, `forbidden`.
 */
export function permit(caller: Caller, route: Guarded): void {
  const { account } = caller
  const standing = standingOf(account)
  const isLetOff = standing?.code === 'account_suspended' && route.forSuspended
  if (standing && !isLetOff) throw standing
  if (account.isTest && !isForTestKeys(route)) {
    throw new Failure('forbidden', 'A test key makes calls to the lab, and changes nothing else')
  }
  const needed = scopeOf(route)
  if (hasScope(caller, needed)) return
  if (needed === 'operator' && !isOperators(caller)) {
    throw new Failure('forbidden', 'This is for keys of the operator alone')
  }
  throw new Failure('forbidden', `The key has not the scope ${needed}`)
}

export function isPermitted(caller: Caller, route: Guarded): boolean {
  try {
    permit(caller, route)
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}
