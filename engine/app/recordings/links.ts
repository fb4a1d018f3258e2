import type { Clock } from '../../core/clock.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId, RecordingId } from '../../core/ids.ts'
import type { LinkSettings, LinkSigner, LinkUse } from '../../core/ports/recording-links.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { Account, Store } from '../../core/ports/store.ts'

export interface LinkPorts {
  readonly store: Pick<Store, 'accounts' | 'recordings' | 'recordingLinks'>
  readonly signer: LinkSigner
  readonly clock: Pick<Clock, 'nowMs'>
}

/** A link that needs no key. */
export interface SignedLink {
  readonly token: string
  readonly expiresAtMs: number
}

/** What is behind a link that is good. */
export interface OpenedLink {
  readonly account: Account
  readonly recording: RecordingRecord
  readonly use: LinkUse
  readonly expiresAtMs: number
}

/** How long a link in an answer of the API is good for where the account has not said it. */
const answerTtlS = 86_400

/** Links to recordings that need no key: signed, of a short life, and gone with the recording. */
export class LinkDesk {
  readonly #ports: LinkPorts
  /** Webhooks are written without waiting for the database. */
  readonly #inWebhooks = new Map<AccountId, LinkSettings>()

  constructor(ports: LinkPorts) {
    this.#ports = ports
  }

  /** Before webhooks go out. */
  async load(): Promise<void> {
    for (const {
      accountId,
      ...settings
    } of await this.#ports.store.recordingLinks.withWebhookTtl())
      this.#inWebhooks.set(accountId, settings)
  }

  async make(
    accountId: AccountId,
    recordingId: RecordingId,
    { use, ttlS }: { readonly use: LinkUse; readonly ttlS: number },
  ): Promise<SignedLink> {
    const { generation } = await this.settings(accountId)
    return this.#signed(accountId, recordingId, { use, ttlS, generation })
  }

  /** To the sound of any of the account's recordings, for answers that show many. */
  async forAnswers(accountId: AccountId): Promise<(id: RecordingId) => string> {
    const { generation, webhookTtlS } = await this.settings(accountId)
    const how = { use: 'audio', generation, ttlS: webhookTtlS ?? answerTtlS } as const
    return (id) => this.#signed(accountId, id, how).token
  }

  /** Undefined: the account wants no links in its webhooks. */
  inWebhook(accountId: AccountId, id: RecordingId): string | undefined {
    const { generation, webhookTtlS } = this.#inWebhooks.get(accountId) ?? { webhookTtlS: null }
    if (webhookTtlS === null || generation === undefined) return undefined
    return this.#signed(accountId, id, { use: 'audio', ttlS: webhookTtlS, generation }).token
  }

  /** Failure `not_found`, the same for a link that is forged, over, revoked, or of a recording that is gone. */
  async open(token: string): Promise<OpenedLink> {
    const { store, signer } = this.#ports
    const content = signer.verify(token)
    if (content === undefined) throw gone()
    const { accountId, recordingId, use, expiresAtMs, generation } = content
    const [account, recording, settings] = await Promise.all([
      store.accounts.get(accountId),
      store.recordings.get(accountId, recordingId),
      store.recordingLinks.get(accountId),
    ])
    const isGood = settings.generation === generation && account?.status === undefined
    if (!isGood || account === undefined || recording?.status !== 'completed') throw gone()
    return { account, recording, use, expiresAtMs }
  }

  settings(accountId: AccountId): Promise<LinkSettings> {
    return this.#ports.store.recordingLinks.get(accountId)
  }

  /** `ttlS` null: no more links in webhooks. */
  async setWebhookTtl(accountId: AccountId, ttlS: number | null): Promise<LinkSettings> {
    return this.#noted(
      accountId,
      await this.#ports.store.recordingLinks.setWebhookTtl(accountId, ttlS),
    )
  }

  /** All links that the account has now. */
  async revoke(accountId: AccountId): Promise<LinkSettings> {
    const { store, clock } = this.#ports
    return this.#noted(accountId, await store.recordingLinks.revoke(accountId, clock.nowMs()))
  }

  #noted(accountId: AccountId, settings: LinkSettings): LinkSettings {
    if (settings.webhookTtlS === null) this.#inWebhooks.delete(accountId)
    else this.#inWebhooks.set(accountId, settings)
    return settings
  }

  #signed(
    accountId: AccountId,
    recordingId: RecordingId,
    { use, ttlS, generation }: Wanted,
  ): SignedLink {
    const expiresAtMs = Math.floor(this.#ports.clock.nowMs()) + ttlS * 1000
    const content = { accountId, recordingId, use, expiresAtMs, generation }
    return { token: this.#ports.signer.sign(content), expiresAtMs }
  }
}

interface Wanted {
  readonly use: LinkUse
  readonly ttlS: number
  readonly generation: number
}

const gone = () => new Failure('not_found', 'This link is over, or what it led to is gone')
