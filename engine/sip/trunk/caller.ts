import type { TrunkRecord } from '../../core/ports/sip.ts'
import { anonymous } from '../../core/trunk-caller.ts'
import { numberIn } from '../../core/trunk-numbers.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import {
  decodeUser,
  type NameAddress,
  parseNameAddress,
  parseSipUri,
  splitList,
} from '../address.ts'
import type { MessageIn } from '../link/link.ts'
import { callerOf, type Party, partyOf } from '../party.ts'
import { contactUserOf } from './contact.ts'

/**
 * Who calls by a trunk. P-Asserted-Identity and Remote-Party-ID are believed of trusted trunks alone (RFC 3325
 * section 6); whoever does not want to be known is `anonymous`, with no name.
 */
export function trunkCaller(
  trunk: TrunkRecord,
  request: MessageIn,
): { readonly from: string; readonly fromName: string | null } {
  const { trusted, numbers } = optionsOf(trunk)
  const told = parseNameAddress(request.header('from') ?? '')
  const asserted = trusted ? assertedIn(request) : undefined
  const caller = asserted ?? told
  if (!caller || isWithheld(request, told)) return { from: anonymous, fromName: null }
  return {
    from: numberIn(callerOf(caller.uri), numbers),
    fromName: caller.name ?? told?.name ?? null,
  }
}

/** Who was called by a trunk: one that calls our Contact says in the header To who it is. */
export function trunkCallee(trunk: TrunkRecord, request: MessageIn & { uri: string }): Party {
  const { numbers, registration } = optionsOf(trunk)
  const user = decodeUser(parseSipUri(request.uri)?.user ?? '')
  const isContact = registration !== null && user === (contactUserOf(trunk) ?? 'ringdown')
  const party = (isContact && dialledIn(request)) || partyOf(request.uri)
  return 'name' in party ? { name: numberIn(party.name, numbers) } : party
}

function dialledIn(request: MessageIn): Party | undefined {
  for (const name of ['p-called-party-id', 'to']) {
    const uri = parseNameAddress(request.header(name) ?? '')?.uri
    const party = uri === undefined ? undefined : partyOf(uri)
    if (party && 'name' in party && /^\+?\d{3,}$/.test(party.name)) return party
  }
  return undefined
}

/** The first usable identity of the network's own; of two, a `sip:` and a `tel:` one, both say the same. */
function assertedIn(request: MessageIn): NameAddress | undefined {
  for (const name of ['p-asserted-identity', 'remote-party-id']) {
    for (const item of splitList(request.header(name) ?? '')) {
      const identity = parseNameAddress(item)
      if (identity && callerOf(identity.uri) !== anonymous) return identity
    }
  }
  return undefined
}

/** RFC 3323 section 4.2, RFC 3325 section 9.3, and what came before them. */
export function isWithheld(request: MessageIn, told: NameAddress | undefined): boolean {
  const wishes = (request.header('privacy') ?? '').toLowerCase().split(/[\s;,]+/)
  if (wishes.some((wish) => ['id', 'user', 'header', 'full'].includes(wish))) return true
  if (/;\s*privacy\s*=\s*"?(?:full|uri)/i.test(request.header('remote-party-id') ?? '')) return true
  return isNobody(told)
}

/** A From that names nobody (RFC 3323 section 4.1.1.3). */
export function isNobody(told: NameAddress | undefined): boolean {
  const uri = parseSipUri(told?.uri ?? '')
  return uri?.host === 'anonymous.invalid' || uri?.user.toLowerCase() === anonymous
}
