import { createHmac } from 'node:crypto'
import type { TrunkRecord } from '../../core/ports/sip.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { encodeUser, parseNameAddress, parseSipUri, splitList } from '../address.ts'

/** The parameter of our Contact by which a registrar's call is known to be the trunk's. */
const lineParam = 'line'

/**
 * What stands for the trunk in our Contact. Nobody can make it up who does not know the password, and it is
 * the same after a restart, when the registrar still has the Contact of before.
 */
export const lineOf = (trunk: TrunkRecord): string =>
  createHmac('sha256', trunk.password ?? '')
    .update(`line ${trunk.id}`)
    .digest('base64url')
    .replace(/[-_]/g, 'x')
    .slice(0, 22)

/** Whom the registrar calls: the user part of our Contact. */
export const contactUserOf = (trunk: TrunkRecord): string | null =>
  optionsOf(trunk).registration?.contactUser ?? trunk.username

/** Our Contact at the registrar; the SIP server puts the address for `localhost` that fits the way there. */
export const contactOf = (trunk: TrunkRecord): string =>
  `<sip:${encodeUser(contactUserOf(trunk) ?? 'ringdown')}@localhost;${lineParam}=${lineOf(trunk)}>`

/** The trunk among those that register whose Contact this URI is. */
export function trunkCalled(trunks: readonly TrunkRecord[], uri: string): TrunkRecord | undefined {
  const line = parseSipUri(uri)?.params[lineParam]
  if (line === undefined || line === '') return undefined
  return trunks.find(
    (trunk) =>
      trunk.enabled &&
      // without a password anybody could work it out
      trunk.password !== null &&
      optionsOf(trunk).registration !== null &&
      lineOf(trunk) === line,
  )
}

/** How long the registrar keeps our Contact, in seconds; undefined where it does not say. */
export function grantedS(
  trunk: TrunkRecord,
  headers: { header(name: string): string | undefined },
): number | undefined {
  const line = lineOf(trunk)
  for (const item of splitList(headers.header('contact') ?? '')) {
    const contact = parseNameAddress(item)
    if (contact && parseSipUri(contact.uri)?.params[lineParam] === line) {
      const own = secondsOf(contact.params['expires'])
      if (own !== undefined) return own
    }
  }
  return secondsOf(headers.header('expires'))
}

export function secondsOf(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,9})\s*$/.exec(text ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
