import { importSPKI, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../core/clock.ts'
import type { AccountId, KeyId } from '../core/ids.ts'
import { isUuid } from '../core/ids.ts'
import type { TokenContent, Tokens } from '../core/ports/tokens.ts'

export { readArguments, type WantedToken } from './arguments.ts'
export { createLinkSigner } from './recording-links.ts'

export interface TokenOptions {
  /** Signs and verifies HS256: 32 characters at least. */
  readonly secret: string
  /** PEM of the public key (SPKI) of somebody else who makes RS256 tokens. */
  readonly publicKeyPem?: string
  readonly clock: Pick<Clock, 'nowMs'>
}

/** For clocks of other machines that are not quite right. */
const clockToleranceS = 5
const maxBusinesses = 1000

/**
 * JSON Web Tokens. Claims: `type` (what sort it is), `sub`, `account_id`, `business_uid` or `business_uids`, `key_id`;
 * `exp` is needed, `nbf` is kept. The key decides the algorithm, never the token: a token that asks for
 * another one, or for none, is refused. Rejects when the public key is none.
 */
export async function createTokens({ secret, publicKeyPem, clock }: TokenOptions): Promise<Tokens> {
  const shared = new TextEncoder().encode(secret)
  const foreign = publicKeyPem === undefined ? undefined : await importSPKI(publicKeyPem, 'RS256')
  const optionsFor = (algorithm: string) => ({
    algorithms: [algorithm],
    currentDate: new Date(clock.nowMs()),
    clockTolerance: clockToleranceS,
    requiredClaims: ['exp', 'type'],
  })

  const tries = [
    { isOurs: true, by: (token: string) => jwtVerify(token, shared, optionsFor('HS256')) },
    ...(foreign
      ? [{ isOurs: false, by: (token: string) => jwtVerify(token, foreign, optionsFor('RS256')) }]
      : []),
  ]

  return {
    async verify(token) {
      for (const { isOurs, by } of tries) {
        try {
          const { payload } = await by(token)
          const content = contentOf(payload)
          return content && { ...content, isOurs, expiresAtMs: (payload.exp ?? 0) * 1000 }
        } catch {
          // Not by this key, over, or no token at all: the caller learns only that it is not valid.
        }
      }
      return undefined
    },
    issue({ accountId, kind, subject, businesses, keyId }, lifetimeS) {
      const nowS = Math.floor(clock.nowMs() / 1000)
      const payload = {
        type: kind,
        ...(accountId !== undefined && { account_id: accountId }),
        ...(businesses !== undefined && { business_uids: businesses }),
        ...(keyId !== undefined && { key_id: keyId }),
      }
      const token = new SignJWT(payload).setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      if (subject !== null) token.setSubject(subject)
      return token
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + lifetimeS)
        .sign(shared)
    },
  }
}

/** Undefined when a claim has not the form that it must have. */
function contentOf(payload: JWTPayload): TokenContent | undefined {
  const { type, sub, account_id: account, business_uid: one, business_uids: several } = payload
  const businesses = several ?? (one === undefined ? undefined : [one])
  if (typeof type !== 'string' || type === '') return undefined
  if (account !== undefined && !(typeof account === 'string' && isUuid(account))) return undefined
  if (businesses !== undefined && !isListOfNames(businesses)) return undefined
  const { key_id: keyId } = payload
  if (keyId !== undefined && !(typeof keyId === 'string' && isUuid(keyId))) return undefined
  return {
    accountId: account as AccountId | undefined,
    kind: type,
    subject: sub ?? null,
    businesses,
    ...(keyId !== undefined && { keyId: keyId as KeyId }),
  }
}

const isListOfNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= maxBusinesses &&
  value.every((item) => typeof item === 'string' && item !== '')
