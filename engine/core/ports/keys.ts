import type { AccountId, KeyId } from '../ids.ts'
import type { Scope } from '../scopes.ts'
import type { Account } from './store.ts'

/** An API key as it is stored: never the key itself. */
export interface ApiKeyRecord {
  readonly id: KeyId
  readonly accountId: AccountId
  /** SHA-256 (hex) of the whole key. */
  readonly hash: string
  readonly name: string
  /** How it begins, for people who look for it. */
  readonly hint: string
  /** Null: all that the account may. */
  readonly scopes: readonly Scope[] | null
  /** Its calls reach the lab carrier alone. */
  readonly isTest: boolean
  readonly createdAtMs: number
  /** Null: never. */
  readonly expiresAtMs: number | null
  /** To the minute. */
  readonly lastUsedAtMs: number | null
}

/** Keys of accounts. */
export interface Keys {
  /** With the account as it is now, whatever its status; undefined for a key that was revoked or is over. */
  byHash(hash: string): Promise<{ key: ApiKeyRecord; account: Account } | undefined>
  /** The same by its id, for what a key has let in. */
  shown(id: KeyId): Promise<{ key: ApiKeyRecord; account: Account } | undefined>
  /** Failure `already_exists`. */
  insert(key: ApiKeyRecord): Promise<void>
  get(accountId: AccountId, id: KeyId): Promise<ApiKeyRecord | undefined>
  /** The newest first. */
  list(accountId: AccountId): Promise<ApiKeyRecord[]>
  count(accountId: AccountId): Promise<number>
  /** Changes name, scopes and expiry. */
  update(key: ApiKeyRecord): Promise<void>
  remove(accountId: AccountId, id: KeyId): Promise<void>
  /** Notes that it was used; what was noted within the last minute stays. Never rejects. */
  used(key: ApiKeyRecord): Promise<void>
}
