import type { AnnouncementDesk } from '../app/announcements.ts'
import type { CallCentre } from '../app/call-centre.ts'
import type { ConferenceDesk } from '../app/conferences/desk.ts'
import type { DeviceFeeds } from '../app/device-feed.ts'
import type { DirectoryPorts } from '../app/directory/ports.ts'
import type { DeviceId, RecordingId } from '../core/ids.ts'
import type { Bans } from '../core/ports/bans.ts'
import type { DeviceLogins } from '../core/ports/device-logins.ts'
import type { RegisteredContact } from '../core/ports/sip.ts'
import type { Speech } from '../core/ports/speech.ts'
import type { Tokens } from '../core/ports/tokens.ts'
import type { SipTrace } from '../core/ports/trace.ts'

/** Least and greatest sample of each stretch, -1 to 1, a row per channel. */
export interface Peaks {
  readonly rateHz: number
  readonly durationMs: number
  readonly channels: readonly { readonly min: readonly number[]; readonly max: readonly number[] }[]
}

/** Where the audio of a recording can be fetched, as clients reach it; null when no API serves it. */
export type RecordingUrl = (id: RecordingId) => string | null

/** What the routes of all dialects may use. */
export interface Services {
  readonly callCentre: CallCentre
  readonly conferences: ConferenceDesk
  readonly directory: DirectoryPorts
  readonly tokens: Tokens
  readonly deviceLogins: DeviceLogins
  readonly deviceFeeds: DeviceFeeds
  readonly speech: Pick<Speech, 'hasVoice'>
  readonly bans: Bans
  readonly announcements: AnnouncementDesk
  /** Contacts at which a device is registered now. */
  registeredContacts(deviceId: DeviceId): readonly RegisteredContact[]
  readonly sipTrace: SipTrace
  /** The waveform of a WAV file in `buckets` stretches. Failure `invalid_audio` when it is none. */
  peaks(path: string, buckets: number): Promise<Peaks>
  readonly recordingUrl: RecordingUrl
  /** A number for test calls: sends back what it hears. Null where there is none. */
  readonly testNumber: string | null
}
