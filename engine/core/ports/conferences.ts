import type { ConferenceRecord, ConferenceStatus, Participant } from '../conference.ts'
import type { ConferenceEvent, ConferenceEventDraft } from '../events.ts'
import type { AccountId, ConferenceId } from '../ids.ts'
import type { Page } from './page.ts'

/** A conference as it was at an event. */
export interface ConferenceSnapshot {
  readonly record: ConferenceRecord
  /** Connected members. */
  readonly participantCount: number
  /** Whom the event is about; null: the conference as a whole. */
  readonly participant: Participant | null
}

export interface ToldConference {
  readonly draft: ConferenceEventDraft
  /** Goes out with the event, if the conference has a status callback. */
  readonly participantCount: number
  readonly participant: Participant | null
}

export interface StoredConferenceFilter extends Page {
  readonly status?: ConferenceStatus
}

export interface Conferences {
  /**
   * Stores the conference's row, appends the events to the account's log and, if it has a status callback,
   * makes a delivery of each that it wants to be told (`speakingEvents`). All in one transaction.
   */
  commit(conference: ConferenceRecord, events: readonly ToldConference[]): Promise<void>
  get(accountId: AccountId, id: ConferenceId): Promise<ConferenceRecord | undefined>
  /** Newest first. */
  list(
    accountId: AccountId,
    filter: StoredConferenceFilter,
  ): Promise<{ conferences: ConferenceRecord[]; total: number }>
  /** All that are not over, newest first. */
  live(accountId: AccountId): Promise<ConferenceRecord[]>
  /** What is kept of its log, oldest first. */
  eventsOf(accountId: AccountId, id: ConferenceId): Promise<ConferenceEvent[]>
  /** Those that were not over when the process ended. */
  unfinished(): Promise<ConferenceRecord[]>
}
