import { Failure, type FailureCode } from '../core/failures.ts'
import type { TrunkId } from '../core/ids.ts'
import { parseDestination } from '../core/numbers.ts'
import type { Sip, TrunkRecord } from '../core/ports/sip.ts'
import type { Account } from '../core/ports/store.ts'
import { anonymous, callerOn } from '../core/trunk-caller.ts'
import { byWeight, firstGroup, fittingPrefix, orderTrunks, sum } from '../core/trunk-choice.ts'
import { numberOut } from '../core/trunk-numbers.ts'
import { optionsOf } from '../core/trunk-options.ts'
import type { AccountDesk } from './account-desk.ts'
import {
  accountNow,
  accountRefusal,
  type LimitPorts,
  numberIn,
  routeWithin,
} from './account-limits.ts'
import { moneyFor, type PricePorts } from './money/money-for.ts'
import { owns, type Routed, type RoutePorts, requireOwned } from './route.ts'
import type { TrunkDesk } from './trunk-desk.ts'
import { maxTrunks } from './ways.ts'

/** Where a call would go, and what spoke for and against each trunk. */
export interface RouteExplanation {
  readonly goesTo: 'trunk' | 'device' | 'sip' | 'nowhere'
  /** The trunk that is likeliest to be tried first. */
  readonly trunkId: TrunkId | null
  /** What a call would be refused with now. */
  readonly failure: FailureCode | null
  readonly reason: string
  /** For numbers that leave by a trunk: all trunks, those that would be tried first. */
  readonly trunks: readonly TrunkExplanation[]
}

export interface TrunkExplanation {
  readonly trunk: TrunkRecord
  /** The longest prefix that fits; empty: takes all; null: does not take the number. */
  readonly prefix: string | null
  /** How much longer it is tried last; 0 when it is not. */
  readonly coolingMs: number
  /** It does not answer pings, and is tried last. */
  readonly isDown: boolean
  /** Null: we do not register there. */
  readonly registration: 'trying' | 'registered' | 'failed' | null
  /** On it now. */
  readonly calls: number
  readonly limitReached: 'calls' | 'rate' | null
  /** 1 is tried first; null: not at all. */
  readonly position: number | null
  /** How often it is the first of such calls: 0 to 1. */
  readonly chance: number
  /** Who would be shown as the caller; without `from` that of a phone, null when the account has no number. */
  readonly callerId: string | null
  /** The number as the trunk would be told it. */
  readonly dialled: string
  readonly reason: string
}

interface ExplainPorts extends RoutePorts, Pick<PricePorts, 'clock'> {
  readonly store: RoutePorts['store'] & LimitPorts['store'] & PricePorts['store']
  readonly sip: RoutePorts['sip'] & Pick<Sip, 'trunkStatus'>
}

/** What is asked about each trunk. */
interface Question {
  readonly desk: TrunkDesk
  readonly sip: Pick<Sip, 'trunkStatus'>
  readonly number: string
  /** Undefined: nobody, for the account has no number. */
  readonly from: string | undefined
  /** `from` is the account's. */
  readonly owned: boolean
  readonly fallback: string | null
}

/**
 * Says what `originate` would do, and does nothing. Failures: `invalid_phone_number` (`to` is no
 * destination), `from_not_owned`. That there is no way is an explanation too.
 */
export async function explainRoute(
  ports: ExplainPorts,
  { trunks: desk, accounts }: { readonly trunks: TrunkDesk; readonly accounts: AccountDesk },
  account: Account,
  { to, from }: { readonly to: string; readonly from?: string },
): Promise<RouteExplanation> {
  if (from !== undefined) await requireOwned(ports, account, from)
  const fallback = account.defaultNumber
  // As for a phone that dials.
  const caller = from ?? fallback ?? undefined
  const owned = caller !== undefined && (await owns(ports, account, caller))
  const question: Question = { desk, sip: ports.sip, number: to, from: caller, owned, fallback }
  try {
    const routed = await routeWithin(ports, account, to)
    const priced = { direction: 'outbound', number: numberIn(routed) } as const
    const { rate } = await moneyFor(ports, account, priced)
    const now = await accountNow(ports, accounts, account.id)
    const refusal = accountRefusal(accounts, now, { routed, rate: rate ?? undefined })
    if (refusal) throw refusal
    return routed.is === 'direct'
      ? explainDirect(routed.target.kind, to)
      : await explainTrunks(ports, question, routed)
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'invalid_phone_number') throw error
    const all = error.code === 'no_route' ? await ports.store.trunks.list() : []
    const trunks = all.map((trunk) => explained(question, trunk, whyNot(trunk, to, '')))
    return { ...nowhere(error), trunks }
  }
}

const nowhere = ({ code, message }: Failure) =>
  ({ goesTo: 'nowhere', trunkId: null, failure: code, reason: message }) as const

function explainDirect(
  kind: (Routed & { is: 'direct' })['target']['kind'],
  to: string,
): RouteExplanation {
  const rest = { trunkId: null, failure: null, trunks: [] }
  if (kind === 'uri') {
    return { goesTo: 'sip', reason: 'A SIP address that the operator has listed', ...rest }
  }
  const isNumber = parseDestination(to)?.kind === 'number'
  const reason = isNumber
    ? 'A number of the account that belongs to a registered device'
    : 'A registered device of the account'
  return { goesTo: 'device', reason, ...rest }
}

async function explainTrunks(
  ports: RoutePorts,
  asked: Question,
  { number, trunks: fitting }: Routed & { is: 'byTrunk' },
): Promise<RouteExplanation> {
  const { desk } = asked
  const question = { ...asked, number }
  const isLast = ({ id }: TrunkRecord) => desk.isLast(id)
  const able = fitting.filter((trunk) => desk.limitReached(trunk) === undefined)
  const order = orderTrunks(able, isLast, byWeight)
  const firsts = firstGroup(able, isLast)
  const all = await ports.store.trunks.list()
  const longest = fitting[0] ? (fittingPrefix(fitting[0], number) ?? '') : ''
  // Read at another moment than the route: a trunk may be new since, or gone.
  const known = all.filter(({ id }) => !fitting.some((trunk) => trunk.id === id))
  const trunks = [
    ...order.map((trunk, index) => explainTried(question, trunk, { index, firsts })),
    ...fitting
      .filter((trunk) => !able.includes(trunk))
      .map((trunk) => explained(question, trunk, fullBecause(desk, trunk))),
    ...known.map((trunk) => explained(question, trunk, whyNot(trunk, number, longest))),
  ]
  const [first] = order
  if (!first) {
    const reason = `Every trunk for calls to ${number} is at its limit`
    return { goesTo: 'nowhere', trunkId: null, failure: 'trunk_busy', reason, trunks }
  }
  const reason = `By trunk ${first.name}: ${trunks[0]?.reason ?? ''}`
  return { goesTo: 'trunk', trunkId: first.id, failure: null, reason, trunks }
}

interface Place {
  readonly index: number
  readonly firsts: readonly TrunkRecord[]
}

/** A trunk that takes the number and has room. */
function explainTried(question: Question, trunk: TrunkRecord, place: Place): TrunkExplanation {
  const { index, firsts } = place
  const chance = firsts.includes(trunk) ? trunk.weight / sum(firsts.map(({ weight }) => weight)) : 0
  const reason = whyHere(question.desk, trunk, index, chance)
  const position = index < maxTrunks ? index + 1 : null
  return { ...explained(question, trunk, reason), position, chance }
}

function whyHere(desk: TrunkDesk, trunk: TrunkRecord, index: number, chance: number): string {
  const late = whyLast(desk, trunk)
  const share = `${Math.round(chance * 100)} % of the calls by weight ${trunk.weight}`
  if (index >= maxTrunks) {
    const unless = chance > 0 ? `, unless it comes first: ${share}` : ''
    return `not tried: ${maxTrunks} are before it${unless}`
  }
  if (index === 0) {
    const why = `priority ${trunk.priority} is the lowest of those that can take the call`
    return chance < 1 ? `${why}, ${share}${late}` : `${why}${late}`
  }
  const also = chance > 0 ? `, or first: ${share}` : ''
  return `tried if those before it fail, priority ${trunk.priority}${also}${late}`
}

function whyLast(desk: TrunkDesk, { id }: TrunkRecord): string {
  const seconds = Math.ceil(desk.coolingMs(id) / 1_000)
  const cooling = seconds > 0 ? `; it failed lately and is tried last for another ${seconds} s` : ''
  return desk.isDown(id) ? `; it does not answer pings and is tried last${cooling}` : cooling
}

function fullBecause(desk: TrunkDesk, trunk: TrunkRecord): string {
  return desk.limitReached(trunk) === 'calls'
    ? `passed over: it has ${desk.callsOn(trunk.id)} calls and takes ${trunk.maxCalls} at once`
    : `passed over: it takes ${trunk.maxCallsPerSecond} calls in a second and has had them`
}

/** Why a trunk does not take the number; `longest` is the prefix of those that do. */
function whyNot(trunk: TrunkRecord, number: string, longest: string): string {
  if (!trunk.enabled) return 'not used: it is switched off'
  if (fittingPrefix(trunk, number) === undefined) return 'not used: none of its prefixes fits'
  return `not used: the longer prefix ${longest} of another trunk fits`
}

function explained(question: Question, trunk: TrunkRecord, reason: string): TrunkExplanation {
  const { desk, sip, number } = question
  return {
    trunk,
    prefix: fittingPrefix(trunk, number) ?? null,
    coolingMs: desk.coolingMs(trunk.id),
    isDown: desk.isDown(trunk.id),
    registration: sip.trunkStatus(trunk.id).registration?.state ?? null,
    calls: desk.callsOn(trunk.id),
    limitReached: desk.limitReached(trunk) ?? null,
    position: null,
    chance: 0,
    callerId: shownFrom(trunk, question),
    dialled: numberOut(number, optionsOf(trunk).numbers),
    reason,
  }
}

function shownFrom(trunk: TrunkRecord, { from, owned, fallback }: Question): string | null {
  if (from === undefined) return null
  const { callerId, withheld } = callerOn(trunk, { number: from, owned, fallback })
  return withheld ? anonymous : numberOut(callerId, optionsOf(trunk).numbers)
}
