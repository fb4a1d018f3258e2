import {
  type ForwardingRules,
  type ForwardReason,
  type ForwardTo,
  hasRules,
} from '../../core/forwarding.ts'
import type { AccountId } from '../../core/ids.ts'
import { isE164 } from '../../core/numbers.ts'
import type { DeviceRecord, NumberRecord, Store } from '../../core/ports/store.ts'
import type { BoxOwner } from '../voicemail/own-box.ts'

/** Somebody's rules, and who that is. */
export interface Ruled {
  /** A device's name or a number: who sends the call on. */
  readonly by: string
  readonly owner: BoxOwner
  readonly rules: ForwardingRules
}

export interface Rule {
  readonly to: ForwardTo
  readonly of: Ruled
}

/** Where calls for a device or number are not taken; the first one that says something counts. */
export function ruleFor(ruled: readonly Ruled[], reason: ForwardReason): Rule | undefined {
  for (const of of ruled) {
    const to = wishOf(of.rules, reason)
    if (to !== undefined) return { to, of }
  }
  return undefined
}

function wishOf(rules: ForwardingRules, reason: ForwardReason): ForwardTo | undefined {
  switch (reason) {
    case 'always':
      return rules.always
    case 'busy':
      return rules.busy
    case 'no-answer':
      return rules.noAnswer
    case 'unreachable':
      return rules.unreachable ?? rules.noAnswer
  }
}

/** How long the phone rings; undefined: as it is anyway. */
export const ringMsOf = (ruled: readonly Ruled[]): number | undefined =>
  ruled.find(({ rules }) => rules.noAnswer !== undefined)?.rules.noAnswer?.afterMs

type Finding = Pick<Store, 'devices' | 'numbers'>

/** The rules for a call to a device's name or a number of the account: those of the number go first. */
export async function rulesAt(store: Finding, accountId: AccountId, to: string): Promise<Ruled[]> {
  if (!isE164(to)) return ofDevice(await store.devices.byUsername(to), accountId)
  const number = await store.numbers.byNumber(to)
  if (number?.accountId !== accountId) return []
  return rulesOfNumber(store, number)
}

/** Of a number, and of the device that its route leads to. */
export async function rulesOfNumber(store: Finding, number: NumberRecord): Promise<Ruled[]> {
  const { accountId, forwarding, route } = number
  const own = hasRules(forwarding)
    ? [{ by: number.number, owner: { accountId, number }, rules: forwarding }]
    : []
  if (route.kind !== 'device') return own
  return [...own, ...ofDevice(await store.devices.byUsername(route.username), accountId)]
}

function ofDevice(device: DeviceRecord | undefined, accountId: AccountId): Ruled[] {
  if (device?.accountId !== accountId || !hasRules(device.forwarding)) return []
  return [{ by: device.username, owner: { accountId, device }, rules: device.forwarding }]
}
