import type { ActionDesk } from '../app/actions/desk.ts'
import type { AnnouncementDesk } from '../app/announcements.ts'
import type { CallCentre } from '../app/call-centre.ts'
import type { ConferenceDesk } from '../app/conferences/desk.ts'
import type { DeviceFeeds } from '../app/device-feed.ts'
import type { DirectoryPorts, RecordingMedia } from '../app/directory/ports.ts'
import type { Voices } from '../app/directory/voices.ts'
import type { EventFeeds } from '../app/events/event-feeds.ts'
import type { MoneyDesk } from '../app/money/desk.ts'
import type { QueueDesk } from '../app/queues/desk.ts'
import type { LinkDesk } from '../app/recordings/links.ts'
import type { Transcripts } from '../app/recordings/transcripts.ts'
import type { StreamDesk } from '../app/streams/desk.ts'
import type { DeviceId, RecordingId } from '../core/ids.ts'
import type { Bans } from '../core/ports/bans.ts'
import type { DeviceLogins } from '../core/ports/device-logins.ts'
import type { LinkUse } from '../core/ports/recording-links.ts'
import type { RecordingPeaks } from '../core/ports/recording-peaks.ts'
import type { RegisteredContact } from '../core/ports/sip.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Tokens } from '../core/ports/tokens.ts'
import type { SipTrace } from '../core/ports/trace.ts'

/** Where the audio of a recording can be fetched, as clients reach it; null when no API serves it. */
export type RecordingUrl = (id: RecordingId) => string | null

/** What the routes of all dialects may use. */
export interface Services {
  readonly callCentre: CallCentre
  readonly actions: ActionDesk
  readonly conferences: ConferenceDesk
  readonly queues: QueueDesk
  readonly streams: StreamDesk
  readonly money: MoneyDesk
  readonly directory: DirectoryPorts
  readonly tokens: Tokens
  readonly deviceLogins: DeviceLogins
  readonly deviceFeeds: DeviceFeeds
  /** The logs of accounts, followed from any number on. */
  readonly eventFeeds: EventFeeds
  readonly speech: Pick<Speech, 'hasVoice'>
  readonly voices: Voices
  /** Reads what they have said. */
  readonly speechFiles: Pick<RecordingMedia, 'stat' | 'read'>
  readonly bans: Bans
  readonly announcements: AnnouncementDesk
  /** Contacts at which a device is registered now. */
  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[]
  readonly sipTrace: SipTrace
  readonly recordingPeaks: RecordingPeaks
  /** Needs a key. */
  readonly recordingUrl: RecordingUrl
  readonly recordingLinks: LinkDesk
  readonly transcripts: Pick<Transcripts, 'ask'>
  /** Where a signed link leads, as clients reach it. */
  linkUrl(token: string, use: LinkUse): string
  /** A number for test calls: sends back what it hears. Null where there is none. */
  readonly testNumber: string | null
}
