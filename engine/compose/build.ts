import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RecordingStorage } from '../../recordings/index.ts'
import { createSpeech } from '../../tts/index.ts'
import type { Closers } from '../app/closing.ts'
import { DeviceFeeds } from '../app/device-feed.ts'
import { LiveCalls } from '../app/live-calls.ts'
import type { Ports } from '../app/ports.ts'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Store } from '../core/ports/store.ts'
import type { Tokens } from '../core/ports/tokens.ts'
import { isAllowed, sipTargetOf } from '../core/targets.ts'
import { createMetrics } from '../observe/index.ts'
import type { BanList } from '../sip/auth/bans.ts'
import { createWeb } from '../web/index.ts'
import { clock } from './clock.ts'
import { type Logins, openLogins } from './device-logins.ts'
import { openTrace, type Trace } from './trace.ts'

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
  readonly storage: RecordingStorage
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
  const storage = new RecordingStorage(join(config.dataDir, 'recordings'))
  const allowed = config.allowedUrlTargets
  const web = createWeb({ dataDir: config.dataDir, allowed, clock, log })
  const speech = createSpeech({ dataDir: config.dataDir, log })
  const connectionClosed = (_source: string): void => {}
  const late = { draining: false, connectionClosed, breakDown } as Late
  const ports: Ports = {
    ...{ store, speech, web, clock, ids, log, metrics, recordingFiles: storage },
    random: () => Math.random(),
    settings: {
      ringTimeoutMs: 30_000,
      maxCalls: config.callLimits.maxCalls,
      maxCallMs: 4 * 3_600_000,
      silentCallMs: 3_600_000,
      parkMs: config.parkMs,
      holdMusicPath: config.holdMusicFile,
      allowSipTarget: (uri) => allowsSip(config, uri),
    },
    get sip() {
      return late.sip
    },
    get media() {
      return late.media
    },
  }
  const calls = new LiveCalls(ports)
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
  metrics.gauge('ringdown_calls_up', 'Calls that are answered', () => calls.countUp())
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
    tokens,
    logins,
    feeds,
    trace,
    late,
  }
}

function allowsSip(config: Config, uri: string): boolean {
  const target = sipTargetOf(uri)
  return target !== undefined && isAllowed(config.allowedSipTargets, target.host, target.port)
}
