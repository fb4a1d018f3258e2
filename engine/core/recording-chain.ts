import { createHash } from 'node:crypto'
import type { AccountId, RecordingId } from './ids.ts'

/**
 * What a chain tells: `sealed`: a recording is whole from here on; `deleted`: it is gone by right; `closed`: a day is over,
 * its own number of entries and the day before; `set-back`: the database went back to an older state, as after a restore.
 */
export const chainKinds = ['sealed', 'deleted', 'closed', 'set-back'] as const
export type ChainKind = (typeof chainKinds)[number]

export interface ChainDraft {
  readonly kind: ChainKind
  /** Null: it is of the chain itself. */
  readonly recordingId: RecordingId | null
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

/** One link of an account's chain. Each names the hash of the one before it, so that none can be changed, added or left out unseen. */
export interface ChainEntry {
  readonly accountId: AccountId
  /** 1, 2, 3, ... without gaps. */
  readonly sequence: number
  /** UTC, yyyy-mm-dd; never before that of the entry before. */
  readonly day: string
  readonly kind: ChainKind
  readonly recordingId: RecordingId | null
  readonly atMs: number
  /** JSON, as it is hashed. */
  readonly data: string
  /** Hash of the entry before; of the first: 64 zeros. */
  readonly previous: string
  readonly hash: string
  /** Ed25519 of the hash's 64 hexadecimal digits, in base64, by the installation's key; empty: it had none. */
  readonly signature: string
}

/** The newest entry of a chain: what the next one follows. */
export type ChainHead = Pick<ChainEntry, 'sequence' | 'day' | 'hash'>

export const noHash = '0'.repeat(64)

type Hashed = Omit<ChainEntry, 'hash' | 'signature'>

/** SHA-256 (hex) of the entry's fields in a fixed order. */
export function hashOfEntry(entry: Hashed): string {
  const { accountId, sequence, day, kind, recordingId, atMs, data, previous } = entry
  const fields = ['ringdown-chain-1', accountId, sequence, day, kind, recordingId, atMs, data]
  return createHash('sha256')
    .update(JSON.stringify([...fields, previous]))
    .digest('hex')
}

export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Signs the hash of an entry. */
export type SignEntry = (hash: string) => string

/** The entry that follows that head. A clock that was set back does not take the chain back to an earlier day. */
export function nextEntry(
  accountId: AccountId,
  head: ChainHead | undefined,
  { kind, recordingId, atMs, data }: ChainDraft,
  sign: SignEntry,
): ChainEntry {
  const today = dayOf(atMs)
  const day = head !== undefined && head.day > today ? head.day : today
  const entry: Hashed = {
    ...{ accountId, sequence: (head?.sequence ?? 0) + 1, day, kind, recordingId, atMs },
    ...{ data: JSON.stringify(data), previous: head?.hash ?? noHash },
  }
  const hash = hashOfEntry(entry)
  return { ...entry, hash, signature: sign(hash) }
}

/** The first entry of a new day is its predecessor's end. */
export const isNewDay = (head: ChainHead | undefined, atMs: number): head is ChainHead =>
  head !== undefined && dayOf(atMs) > head.day
