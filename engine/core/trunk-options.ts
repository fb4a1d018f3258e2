import type { AudioCodec, SrtpPolicy } from './ports/media.ts'

/** How a trunk writes numbers: `+61298765432`, `61298765432`, or as people of its country dial. */
export type NumberFormat = 'plus-e164' | 'e164' | 'national'

/** A number that begins with `match` loses `strip` characters and gets `prepend` in front. */
export interface NumberRule {
  readonly match: string
  readonly strip: number
  readonly prepend: string
}

/** Numbers on their way to the trunk and from it. The first rule that fits decides, without one the format. */
export interface TrunkNumbers {
  readonly format: NumberFormat
  /** ISO 3166, two capital letters; what national numbers are read and written by. */
  readonly country: string | null
  readonly rulesOut: readonly NumberRule[]
  readonly rulesIn: readonly NumberRule[]
}

export interface TrunkRegistration {
  /** What is asked for, in seconds; the registrar may grant another time. */
  readonly expiresS: number
  /** User part of our Contact; null: the trunk's user name. */
  readonly contactUser: string | null
}

/** How a call that comes in is known to be the trunk's. */
export type TrunkInbound =
  /** By the address that it comes from: the host's, and those in these networks (CIDR). */
  | { readonly by: 'address'; readonly addresses: readonly string[] }
  /** By credentials; H(username:realm:password) as for devices, the password is not kept. */
  | {
      readonly by: 'digest'
      readonly username: string
      readonly ha1Md5: string
      readonly ha1Sha256: string
    }

export interface TrunkCallerId {
  /** `owned`: only numbers of the account are shown, else the default; `any`: also others'. */
  readonly allow: 'owned' | 'any'
  /** `withhold`: nobody's number is shown there. */
  readonly privacy: 'show' | 'withhold'
}

/** What a trunk may be told beyond where it is and what it takes. */
export interface TrunkOptions {
  /** Null: we do not register there. */
  readonly registration: TrunkRegistration | null
  readonly inbound: TrunkInbound
  /** Seconds between OPTIONS requests; null: none. */
  readonly pingIntervalS: number | null
  /** It gets P-Asserted-Identity, and its own is believed (RFC 3325). */
  readonly trusted: boolean
  readonly callerId: TrunkCallerId
  readonly numbers: TrunkNumbers
  /** In the order in which they are preferred. */
  readonly codecs: readonly AudioCodec[]
  /** Not `required` where the trunk's signalling is not TLS. */
  readonly srtp: SrtpPolicy
  /** Our credentials answer only challenges of this realm; null: of any. */
  readonly realm: string | null
  /** Its side may transfer our party of a call by REFER, at the cost of the call's account. */
  readonly allowTransfer: boolean
}

export const defaultTrunkOptions: TrunkOptions = {
  registration: null,
  inbound: { by: 'address', addresses: [] },
  pingIntervalS: null,
  trusted: false,
  callerId: { allow: 'owned', privacy: 'show' },
  numbers: { format: 'plus-e164', country: null, rulesOut: [], rulesIn: [] },
  codecs: ['PCMU', 'PCMA'],
  srtp: 'off',
  realm: null,
  allowTransfer: false,
}

/** All of them, those that the trunk does not say at their defaults. */
export const optionsOf = (trunk: Partial<TrunkOptions>): TrunkOptions => ({
  ...defaultTrunkOptions,
  ...saidOptions(trunk),
})

/** Those alone that the trunk says. */
export function saidOptions(trunk: Partial<TrunkOptions>): Partial<TrunkOptions> {
  const names = Object.keys(defaultTrunkOptions) as (keyof TrunkOptions)[]
  return Object.fromEntries(
    names.filter((name) => trunk[name] !== undefined).map((name) => [name, trunk[name]]),
  )
}
