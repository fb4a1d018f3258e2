import type { AccountId, PromptId } from '../ids.ts'

/** What sort of file it is, whatever its name says. */
export type PromptFormat = 'wav' | 'mp3' | 'opus'

/** What was found out about a file of sound. */
export interface PromptFacts {
  readonly format: PromptFormat
  readonly rateHz: number
  readonly durationMs: number
  /** Integrated loudness as it came (EBU R 128), to a hundredth; null for silence. */
  readonly lufs: number | null
}

/** A file of sound that an account has stored, played by the URL `prompt:<name>`. */
export interface PromptRecord extends PromptFacts {
  readonly id: PromptId
  readonly accountId: AccountId
  /** Of the account, no other one has it. */
  readonly name: string
  readonly bytes: number
  /** Its file; another one whenever it is replaced. */
  readonly file: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface PromptStore {
  /** Failure `already_exists`. */
  insert(prompt: PromptRecord): Promise<void>
  /** Failure `already_exists` for a name that another one has. */
  update(prompt: PromptRecord): Promise<void>
  get(accountId: AccountId, id: PromptId): Promise<PromptRecord | undefined>
  named(accountId: AccountId, name: string): Promise<PromptRecord | undefined>
  /** By name. */
  list(
    accountId: AccountId,
    page: { readonly page: number; readonly pageSize: number },
  ): Promise<{ prompts: PromptRecord[]; total: number }>
  /** What the account has. */
  usage(accountId: AccountId): Promise<{ count: number; bytes: number }>
  remove(accountId: AccountId, id: PromptId): Promise<void>
}

/** The files of stored prompts, as they came. */
export interface PromptFiles {
  /** Decodes it to its end. Failure `invalid_audio`. */
  examine(accountId: AccountId, bytes: Uint8Array): Promise<PromptFacts>
  /** Keeps it, whole or not at all, and returns what it is called. */
  keep(accountId: AccountId, bytes: Uint8Array): Promise<string>
  pathOf(accountId: AccountId, file: string): string
  /** Undefined when the file is gone. */
  stat(path: string): Promise<{ bytes: number; modifiedMs: number } | undefined>
  /** Bytes `start` to `end`, both inclusive. */
  read(path: string, start: number, end: number): NodeJS.ReadableStream
  /** Fine when it is gone already. */
  discard(accountId: AccountId, file: string): Promise<void>
  /** Those that have files here. */
  accounts(): Promise<AccountId[]>
  /** Removes all of an account's files but those, also what was left half written; returns how many. */
  keepOnly(accountId: AccountId, files: ReadonlySet<string>): Promise<number>
}
