import type { AccountId } from '../ids.ts'

/** A request that was sent with an Idempotency-Key. */
export interface IdempotentRequest {
  readonly accountId: AccountId
  /** SHA-256 (hex) of the Idempotency-Key. */
  readonly keyHash: string
  readonly operation: string
  /** SHA-256 (hex) of all that was asked. */
  readonly requestHash: string
  /** The id of what the request makes: a call that was begun before a crash is found by it. */
  readonly resourceId: string
  readonly createdAtMs: number
  /** The answer as text that only whoever has the key can read; null: there is none yet. */
  readonly reply: string | null
}

export interface IdempotentRequests {
  /** Stores it before its work begins; the one that is there already, if there is one. */
  begin(request: IdempotentRequest): Promise<IdempotentRequest | undefined>
  finish(request: Pick<IdempotentRequest, 'accountId' | 'keyHash'>, reply: string): Promise<void>
  /** Nothing came of it: the key is free again. */
  forget(request: Pick<IdempotentRequest, 'accountId' | 'keyHash'>): Promise<void>
  count(accountId: AccountId): Promise<number>
  /** Removes those made before that, at most `limit`; how many they were. */
  sweep(beforeMs: number, limit: number): Promise<number>
}
