import type { AccountId, RecordingId } from '../ids.ts'

/** What a link opens: the sound alone, or the page with everything that is shown of the recording. */
export const linkUses = ['audio', 'page'] as const
export type LinkUse = (typeof linkUses)[number]

export const shortestLinkS = 1
export const longestLinkS = 7 * 86_400

/** What a signed link says; nothing of it can be changed by whoever has it. */
export interface LinkContent {
  readonly accountId: AccountId
  readonly recordingId: RecordingId
  readonly use: LinkUse
  readonly expiresAtMs: number
  /** The account's number when it was made: with another one it is revoked. */
  readonly generation: number
}

/** Signs links to recordings with a key of the installation that changes by itself. */
export interface LinkSigner {
  /** Fit for a path; at most 100 letters, digits, `-` and `_`. */
  sign(content: LinkContent): string
  /** Undefined for one that is forged or over. */
  verify(token: string): LinkContent | undefined
}

/** What an account has set for its links. */
export interface LinkSettings {
  /** Links made with another number are revoked. */
  readonly generation: number
  /** How long links in webhooks are good for, in seconds; null: webhooks have addresses that need a key. */
  readonly webhookTtlS: number | null
  /** When links were revoked last; null: never. */
  readonly revokedAtMs: number | null
}

export interface RecordingLinks {
  get(accountId: AccountId): Promise<LinkSettings>
  setWebhookTtl(accountId: AccountId, ttlS: number | null): Promise<LinkSettings>
  /** All links of the account that were made so far. */
  revoke(accountId: AccountId, atMs: number): Promise<LinkSettings>
  /** Of the accounts whose webhooks have links. */
  withWebhookTtl(): Promise<readonly (LinkSettings & { readonly accountId: AccountId })[]>
}
