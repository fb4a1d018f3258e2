import type { AccountId, RecordingId } from './ids.ts'
import { type ChainEntry, type ChainHead, hashOfEntry, noHash } from './recording-chain.ts'

/**
 * What is wrong. Of the chain: `entry-changed`, `entry-forged` (not signed by this installation), `entry-missing`,
 * `reordered`, `truncated`, `day-wrong`. Of recordings: `changed`, `missing`, `added` (the chain does not know it),
 * `left-over` (deleted, but its file is there), `plain-left` (encrypted, but its plain file is there too).
 */
export type FindingKind =
  | 'entry-changed'
  | 'entry-forged'
  | 'entry-missing'
  | 'reordered'
  | 'truncated'
  | 'day-wrong'
  | 'changed'
  | 'missing'
  | 'added'
  | 'left-over'
  | 'plain-left'

export interface Finding {
  readonly kind: FindingKind
  readonly accountId: AccountId | null
  readonly recordingId: RecordingId | null
  /** Of the entry in the chain. */
  readonly sequence: number | null
  readonly says: string
}

/** What the chain tells of one recording. */
export interface ChainTold {
  readonly sha256: string
  /** Of the encrypted file; absent: it is not encrypted. */
  readonly sealedSha256?: string
  readonly sequence: number
  /** By whom and why, if it was. */
  readonly deleted?: { readonly by: string; readonly why: string; readonly atMs: number }
}

export interface VerifiedChain {
  readonly entries: number
  readonly findings: readonly Finding[]
  readonly recordings: ReadonlyMap<RecordingId, ChainTold>
  /** Times at which the database went back to an older state, which the chain tells itself. */
  readonly setBacks: readonly { readonly sequence: number; readonly atMs: number }[]
}

export type CheckSignature = (hash: string, signature: string) => boolean

/** So far from its place an entry that was moved is looked for. */
const reach = 1_000

/** Goes through an account's chain, entry by entry in the order of their numbers, and then `end`. */
export class ChainVerifier {
  readonly #accountId: AccountId
  readonly #isSigned: CheckSignature
  readonly #findings: Finding[] = []
  readonly #recordings = new Map<RecordingId, ChainTold>()
  readonly #setBacks: { sequence: number; atMs: number; known: ChainHead }[] = []
  /** By number; what a noted head can be compared with. */
  #last: ChainEntry | undefined
  #entries = 0
  #inDay = 0
  #dayBefore: string | null = null
  #known: ChainHead | undefined
  #isKnownFound = false

  /** `known`: the head that was noted outside the database. */
  constructor(accountId: AccountId, isSigned: CheckSignature, known: ChainHead | undefined) {
    this.#accountId = accountId
    this.#isSigned = isSigned
    this.#known = known
  }

  add(entry: ChainEntry): void {
    this.#entries += 1
    const isOwn = this.#checkEntry(entry)
    this.#checkPlace(entry, isOwn)
    this.#checkDay(entry)
    this.#learn(entry)
    const known = this.#known
    if (known?.sequence === entry.sequence && known.hash === entry.hash) this.#isKnownFound = true
    this.#last = entry
  }

  end(): VerifiedChain {
    const known = this.#known
    if (known !== undefined && !this.#isKnownFound) {
      const isTold = this.#setBacks.some((one) => one.known.hash === known.hash)
      const says = `the chain went to entry ${known.sequence}, which is not there any more`
      if (!isTold) this.#find('truncated', says, known.sequence, null)
    }
    return {
      entries: this.#entries,
      findings: this.#findings,
      recordings: this.#recordings,
      setBacks: this.#setBacks,
    }
  }

  /** Whether its content is what was hashed. */
  #checkEntry(entry: ChainEntry): boolean {
    const { sequence, recordingId, hash, signature } = entry
    if (!this.#isSigned(hash, signature)) {
      this.#find('entry-forged', 'it is not signed by this installation', sequence, recordingId)
    }
    if (hashOfEntry(entry) === hash) return true
    const place = placeOf(entry)
    if (place === undefined)
      this.#find('entry-changed', 'it is not what was entered', sequence, recordingId)
    else this.#find('reordered', `it was entry ${place}`, sequence, recordingId)
    return false
  }

  #checkPlace({ sequence, previous, recordingId }: ChainEntry, isOwn: boolean): void {
    const last = this.#last
    const expected = (last?.sequence ?? 0) + 1
    if (sequence !== expected) {
      const lacking =
        sequence === expected + 1 ? `entry ${expected}` : `entries ${expected} to ${sequence - 1}`
      this.#find('entry-missing', `${lacking} before it is not there`, sequence, recordingId)
      return
    }
    if (isOwn && previous !== (last?.hash ?? noHash))
      this.#find('entry-missing', 'it does not follow the entry before it', sequence, recordingId)
  }

  #checkDay({ kind, day, sequence, data, hash }: ChainEntry): void {
    const isNew = this.#last !== undefined && this.#last.day !== day
    if (isNew) {
      if (this.#last?.kind !== 'closed')
        this.#find('day-wrong', `the day ${this.#last?.day} has no end`, sequence, null)
      this.#inDay = 0
    }
    if (kind === 'closed') {
      const told = objectOf(data)
      if (told['entries'] !== this.#inDay || told['dayBefore'] !== this.#dayBefore)
        this.#find('day-wrong', `the day ${day} had other entries`, sequence, null)
      this.#dayBefore = hash
    }
    this.#inDay += 1
  }

  #learn({ kind, recordingId: id, data, sequence, atMs }: ChainEntry): void {
    const told = objectOf(data)
    if (kind === 'set-back') {
      const known = { sequence: Number(told['sequence']), day: '', hash: String(told['hash']) }
      this.#setBacks.push({ sequence, atMs, known })
    }
    if (id === null) return
    if (kind === 'sealed') {
      const { sha256, sealedSha256 } = told
      const encrypted = typeof sealedSha256 === 'string' ? { sealedSha256 } : {}
      this.#recordings.set(id, { sha256: String(sha256), ...encrypted, sequence })
    }
    if (kind === 'deleted') {
      const before = this.#recordings.get(id) ?? { sha256: String(told['sha256']), sequence }
      const deleted = { by: String(told['by']), why: String(told['why']), atMs }
      this.#recordings.set(id, { ...before, deleted })
    }
  }

  #find(kind: FindingKind, says: string, sequence: number, recordingId: RecordingId | null): void {
    this.#findings.push({ kind, accountId: this.#accountId, recordingId, sequence, says })
  }
}

/** Where an entry that stands elsewhere was. */
function placeOf(entry: ChainEntry): number | undefined {
  for (let by = 1; by <= reach; by++) {
    for (const sequence of [entry.sequence - by, entry.sequence + by]) {
      if (sequence > 0 && hashOfEntry({ ...entry, sequence }) === entry.hash) return sequence
    }
  }
  return undefined
}

function objectOf(data: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(data) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
