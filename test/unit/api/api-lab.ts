import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { telephony } from '../../../engine/api/dialects/telephony/index.ts'
import { voice2phone } from '../../../engine/api/dialects/voice2phone/index.ts'
import type { ApiOptions } from '../../../engine/api/options.ts'
import { buildApi } from '../../../engine/api/server.ts'
import { AccountDesk } from '../../../engine/app/account-desk.ts'
import type {
  CallCentre,
  PlaceCall,
  TriggerCall,
  UpdateCall,
} from '../../../engine/app/call-centre.ts'
import { DeviceFeeds } from '../../../engine/app/device-feed.ts'
import { deviceLogins } from '../../../engine/app/directory/device-logins.ts'
import { EventFeeds } from '../../../engine/app/events/event-feeds.ts'
import { explainRoute } from '../../../engine/app/explain-route.ts'
import type { NewMessage } from '../../../engine/app/messages.ts'
import { moneyDesk } from '../../../engine/app/money/desk.ts'
import { noSteps } from '../../../engine/app/recordings/kept.ts'
import { LinkDesk } from '../../../engine/app/recordings/links.ts'
import { deleteRecording } from '../../../engine/app/recordings/remove.ts'
import { Transcripts } from '../../../engine/app/recordings/transcripts.ts'
import type { TransferCall } from '../../../engine/app/transfer-call.ts'
import { TrunkDesk } from '../../../engine/app/trunk-desk.ts'
import { messagesFollow } from '../../../engine/app/voicemail/remove.ts'
import { speechFiles } from '../../../engine/compose/speech.ts'
import { recordingKeyId } from '../../../engine/compose/vault.ts'
import { type CallRecord, freshCall, isFinal } from '../../../engine/core/call.ts'
import { keyHash } from '../../../engine/core/digest.ts'
import type { EventDraft } from '../../../engine/core/events.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, CallId } from '../../../engine/core/ids.ts'
import type { Ban } from '../../../engine/core/ports/bans.ts'
import type { Log } from '../../../engine/core/ports/observe.ts'
import type { RegisteredContact } from '../../../engine/core/ports/sip.ts'
import type { Account, Store } from '../../../engine/core/ports/store.ts'
import type { Transcriber } from '../../../engine/core/ports/transcriber.ts'
import { SipTraceStore } from '../../../engine/observe/index.ts'
import { keyedHash } from '../../../engine/sip/auth/keyed-hash.ts'
import { Lockout } from '../../../engine/sip/auth/lockout.ts'
import { createLinkSigner, createTokens } from '../../../engine/tokens/index.ts'
import { promptFolder } from '../../../engine/web/index.ts'
import { openMemoryStore } from '../../support/empty-store.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type ApiQueues, apiQueues } from './api-queues.ts'
import { FakeActions } from './fake-actions.ts'
import { FakeAnnouncements } from './fake-announcements.ts'
import { FakeConferences } from './fake-conferences.ts'
import { FakeStreams } from './fake-streams.ts'

export const key = 'sk_test_0123456789abcdef'
export const otherKey = 'sk_live_fedcba9876543210'
export const tokenSecret = 'a-secret-of-the-tests-with-enough-length'
export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
export const publicUrl = 'http://voice.example'

const account = (name: string, digit: string): Account => ({
  id: `00000000-0000-4000-8000-00000000000${digit}` as AccountId,
  name,
  defaultNumber: '+15005550000',
  recordTriggerCalls: true,
})
export const ours = account('ours', '1')
export const theirs = account('theirs', '2')

/** A call of `ours` that nothing has happened to; `changes` go over it. */
export const callRecord = (changes: Partial<CallRecord> = {}): CallRecord =>
  freshCall({
    id: '11111111-2222-4333-8444-555555555555' as CallId,
    accountId: ours.id,
    direction: 'outbound',
    from: '+15005550000',
    to: '+61412345678',
    createdAtMs: startMs,
    ...changes,
  })

const unknownTrunk = { registration: null, reachable: null, roundTripMs: null }

/** Calls that nobody rings: kept in the store, with the rules of CallCentre that an API can see. */
export class FakeCentre implements CallCentre {
  readonly asked: { what: string; request: unknown }[] = []
  readonly store: Store
  readonly uuid: () => string
  readonly trunks = new TrunkDesk({ monotonicMs: () => 1_000_000 }, () => 0)
  readonly accounts = new AccountDesk({ monotonicMs: () => 1_000_000, nowMs: () => 0 }, () => null)
  /** Thrown by the next request that would make a call. */
  refuse: Error | undefined

  constructor(store: Store, uuid: () => string) {
    this.store = store
    this.uuid = uuid
  }

  async placeCall(by: Account, request: PlaceCall): Promise<CallRecord> {
    this.#ask('placeCall', request)
    const { id, to, from, url, method, statusCallback, record } = request
    const there = id && (await this.store.calls.get(by.id, id))
    if (there) return there
    return this.#make(by, {
      ...(id && { id }),
      to,
      from,
      url: url ?? null,
      method: method ?? 'POST',
      statusCallback: statusCallback ?? null,
      record: record ?? false,
    })
  }

  async triggerCall(by: Account, request: TriggerCall): Promise<CallRecord> {
    this.#ask('triggerCall', request)
    const { agentPhone, leadPhone, leadName, source, metadata } = request
    return this.#make(by, {
      to: agentPhone,
      trigger: {
        leadPhone,
        leadName,
        source: source ?? null,
        metadata: metadata ?? null,
        connectedAtMs: null,
        failure: null,
        creditsUsedMicro: 100_000,
      },
    })
  }

  connectTimes: CallCentre['connectTimes'] = () => undefined

  async getCall(by: AccountId, id: CallId): Promise<CallRecord> {
    const call = await this.store.calls.get(by, id)
    if (!call) throw new Failure('not_found', 'no such call')
    return call
  }

  untilAnswered(by: AccountId, id: CallId): Promise<CallRecord> {
    return this.getCall(by, id)
  }

  listCalls(by: AccountId, filter: Parameters<CallCentre['listCalls']>[1]) {
    this.asked.push({ what: 'listCalls', request: filter })
    return this.store.calls.list(by, filter)
  }

  async childrenOf(by: AccountId, id: CallId): Promise<CallRecord[]> {
    await this.getCall(by, id)
    return this.store.calls.children(id)
  }

  async qualityOf(by: AccountId, id: CallId) {
    return (await this.getCall(by, id)).quality
  }

  liveState: ReturnType<CallCentre['liveStateOf']>

  liveStateOf() {
    return this.liveState
  }

  permitTakeover(_by: AccountId, username: string, id: CallId) {
    this.#ask('permitTakeover', { username, id })
    return { token: 'once', expiresAtMs: 30_000 }
  }

  /** Numbers alone: there are no phones here. */
  explainRoute(by: Account, call: Parameters<CallCentre['explainRoute']>[1]) {
    const ports = {
      store: this.store,
      sip: { registeredContacts: () => [], trunkStatus: () => unknownTrunk },
      settings: { allowSipTarget: () => false },
      clock: { nowMs: () => startMs },
    }
    return explainRoute(ports, { trunks: this.trunks, accounts: this.accounts }, by, call)
  }

  async updateCall(by: AccountId, id: CallId, update: UpdateCall): Promise<CallRecord> {
    const call = await this.getCall(by, id)
    this.#ask('updateCall', update)
    if (isFinal(call.status)) throw new Failure('call_ended', 'the call is over')
    if (update.status) return this.#put({ ...call, status: update.status, endedAtMs: startMs })
    return this.#put({ ...call, url: update.url ?? null })
  }

  async endCall(by: AccountId, id: CallId): Promise<void> {
    const call = await this.getCall(by, id)
    this.#ask('endCall', id)
    if (!isFinal(call.status)) await this.#put({ ...call, status: 'canceled', endedAtMs: startMs })
  }

  async holdCall(by: AccountId, id: CallId, held: boolean, musicUrl?: string): Promise<CallRecord> {
    const call = await this.getCall(by, id)
    this.#ask('holdCall', musicUrl ?? held)
    if (isFinal(call.status)) throw new Failure('call_ended', 'the call is over')
    return call
  }

  async transferCall(by: AccountId, id: CallId, transfer: TransferCall): Promise<CallRecord> {
    const call = await this.getCall(by, id)
    this.#ask('transferCall', transfer)
    if (isFinal(call.status)) throw new Failure('call_ended', 'the call is over')
    return call
  }

  async sendMessage(_by: Account, message: NewMessage): Promise<void> {
    this.#ask('sendMessage', message)
  }

  async eventsOf(by: AccountId, id: CallId) {
    await this.getCall(by, id)
    return this.store.events.ofCall(by, id)
  }

  liveCalls(): number {
    return 0
  }

  #ask(what: string, request: unknown): void {
    this.asked.push({ what, request })
    if (this.refuse) throw this.refuse
  }

  #make(by: Account, changes: Partial<CallRecord>): Promise<CallRecord> {
    return this.#put(callRecord({ id: this.uuid() as CallId, accountId: by.id, ...changes }))
  }

  async #put(call: CallRecord): Promise<CallRecord> {
    const type = `call.${call.status}` as const
    await this.store.calls.commit(call, [{ type, callId: call.id, atMs: startMs, data: {} }])
    return call
  }
}

const aBan: Ban = {
  ...{ address: '203.0.113.9', reason: 'digests', count: 1 },
  ...{ sinceMs: startMs, untilMs: startMs + 600_000 },
}

/** A log that remembers its lines. */
export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; fields: unknown }[] = []
  /** One for each request: of no interest here. */
  debug = () => {}
  info = (message: string, fields?: unknown) => this.#add('info', message, fields)
  warn = (message: string, fields?: unknown) => this.#add('warn', message, fields)
  error = (message: string, fields?: unknown) => this.#add('error', message, fields)
  child = (): Log => this

  #add(level: string, message: string, fields: unknown): void {
    this.lines.push({ level, message, fields })
  }
}

export interface ApiLab {
  readonly app: FastifyInstance
  readonly options: ApiOptions
  readonly store: Store
  readonly centre: FakeCentre
  readonly log: MemoryLog
  readonly contacts: Map<string, RegisteredContact[]>
  /** User names of devices whose lamps were to be told. */
  readonly mailboxesChanged: string[]
  readonly trace: SipTraceStore
  readonly announcements: FakeAnnouncements
  readonly conferences: FakeConferences
  readonly actions: FakeActions
  readonly queues: ApiQueues
  readonly streams: FakeStreams
  readonly time: { nowMs: number }
  readonly health: { ready: boolean; checks: Record<string, string> }
  /** Asks with our key unless the headers say otherwise. */
  ask(request: InjectOptions): Promise<{ status: number; body: unknown; headers: HeaderMap }>
  put(call: CallRecord, events?: readonly EventDraft[]): Promise<CallRecord>
  close(): Promise<void>
}
type HeaderMap = Readonly<Record<string, unknown>>

/** The whole API in the process, over a store in memory and calls that nobody rings. */
/** Takes what is asked for; its turn never comes. */
const neverDone: Transcriber = {
  unavailableBecause: () => undefined,
  transcribe: () => new Promise(() => {}),
}
async function* nothing(): AsyncGenerator<never> {}

/** One voice, whose sample is a file that there is; transcripts are only asked for. */
const aVoice = {
  voices: {
    unavailableBecause: () => undefined,
    voices: () => [
      { id: 'lab:ann', name: 'ann', language: 'en-GB', provider: 'lab', rateHz: 16_000 },
    ],
    synthesise: async () => ({ path: '/etc/hostname', durationMs: 1000, cached: true }),
  },
}

export async function apiLab(changes: Partial<ApiOptions> = {}): Promise<ApiLab> {
  const time = { nowMs: startMs }
  let made = 0
  const uuid = () => `aaaaaaaa-bbbb-4ccc-8ddd-${String(++made).padStart(12, '0')}`
  const promptsDir = await mkdtemp(join(tmpdir(), 'api-lab-'))
  const store = await openMemoryStore({ clock: { nowMs: () => time.nowMs } })
  await fill(store)
  const centre = new FakeCentre(store, uuid)
  const tokens = await createTokens({ secret: tokenSecret, clock: { nowMs: () => time.nowMs } })
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, after: () => () => {} }
  const logins = deviceLogins({
    ...{ devices: store.devices, realm: 'ringdown', clock, sipUrl: '/sip' },
    keyed: keyedHash(Buffer.from(tokenSecret)),
    nonce: () => uuid().slice(-12),
    guesses: new Lockout(clock),
    iceServers: () => [],
  })
  const log = new MemoryLog()
  const contacts = new Map<string, RegisteredContact[]>()
  const mailboxesChanged: string[] = []
  const mailboxChanged = (_id: unknown, username: string) => void mailboxesChanged.push(username)
  const trace = new SipTraceStore()
  const announcements = new FakeAnnouncements(uuid, () => time.nowMs)
  const conferences = new FakeConferences(uuid, () => time.nowMs)
  const actions = new FakeActions(store, uuid)
  const streams = new FakeStreams((account, id) => centre.getCall(account, id))
  const queues = apiQueues({ store, clock, log, uuid, checkUrl })
  const health = { ready: true, checks: { sip: 'ok', media: 'ok' } as Record<string, string> }
  const options: ApiOptions = {
    host: '127.0.0.1',
    port: 0,
    dialects: [telefonie, telephony, voice2phone],
    clock: { monotonicMs: () => time.nowMs },
    observe: { log, metricsText: async () => '# TYPE calls gauge\ncalls 0\n' },
    readiness: () => health,
    version: '1.2.3',
    publicUrl,
    labNumbers: [{ number: '+15005550001', does: 'answers and echoes' }],
    ...changes,
    services: {
      callCentre: centre,
      actions,
      tokens,
      deviceLogins: logins,
      deviceFeeds: new DeviceFeeds({ store, clock, log }),
      eventFeeds: new EventFeeds({ store, log }),
      speech: { hasVoice: () => true },
      ...{ ...aVoice, speechFiles },
      transcripts: new Transcripts(
        { store, clock, log, recordingSteps: noSteps(new Promise(() => {})) },
        { transcriber: neverDone, soundOf: () => nothing() },
      ),
      announcements,
      conferences,
      queues: queues.desk,
      streams: streams.desk,
      money: moneyDesk({ store, clock }),
      bans: { list: () => [aBan], lift: (address) => address === aBan.address },
      registeredContacts: (id) => contacts.get(id) ?? [],
      sipTrace: trace,
      recordingPeaks: {
        read: async ({ path }, { buckets, fromMs = 0 }) => {
          if (!existsSync(path)) throw new Failure('not_found', 'The audio is not there any more')
          const channel = { min: Array(buckets).fill(-0.5), max: Array(buckets).fill(0.5) }
          const times = { rateHz: 8000, durationMs: 1000, fromMs, bucketMs: 1000 / buckets }
          return { ...times, channels: [channel, channel] }
        },
      },
      recordingLinks: new LinkDesk({
        ...{ store, clock, signer: createLinkSigner('the secret of this lab', clock) },
      }),
      linkUrl: (token, use) => `${publicUrl}/listen/${token}${use === 'audio' ? '/audio' : ''}`,
      recordingUrl: (id) => `${publicUrl}/v1/voice/recordings/${id}/media`,
      testNumber: '+15005550001',
      directory: {
        store,
        web: {
          ...{ checkUrl, checkPromptUrl: checkUrl, checkSocketUrl: checkUrl },
          prompt: async (url) => {
            if (url.includes('gone')) throw new Failure('url_unreachable', 'there is no such sound')
            return { path: '/prompt.wav', durationMs: 1000 }
          },
        },
        speech: {
          unavailableBecause: () => undefined,
          voiceNamed: (name) =>
            /^(?:de|en|pl)\b/.test(name)
              ? { ...{ id: name, name, language: name, provider: 'lab' }, rateHz: 8_000 }
              : undefined,
          check({ voice }) {
            if (voice === undefined || this.voiceNamed(voice)) return
            throw new Failure('invalid_request', `There is no voice ${voice}`, 'voice')
          },
        },
        clock: { nowMs: () => time.nowMs },
        ids: { uuid },
        realm: 'ringdown',
        sipTrunks: { trunksChanged: () => {}, trunkStatus: () => unknownTrunk },
        sendsMail: true,
        mailboxChanged,
        forgetDevice: (id) => {
          contacts.delete(id)
        },
        newPassword: () => 'correct-horse-battery-staple',
        recordingKeyId,
        deleteRecording: (recording, reason) =>
          deleteRecording(
            {
              ...{ store, log, clock },
              recordingSteps: {
                ...noSteps(),
                erased: [messagesFollow({ store, clock, mailboxChanged })],
              },
              recordingFiles: { erase: ({ path }) => rm(path, { force: true }) },
            },
            recording,
            reason,
          ),
        greetingFiles: { remove: async () => {} },
        promptFiles: promptFolder(promptsDir, new VirtualClock()),
        recordingMedia: {
          stat: async (path) => {
            // As the storage of the engine does with what can't be a recording.
            if (path === '') throw new Error('not the path of a recording')
            const found = await stat(path).catch(() => undefined)
            return found && { bytes: found.size, modifiedMs: found.mtimeMs }
          },
          open: async ({ path }, range) => {
            const found = await stat(path).catch(() => undefined)
            if (found === undefined) throw new Failure('not_found', 'The audio is gone')
            return { bytes: found.size, stream: createReadStream(path, range ?? {}) }
          },
          openSealed: async () => undefined,
          read: (path, start, end) => createReadStream(path, { start, end }),
          remove: (path) => rm(path, { force: true }),
        },
      },
      ...changes.services,
    },
  }
  const app = buildApi(options)
  await app.ready()
  return {
    app,
    options,
    store,
    centre,
    log,
    contacts,
    mailboxesChanged,
    trace,
    announcements,
    conferences,
    actions,
    queues,
    streams,
    time,
    health,
    async ask(request) {
      const headers = { 'x-api-key': key, ...request.headers }
      const answer = await app.inject({ ...request, headers })
      const isJson = String(answer.headers['content-type']).startsWith('application/json')
      const body: unknown = isJson && answer.body !== '' ? answer.json() : answer.body
      return { status: answer.statusCode, body, headers: answer.headers }
    },
    async put(call, events = []) {
      await store.calls.commit(call, events)
      return call
    },
    async close() {
      await app.close()
      await store.close()
      await rm(promptsDir, { recursive: true, force: true })
    },
  }
}

async function fill(store: Store): Promise<void> {
  const keys = [
    [ours, key],
    [theirs, otherKey],
  ] as const
  for (const [account, text] of keys) {
    await store.accounts.insert(account)
    await store.accounts.insertKey({
      hash: keyHash(text),
      accountId: account.id,
      hint: text.slice(-4),
      createdAtMs: startMs,
    })
  }
}

function checkUrl(url: string, field: string): void {
  if (/^https?:\/\/[a-z]/.test(url)) return
  throw new Failure('url_not_allowed', `${field} is not an http(s) address that may be used`, field)
}
