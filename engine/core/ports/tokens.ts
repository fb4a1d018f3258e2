import type { AccountId, KeyId } from '../ids.ts'

/** What a signed token says. */
export interface TokenContent {
  /** Undefined: the token names no account; it speaks for the first one. */
  readonly accountId: AccountId | undefined
  /** What sort of token it is, such as `staff`; a dialect says which sorts it takes. */
  readonly kind: string
  readonly subject: string | null
  /** The businesses that it may act for; undefined = it is not limited. */
  readonly businesses: readonly string[] | undefined
  /** The API key that was shown for it: it may no more than that key, and ends with it. */
  readonly keyId?: KeyId | undefined
}

/** What is known of a token whose signature and times were found to be good. */
export interface TokenClaims extends TokenContent {
  /** Made here, and not by somebody else whose key the operator trusts. */
  readonly isOurs: boolean
  /** From then on it is not good any more. */
  readonly expiresAtMs: number
}

/** Signed tokens (JWT, RFC 7519). */
export interface Tokens {
  /** Undefined for a token that is forged, over, not valid yet, or none at all. Never rejects. */
  verify(token: string): Promise<TokenClaims | undefined>
  /** A token that `verify` takes for `lifetimeS` seconds. */
  issue(content: TokenContent, lifetimeS: number): Promise<string>
}
