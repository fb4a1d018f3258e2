import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ActionDesk, actionDesk } from '../../engine/app/actions/desk.ts'
import type { CallCentre } from '../../engine/app/call-centre.ts'
import { callCentre } from '../../engine/app/centre.ts'
import { LiveCalls } from '../../engine/app/live-calls.ts'
import type { Ports } from '../../engine/app/ports.ts'
import { noSteps } from '../../engine/app/recordings/kept.ts'
import { mediaEvents, sipEvents } from '../../engine/app/sip-events.ts'
import type {
  AccountId,
  CallId,
  ConferenceId,
  DeviceId,
  NumberId,
  RecordingId,
  TrunkId,
} from '../../engine/core/ids.ts'
import type {
  LegStatistics,
  Media,
  MediaEvents,
  PlayOutcome,
  Sound,
} from '../../engine/core/ports/media.ts'
import type { Log, Metrics } from '../../engine/core/ports/observe.ts'
import type { RegisteredContact } from '../../engine/core/ports/registrations.ts'
import type { InviteRequest, Sip, SipEvents } from '../../engine/core/ports/sip.ts'
import type { Account, NumberRoute, Store } from '../../engine/core/ports/store.ts'
import type { InstructionAnswer } from '../../engine/core/ports/web.ts'
import { noQuality } from '../../engine/core/quality.ts'
import { openStore } from '../../engine/store/index.ts'
import { openMemoryStore } from './empty-store.ts'
import { settle, VirtualClock } from './virtual-clock.ts'

/** A command that the application gave, as one line, e.g. `sip.invite a1 +1500... trunk`. */
type Command = string

const aContact: RegisteredContact = {
  ...{ uri: 'sip:x@127.0.0.1', source: 'udp/127.0.0.1:1', userAgent: null },
  ...{ registeredAtMs: 0, expiresAtMs: 0, q: 1, path: [] },
  ...{ reachability: 'unknown', roundTripMs: null },
}

const noFigures: LegStatistics = {
  ...noQuality,
  codec: 'PCMU',
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  framesConcealed: 0,
  packetsFromStrangers: 0,
}

/** What an application answers. */
export const jsonAnswer = (
  document: unknown,
  url = 'https://app.example/voice',
): InstructionAnswer => ({ url, type: 'application/json', text: JSON.stringify(document) })

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}

/** The application over recorders: no socket, no audio, a virtual clock, a store in memory. */
export interface CallLab {
  readonly clock: VirtualClock
  readonly commands: Command[]
  readonly store: Store
  readonly account: Account
  readonly calls: LiveCalls
  readonly centre: CallCentre
  readonly actions: ActionDesk
  readonly sip: SipEvents
  readonly media: MediaEvents
  readonly metrics: Record<string, number>
  /** That of the recordings; changed by tests. */
  readonly disk: { freeBytes: number; totalBytes: number }
  /** Recordings of which the files were removed. */
  readonly erased: readonly string[]
  readonly ports: Ports
  /** Ids of the calls in the order in which they were made, INVITE by INVITE. */
  readonly invited: CallId[]
  /** What each of those INVITEs was, in the same order. */
  readonly requests: InviteRequest[]
  /** Ends what the call's phone hears now. */
  finishPlay(id: CallId): Promise<void>
  nowPlaying(id: CallId): Sound | undefined
  /** What it hears over its conversation. */
  nowOver(id: CallId): Sound | undefined
  /** Ends that. */
  finishOver(id: CallId): Promise<void>
  incoming(to: string, from?: string): Promise<CallId>
  addNumber(number: string, route: NumberRoute): Promise<void>
  addDevice(username: string, registered: boolean): Promise<DeviceId>
  /** Statuses and event types of the call's log, in order. */
  logOf(id: CallId): Promise<string[]>
  settle(): Promise<void>
}

export const ownNumber = '+15005550100'
const trunkId = '00000000-0000-4000-8000-0000000000aa' as TrunkId

export async function openCallLab(
  overrides: {
    sip?: Partial<Sip>
    media?: Partial<Media>
    ports?: Partial<Ports>
    databasePath?: string
  } = {},
): Promise<CallLab> {
  const clock = new VirtualClock()
  const path = overrides.databasePath
  const store = await (path === undefined ? openMemoryStore({ clock }) : openStore({ path, clock }))
  const account = await seed(store, clock)
  const commands: Command[] = []
  const playing = new Map<CallId, { sound: Sound; end(outcome: PlayOutcome): void }>()
  const registered = new Set<DeviceId>()
  const disk = { freeBytes: 50e9, totalBytes: 100e9 }
  const erased: string[] = []
  const recordingOf = new Map<CallId, RecordingId>()
  const recordingsOf = new Map<CallId, readonly RecordingId[]>()
  const invited: CallId[] = []
  const requests: InviteRequest[] = []
  const metrics: Record<string, number> = {}
  const names = new Map<CallId, string>()
  const nameOf = (id: CallId) => {
    if (!names.has(id)) names.set(id, `c${names.size + 1}`)
    return names.get(id)
  }
  const say = (what: string, id: CallId, ...rest: unknown[]) => {
    commands.push([what, nameOf(id), ...rest].join(' '))
  }
  const sip: Sip = {
    invite: (id, request: InviteRequest) => {
      invited.push(id)
      requests.push(request)
      say('sip.invite', id, request.target.kind, request.callerId)
    },
    cancel: (id) => say('sip.cancel', id),
    bye: (id) => say('sip.bye', id),
    progress: (id, status) => say('sip.progress', id, status),
    takeOver: (id, coming) => {
      say('sip.takeOver', id, nameOf(coming))
      return true
    },
    accept: (id) => say('sip.accept', id),
    reject: (id, status) => say('sip.reject', id, status),
    infoDigit: async (id, digit) => {
      say('sip.infoDigit', id, digit)
      return true
    },
    message: async (_id, { from, to, text }) => {
      commands.push(`sip.message ${from} ${to} ${text}`)
      return { sipStatus: 200 }
    },
    mailboxChanged: (_id, username) => {
      commands.push(`sip.mailboxChanged ${username}`)
    },
    reoffer: async (id, offer) => {
      await offer()
      say('sip.reoffer', id)
      return 'v=0 answer'
    },
    refer: async (id, to) => say('sip.refer', id, to.kind === 'uri' ? to.uri : to.name),
    transferProgress: (id, status) => say('sip.transferProgress', id, status),
    registeredContacts: (id) => (registered.has(id) ? [aContact] : []),
    forgetDevice: () => {},
    ready: () => true,
    trunksChanged: () => {},
    trunkStatus: () => ({ registration: null, reachable: null, roundTripMs: null }),
    ...overrides.sip,
  }
  /** What is played over a call's conversation. */
  const over = (id: CallId) => `${id} over` as CallId
  /** Rooms are named and play as calls do. */
  const asCall = (room: ConferenceId) => room as string as CallId
  const stopPlay = (id: CallId, outcome: PlayOutcome) => {
    const now = playing.get(id)
    playing.delete(id)
    now?.end(outcome)
  }
  const media: Media = {
    offer: async (id, options) => {
      if (options?.direction !== undefined) say('media.offer', id, options.direction)
      return 'v=0 ours'
    },
    complete: async (id) => say('media.complete', id),
    answer: async () => 'v=0 answer',
    adopt: async (id, from) => say('media.adopt', id, nameOf(from)),
    examine: () => ['PCMU', 'PCMA'],
    agreedOn: () => undefined,
    play: (id, sound) => {
      stopPlay(id, 'stopped')
      say('media.play', id, sound.kind === 'tone' ? sound.tone : sound.kind)
      return new Promise((end) => playing.set(id, { sound, end }))
    },
    stop: (id) => stopPlay(id, 'stopped'),
    playOver: (id, sound) => {
      stopPlay(over(id), 'stopped')
      say('media.playOver', id, sound.kind === 'tone' ? sound.tone : sound.kind)
      return new Promise((end) => playing.set(over(id), { sound, end }))
    },
    stopOver: (id) => stopPlay(over(id), 'stopped'),
    mute: async (id, { muted, deaf }) => {
      say('media.mute', id, ...[muted && 'muted', deaf && 'deaf'].filter(Boolean))
    },
    watch: () => {},
    takesEvents: async () => true,
    sendDigits: async (id, digits) => say('media.sendDigits', id, digits),
    bridge: async (a, b) => say('media.bridge', a, nameOf(b)),
    unbridge: async (id) => say('media.unbridge', id),
    startRecording: async (id, recordingId, _path, layout) => {
      recordingsOf.set(id, [...(recordingsOf.get(id) ?? []), recordingId])
      say('media.record', id, layout)
    },
    setRecording: async (id, _recordingId, mode) => {
      say('media.setRecording', id, mode)
      const kind = mode === 'paused' ? 'paused' : 'masked'
      return mode === 'running' ? [] : [{ kind, startMs: 20, endMs: 40 }]
    },
    stopRecording: async (id, only) => {
      const all = recordingsOf.get(id) ?? []
      const ending = all.filter((one) => only === undefined || one === only)
      recordingsOf.set(
        id,
        all.filter((one) => !ending.includes(one)),
      )
      for (const recordingId of ending) {
        say('media.stopRecording', id)
        const outcome = { recordingId, path: '/x.wav', durationMs: 1, bytes: 60, failure: null }
        mediaIn.recordingEnded(id, outcome)
      }
    },
    figures: async () => noFigures,
    close: async (id) => {
      stopPlay(id, 'legClosed')
      stopPlay(over(id), 'legClosed')
      say('media.close', id)
      return noFigures
    },
    openRoom: async (room) => say('media.openRoom', asCall(room)),
    closeRoom: async (room) => {
      stopPlay(asCall(room), 'legClosed')
      say('media.closeRoom', asCall(room))
    },
    joinRoom: async (room, id) => say('media.joinRoom', id, nameOf(asCall(room))),
    changeMember: async (id, { muted, deaf, heardBy, priority }) => {
      const said = [muted && 'muted', deaf && 'deaf', priority && 'priority'].filter(Boolean)
      say('media.changeMember', id, ...said, ...(heardBy ?? []).map(nameOf))
    },
    leaveRoom: async (id) => say('media.leaveRoom', id),
    playToRoom: (room, sound) => media.play(asCall(room), sound),
    stopRoom: (room) => stopPlay(asCall(room), 'stopped'),
    recordRoom: async (room, recordingId) => {
      recordingOf.set(asCall(room), recordingId)
      say('media.recordRoom', asCall(room))
    },
    setRoomRecording: async (room, mode) => {
      say('media.setRoomRecording', asCall(room), mode)
      return []
    },
    stopRoomRecording: async (room) => {
      const recordingId = recordingOf.get(asCall(room))
      if (!recordingId) return
      recordingOf.delete(asCall(room))
      say('media.stopRoomRecording', asCall(room))
      const outcome = { recordingId, path: '/x.wav', durationMs: 1, bytes: 60, failure: null }
      mediaIn.roomRecordingEnded(room, outcome)
    },
    levels: async () => [],
    detectAnswerer: async (id, { until }) => {
      say('media.detectAnswerer', id, until)
      return null
    },
    openStream: async (id, { format, tracks }) => {
      say('media.openStream', id, format, ...tracks)
      return {
        speak: () => 'taken',
        mark: () => true,
        clear: () => say('media.clearStream', id),
        bufferedMs: 0,
        lost: 0,
        close: () => say('media.closeStream', id),
      }
    },
    ready: () => true,
    ...overrides.media,
  }
  const count = (name: string) => {
    metrics[name] = (metrics[name] ?? 0) + 1
  }
  const counted: Metrics = {
    callEnded: (_direction, status) => count(`ended ${status}`),
    inputIgnored: (input) => count(`ignored ${input}`),
    observeMs: (name) => count(name),
    overBudget: (name) => count(`over budget ${name}`),
    legQuality: () => count('quality'),
    webhook() {},
  }
  const ports: Ports = {
    store,
    sip,
    media,
    speech: {
      unavailableBecause: () => undefined,
      voices: () => [],
      hasVoice: () => true,
      voiceNamed: (name) => ({
        ...{ id: name, name, provider: 'lab', rateHz: 8_000, language: name },
      }),
      speak: async ({ text }) => ({
        player: (loop = 1) => ({
          sound: { kind: 'wav', path: `/speech/${text}`, loop },
          playedMs: () => 1000,
        }),
        ...{ hasMarks: false, marks: [], warnings: [], ended: Promise.resolve(undefined) },
        release() {},
      }),
      check() {},
      synthesise: async ({ text }) => ({
        path: `/speech/${text}`,
        durationMs: 1000,
        cached: false,
      }),
    },
    web: {
      prompt: async (url) => ({ path: `/prompt/${url}`, durationMs: 1000 }),
      instructions: async ({ url }) => jsonAnswer([], url),
      checkUrl() {},
      checkPromptUrl() {},
      checkSocketUrl() {},
      socket: () => Promise.reject(new Error('no sockets here')),
    },
    recordingFiles: {
      pathFor: async (id, _atMs, format = 'wav') => `/recordings/${id}.${format}`,
      space: async () => ({ ...disk }),
      scratchFor: async (id) => `/scratch/${id}.wav`,
      emptyScratch: async () => {},
      discard: async () => {},
      repair: async () => ({ durationMs: 1, bytes: 60 }),
      finishMessage: async () => ({ durationMs: 2_000, bytes: 60 }),
      trimSilence: async () => undefined,
      seal: async () => ({ sha256: 'ab'.repeat(32) }),
      settle: async () => {},
      open: async () => ({ bytes: 0, stream: Readable.from([]) }),
      erase: async ({ id }) => void erased.push(id),
    },
    greetingFiles: {
      pathOf: async (file) => `/greetings/${file}`,
      keep: async () => 'kept.wav',
      remove: async () => {},
      spool: async () => {},
    },
    recordingSteps: noSteps(),
    clock,
    ids: { uuid: () => randomUUID() },
    random: () => 0,
    log: silentLog,
    metrics: counted,
    settings: {
      ringTimeoutMs: 30_000,
      maxCallMs: 4 * 3_600_000,
      silentCallMs: 3_600_000,
      parkMs: 60_000,
      allowSipTarget: (uri) => uri.endsWith('@allowed.example'),
    },
    ...overrides.ports,
  }
  const calls = new LiveCalls(ports)
  const events = sipEvents(ports, calls)
  const sipIn: SipEvents = {
    ...events,
    incoming: (invite) => {
      // Named by when they come, whatever is said of them first.
      nameOf(invite.callId)
      events.incoming(invite)
    },
  }
  const mediaIn = mediaEvents(ports, calls, () => {})
  return {
    clock,
    commands,
    store,
    account,
    calls,
    centre: callCentre(ports, calls),
    actions: actionDesk(ports, calls),
    sip: sipIn,
    media: mediaIn,
    metrics,
    disk,
    erased,
    ports,
    invited,
    requests,
    finishPlay: async (id) => {
      stopPlay(id, 'finished')
      await settle()
    },
    nowPlaying: (id) => playing.get(id)?.sound,
    nowOver: (id) => playing.get(over(id))?.sound,
    finishOver: async (id) => {
      stopPlay(over(id), 'finished')
      await settle()
    },
    incoming: async (to, from = '+61411111111') => {
      const callId = randomUUID() as CallId
      sipIn.incoming({
        callId,
        sipCallId: 'x@y',
        from,
        fromName: null,
        to,
        protocol: 'udp',
        source: { kind: 'trunk', trunkId },
        sdp: 'v=0 theirs',
      })
      await settle()
      return callId
    },
    addNumber: (number, route) =>
      store.numbers.insert({
        id: randomUUID() as NumberId,
        accountId: account.id,
        number,
        route,
        createdAtMs: clock.nowMs(),
      }),
    addDevice: async (username, isRegistered) => {
      const id = randomUUID() as DeviceId
      await store.devices.insert({
        id,
        accountId: account.id,
        username,
        name: username,
        ha1Md5: 'x',
        ha1Sha256: 'y',
        createdAtMs: clock.nowMs(),
      })
      if (isRegistered) registered.add(id)
      return id
    },
    logOf: async (id) => (await store.events.ofCall(account.id, id)).map((event) => event.type),
    settle,
  }
}

async function seed(store: Store, clock: VirtualClock): Promise<Account> {
  const account: Account = {
    id: randomUUID() as AccountId,
    name: 'lab',
    defaultNumber: ownNumber,
    recordTriggerCalls: true,
  }
  await store.accounts.insert(account)
  await store.numbers.insert({
    id: randomUUID() as NumberId,
    accountId: account.id,
    number: ownNumber,
    route: { kind: 'verbs', verbs: [{ verb: 'say', text: 'hello' }] },
    createdAtMs: clock.nowMs(),
  })
  await store.trunks.insert({
    id: trunkId,
    name: 'lab',
    host: '127.0.0.1',
    port: 5070,
    transport: 'udp',
    username: null,
    password: null,
    defaultCallerId: null,
    prefixes: [],
    priority: 10,
    weight: 10,
    maxCalls: null,
    maxCallsPerSecond: null,
    enabled: true,
  })
  return account
}
