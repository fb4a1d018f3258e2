import { join } from 'node:path'
import type { Readiness } from '../api/options.ts'
import { startApi } from '../api/server.ts'
import { actionDesk } from '../app/actions/desk.ts'
import { callCentre } from '../app/centre.ts'
import { conferenceDesk } from '../app/conferences/conference-desk.ts'
import type { DirectoryPorts } from '../app/directory/ports.ts'
import { boundBacklog } from '../app/events/backlog.ts'
import { EventFeeds } from '../app/events/event-feeds.ts'
import { keepEvents } from '../app/events/retention.ts'
import { newPassword } from '../app/first-start.ts'
import { moneyDesk } from '../app/money/desk.ts'
import { queueDesk } from '../app/queues/queue-desk.ts'
import type { Transcripts } from '../app/recordings/transcripts.ts'
import { streamDesk } from '../app/streams/desk.ts'
import type { Config } from '../config/index.ts'
import type { AccountId, WebhookId } from '../core/ids.ts'
import type { Store } from '../core/ports/store.ts'
import { validSecrets } from '../core/webhooks.ts'
import { labDirectory, labEcho } from '../lab/plan.ts'
import { startDeliveries } from '../web/index.ts'
import { pageUrl } from './addresses.ts'
import { type Build, ids, realm, version } from './build.ts'
import { clock } from './clock.ts'
import {
  dialectsOf,
  noticeRenderer,
  recordingUrls,
  transcriptRenderer,
  transcriptUrls,
} from './dialects.ts'
import { httpsOf } from './https.ts'
import { openMail } from './mail.ts'
import { openAnnouncements } from './microphone.ts'
import type { Playback } from './playback.ts'
import type { SipRelay } from './sip.ts'
import { speechFiles } from './speech.ts'
import { deleting, recordingKeyId, recordingMedia } from './vault.ts'

export function openDeliveries(build: Build, playback: Playback): void {
  const { config, closers, log, ports, metrics } = build
  const dialects = dialectsOf(config)
  const render = noticeRenderer(dialects, recordingUrlOf(dialects, config), playback.inWebhook)
  const textUrlOf = transcriptUrls(dialects, pageUrl(config, config.http.port))
  const deliveries = startDeliveries({
    outbox: ports.store.outbox,
    allowed: config.allowedUrlTargets,
    secrets: ({ event, webhookId }) => secretsFor(ports.store, event.accountId, webhookId),
    mail: openMail(build, playback),
    render: transcriptRenderer(render, ports.store.recordings, textUrlOf),
    ...{ clock, log, metrics },
  })
  closers.add(() => deliveries.close())
  closers.add(boundBacklog({ ...ports, clock, log }))
  if (config.eventsKeptMs > 0)
    closers.add(keepEvents({ ...ports, clock, log }, config.eventsKeptMs))
}

/** A webhook of the account has secrets of its own; everything else is signed with the account's. */
async function secretsFor(
  { webhooks }: Store,
  accountId: AccountId,
  webhookId: WebhookId | undefined,
): Promise<readonly string[]> {
  const secrets =
    webhookId === undefined
      ? await webhooks.secretsOf(accountId)
      : await webhooks.secrets(webhookId)
  return secrets ? validSecrets(secrets, clock.nowMs()) : []
}

interface OpenApi {
  readonly port: number
  /** Undefined: there is no HTTPS. */
  readonly httpsPort: number | undefined
  /** Reads certificate files at once. */
  reload(): void
}

export async function openApi(
  build: Build,
  sipRelay: SipRelay | undefined,
  playback: Playback,
  transcripts: Transcripts,
): Promise<OpenApi> {
  const { config, closers, log, ports, calls, metrics } = build
  const dialects = dialectsOf(config)
  const https = httpsOf(build)
  const eventFeeds = new EventFeeds({ store: ports.store, log })
  closers.add(() => eventFeeds.close())
  metrics.gauge('ringdown_event_followers', 'Clients that follow the log', () => eventFeeds.size)
  const api = await startApi({
    ...config.http,
    ...(https ? { https: https.options } : {}),
    dialects,
    services: {
      callCentre: callCentre(ports, calls),
      streams: streamDesk(ports, calls),
      actions: actionDesk(ports, calls),
      conferences: conferenceDesk({ ports, calls }),
      queues: queueDesk({ ports, calls }),
      money: moneyDesk(ports),
      directory: directoryOf(build),
      registeredContacts: (id) => ports.sip.registeredContacts(id),
      tokens: build.tokens,
      deviceLogins: build.logins.forApi,
      deviceFeeds: build.feeds,
      eventFeeds,
      sipTrace: build.trace.calls,
      ...{ speech: ports.speech, voices: ports.speech, speechFiles },
      bans: build.late.bans,
      announcements: openAnnouncements(build),
      recordingPeaks: playback.peaks,
      ...{ recordingLinks: playback.links, linkUrl: playback.linkUrl, transcripts },
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
    limits: { requestsPerSecond: config.requestsPerSecond },
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

function directoryOf(build: Build): DirectoryPorts {
  const { config, storage } = build
  const { store, web, speech, recogniser, sip, greetingFiles } = build.ports
  return {
    ...{ store, web, speech, recogniser, clock, ids, realm, newPassword },
    recordingMedia: recordingMedia(storage),
    deleteRecording: deleting(build),
    recordingKeyId,
    promptFiles: build.promptFiles,
    greetingFiles,
    sendsMail: config.mail !== undefined,
    forgetDevice: (id, because) => {
      sip.forgetDevice(id, because)
      build.feeds.forget(id)
    },
    mailboxChanged: (id, username) => sip.mailboxChanged(id, username),
    sipTrunks: sip,
  }
}

const lowDisk = 'the disk is nearly full: nothing new is recorded'

function readinessOf({ late, ports, calls }: Build): Readiness {
  const checks = {
    sip: ports.sip.ready() ? 'ok' : 'no control connection',
    media: ports.media.ready() ? 'ok' : 'the media thread is gone',
    store: ports.store.trouble() === undefined ? 'ok' : 'the database cannot be reached',
    // Said, and no reason to send calls elsewhere: they go on.
    recordings: calls.space.isLow ? lowDisk : 'ok',
    calls: late.draining ? 'none taken any more: the engine is shutting down' : 'ok',
  }
  const isReady = Object.values(checks).every((check) => check === 'ok' || check === lowDisk)
  return { ready: isReady, checks }
}

const recordingUrlOf = (dialects: ReturnType<typeof dialectsOf>, config: Config) =>
  recordingUrls(dialects, pageUrl(config, config.http.port))
