import { join } from 'node:path'
import { type DrawnPeaks, drawnPeaks, type RecordingStorage } from '../../recordings/index.ts'
import type { Readiness } from '../api/options.ts'
import { startApi } from '../api/server.ts'
import { callCentre } from '../app/centre.ts'
import { conferenceDesk } from '../app/conferences/conference-desk.ts'
import { newPassword } from '../app/first-start.ts'
import type { Config } from '../config/index.ts'
import { Failure } from '../core/failures.ts'
import { WavFault } from '../dsp/wav.ts'
import { labDirectory, labEcho } from '../lab/plan.ts'
import { startDeliveries } from '../web/index.ts'
import { pageUrl } from './addresses.ts'
import { type Build, ids, realm, version } from './build.ts'
import { clock } from './clock.ts'
import { dialectsOf, noticeRenderer, recordingUrls } from './dialects.ts'
import { httpsOf } from './https.ts'
import { openAnnouncements } from './microphone.ts'
import type { SipRelay } from './sip.ts'

export function openDeliveries({ config, closers, log, ports, metrics }: Build): void {
  const dialects = dialectsOf(config)
  const deliveries = startDeliveries({
    outbox: ports.store.outbox,
    allowed: config.allowedUrlTargets,
    secret: (accountId) => ports.store.accounts.webhookSecret(accountId),
    render: noticeRenderer(dialects, recordingUrlOf(dialects, config)),
    ...{ clock, log, metrics },
  })
  closers.add(() => deliveries.close())
}

interface OpenApi {
  readonly port: number
  /** Undefined: there is no HTTPS. */
  readonly httpsPort: number | undefined
  /** Reads certificate files at once. */
  reload(): void
}

export async function openApi(build: Build, sipRelay: SipRelay | undefined): Promise<OpenApi> {
  const { config, closers, log, ports, calls, metrics, storage } = build
  const dialects = dialectsOf(config)
  const https = httpsOf(build)
  const api = await startApi({
    ...config.http,
    ...(https ? { https: https.options } : {}),
    dialects,
    services: {
      callCentre: callCentre(ports, calls),
      conferences: conferenceDesk({ ports, calls }),
      directory: {
        ...{ store: ports.store, web: ports.web, clock, ids, realm, newPassword },
        recordingMedia: storage,
        forgetDevice: (id, because) => {
          ports.sip.forgetDevice(id, because)
          build.feeds.forget(id)
        },
        mailboxChanged: (id, username) => ports.sip.mailboxChanged(id, username),
        sipTrunks: ports.sip,
      },
      registeredContacts: (id) => ports.sip.registeredContacts(id),
      tokens: build.tokens,
      deviceLogins: build.logins.forApi,
      deviceFeeds: build.feeds,
      sipTrace: build.trace.calls,
      speech: ports.speech,
      bans: build.late.bans,
      announcements: openAnnouncements(build),
      peaks: (path, buckets) => storedPeaks(storage, path, buckets),
      recordingUrl: recordingUrlOf(dialects, config),
      testNumber: config.lab ? labEcho : null,
    },
    clock,
    observe: { log, metricsText: () => metrics.text() },
    readiness: () => readinessOf(build),
    version,
    publicUrl: pageUrl(config, config.http.port),
    trustedProxies: config.trustedProxies,
    plainHttp: config.plainHttp,
    phoneFolder: join(import.meta.dirname, '../../softphone/app/dist'),
    socketOrigins: config.sip.wsOrigins,
    ...(sipRelay ? { sipRelay } : {}),
    ...(config.lab
      ? { labNumbers: labDirectory.map(({ number, what }) => ({ number, does: what })) }
      : {}),
  })
  closers.add(() => api.close())
  const reload = https?.watch(api)
  return { port: api.port, httpsPort: api.httpsPort, reload: () => reload?.() }
}

async function storedPeaks(
  storage: RecordingStorage,
  path: string,
  buckets: number,
): Promise<DrawnPeaks> {
  try {
    return await drawnPeaks(storage.locate(path), buckets)
  } catch (error) {
    if (!(error instanceof WavFault)) throw error
    throw new Failure('invalid_audio', `the recording is not whole: ${error.message}`)
  }
}

function readinessOf({ late, ports }: Build): Readiness {
  const checks = {
    sip: ports.sip.ready() ? 'ok' : 'no control connection',
    media: ports.media.ready() ? 'ok' : 'the media thread is gone',
    calls: late.draining ? 'none taken any more: the engine is shutting down' : 'ok',
  }
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
}

const recordingUrlOf = (dialects: ReturnType<typeof dialectsOf>, config: Config) =>
  recordingUrls(dialects, pageUrl(config, config.http.port))
