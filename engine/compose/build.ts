import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { greetingFolder, type RecordingVault } from '../../recordings/index.ts'
import type { Closers } from '../app/closing.ts'
import { DeviceFeeds } from '../app/device-feed.ts'
import { LiveCalls } from '../app/live-calls.ts'
import type { Ports } from '../app/ports.ts'
import { noSteps } from '../app/recordings/kept.ts'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'
import type { PromptFiles } from '../core/ports/prompts.ts'
import type { Store } from '../core/ports/store.ts'
import type { Tokens } from '../core/ports/tokens.ts'
import { isAllowed, sipTargetOf } from '../core/targets.ts'
import { createMetrics } from '../observe/index.ts'
import type { BanList } from '../sip/auth/bans.ts'
import { pageUrl } from './addresses.ts'
import { clock } from './clock.ts'
import { type Logins, openLogins } from './device-logins.ts'
import { dialectsOf, recordingUrls } from './dialects.ts'
import { openMusicFolder, openPromptFiles, openWeb } from './prompts.ts'
import { openSpeech } from './speech.ts'
import { openTrace, type Trace } from './trace.ts'
import { openRecogniser } from './transcripts.ts'
import { openVault } from './vault.ts'

export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version
export const realm = 'ringdown'

export const ids = { uuid: () => randomUUID() }

/** What the steps of the start share. */
export interface Build {
  readonly config: Config
  readonly closers: Closers
  readonly log: Log
  readonly ports: Ports
  readonly calls: LiveCalls
  readonly metrics: ReturnType<typeof createMetrics>
  readonly storage: RecordingVault
  readonly promptFiles: PromptFiles
  readonly tokens: Tokens
  readonly logins: Logins
  readonly feeds: DeviceFeeds
  readonly trace: Trace
  /** Filled in as they start: the calls command SIP and media, which in turn tell the calls. */
  readonly late: Late
}

interface Late {
  sip: Ports['sip']
  media: Ports['media']
  bans: BanList
  /** Of the embedded SIP server, `protocol/address:port`. */
  connectionClosed(source: string): void
  draining: boolean
  /** All parts are there: later steps of recordings begin. */
  complete(): void
  /** Something without which there are no calls has ended. */
  breakDown(reason: string): void
}

export function prepare(
  config: Config,
  closers: Closers,
  log: Log,
  store: Store,
  tokens: Tokens,
  breakDown: Late['breakDown'],
): Build {
  const metrics = createMetrics()
  const storage = openVault(config, store, log)
  const promptFiles = openPromptFiles(config, store, log)
  const web = openWeb(config, store, promptFiles, log)
  const speech = openSpeech(config, closers, log, web)
  const complete = Promise.withResolvers<void>()
  const connectionClosed = (_source: string): void => {}
  const late = { draining: false, connectionClosed, breakDown, complete: complete.resolve } as Late
  const ports: Ports = {
    music: openMusicFolder(config, closers, log),
    ...{ store, speech, web, clock, ids, log, metrics, recordingFiles: storage },
    recogniser: openRecogniser(config, closers),
    greetingFiles: greetingFolder(join(config.dataDir, 'greetings')),
    recordingSteps: noSteps(complete.promise),
    random: () => Math.random(),
    settings: {
      ringTimeoutMs: 30_000,
      maxCalls: config.callLimits.maxCalls,
      maxCallMs: 4 * 3_600_000,
      silentCallMs: 3_600_000,
      parkMs: config.parkMs,
      creditNoticeMs: config.creditNoticeMs,
      recording: config.recording,
      allowSipTarget: (uri) => allowsSip(config, uri),
      recordingUrl: recordingUrls(dialectsOf(config), pageUrl(config, config.http.port)),
    },
    get sip() {
      return late.sip
    },
    get media() {
      return late.media
    },
  }
  const calls = new LiveCalls(ports)
  callGauges(metrics, calls)
  const trace = openTrace(config, closers, log, metrics)
  const logins = openLogins(config, store.devices, realm)
  const feeds = new DeviceFeeds({ store, clock, log })
  metrics.gauge('ringdown_feeds', 'Pages of devices that follow what happens', () => feeds.size)
  return {
    config,
    closers,
    log,
    ports,
    calls,
    metrics,
    storage,
    promptFiles,
    tokens,
    logins,
    feeds,
    trace,
    late,
  }
}

function callGauges(metrics: ReturnType<typeof createMetrics>, calls: LiveCalls): void {
  metrics.gauge(
    'ringdown_recordings_free_bytes',
    'Free on the disk of the recordings',
    () => calls.space.space?.freeBytes ?? 0,
  )
  metrics.gauge('ringdown_recordings_disk_low', 'It is nearly full: nothing new is recorded', () =>
    calls.space.isLow ? 1 : 0,
  )
  metrics.gauge('ringdown_calls', 'Calls that are not ended', () => calls.size)
  metrics.gauge(
    'ringdown_conferences',
    'Conferences that are not over',
    () => calls.conferences.size,
  )
  metrics.gauge(
    'ringdown_conference_members',
    'Calls in conferences, or on their way there',
    () => calls.conferences.members,
  )
  metrics.gauge('ringdown_queue_waiting', 'Calls that wait in queues', () => calls.queues.waiting)
  metrics.gauge('ringdown_calls_up', 'Calls that are answered', () => calls.countUp())
}

function allowsSip(config: Config, uri: string): boolean {
  const target = sipTargetOf(uri)
  return target !== undefined && isAllowed(config.allowedSipTargets, target.host, target.port)
}
