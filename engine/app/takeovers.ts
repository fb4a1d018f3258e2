import { randomBytes } from 'node:crypto'
import type { CallId } from '../core/ids.ts'

/** How long a device has to use a token. */
const TOKEN_LIVES_MS = 30_000
const TOKEN_BYTES = 24

interface Permit {
  readonly callId: CallId
  readonly username: string
  readonly expiresAtMs: number
}

/** Tokens by which a call goes on at another phone of the same device; each is good once, and for a short while. */
export class Takeovers {
  readonly #permits = new Map<string, Permit>()

  issue(callId: CallId, username: string, nowMs: number): { token: string; expiresAtMs: number } {
    for (const [token, { expiresAtMs }] of this.#permits) {
      if (expiresAtMs <= nowMs) this.#permits.delete(token)
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const expiresAtMs = nowMs + TOKEN_LIVES_MS
    this.#permits.set(token, { callId, username, expiresAtMs })
    return { token, expiresAtMs }
  }

  /** The call of a token of this device; the token is used up, whoever brings it. */
  redeem(token: string, username: string, nowMs: number): CallId | undefined {
    const permit = this.#permits.get(token)
    this.#permits.delete(token)
    if (!permit || permit.username !== username || permit.expiresAtMs <= nowMs) return undefined
    return permit.callId
  }
}
