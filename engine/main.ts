/**
 * The composition root: reads the settings, builds every part, starts them in order and takes them down
 * again in reverse. The only file that names concrete adapters.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrawnPeaks, drawnPeaks, RecordingStorage } from '../recordings/index.ts'
import { createSpeech } from '../tts/index.ts'
import { recordingMediaPath, renderEvent, telefonie } from './api/dialects/telefonie/index.ts'
import { telephony } from './api/dialects/telephony/index.ts'
import type { Readiness } from './api/options.ts'
import { startApi } from './api/server.ts'
import { callCentre } from './app/centre.ts'
import { Closers, within } from './app/closing.ts'
import { firstStart, type Logins, newPassword, settingTrunk } from './app/first-start.ts'
import { LiveCalls } from './app/live-calls.ts'
import type { Ports } from './app/ports.ts'
import { recover } from './app/recover.ts'
import { mediaEvents, sipEvents } from './app/sip-events.ts'
import { welcomeText } from './app/welcome.ts'
import { type Config, ConfigFault, readConfig } from './config/index.ts'
import type { Clock } from './core/clock.ts'
import { Failure } from './core/failures.ts'
import type { RecordingId } from './core/ids.ts'
import type { Log } from './core/ports/observe.ts'
import type { Speech } from './core/ports/speech.ts'
import type { Store } from './core/ports/store.ts'
import { isAllowed, sipTargetOf } from './core/targets.ts'
import { WavFault } from './dsp/wav.ts'
import { type LabSound, labDirectory, labSentences } from './lab/plan.ts'
import { startLab } from './lab/start.ts'
import { mediaFigures } from './media/figures.ts'
import { startMedia, startMediasoupWorker } from './media/index.ts'
import { createLog, createMetrics } from './observe/index.ts'
import { sipFigures } from './sip/figures.ts'
import { startSip } from './sip/index.ts'
import { eventLevel, serverFigures } from './sip-server/figures.ts'
import { startInWorker } from './sip-server/index.ts'
import { lockFolder, openStore } from './store/index.ts'
import { createWeb, startDeliveries } from './web/index.ts'

const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version
const realm = 'ringdown'
const startWithinMs = 60_000
const aliveEveryMs = 2_000

const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
const ids = { uuid: () => randomUUID() }

interface Engine {
  readonly welcome: string
  /** Why the engine can't go on, once it can't. */
  readonly broken: Promise<string>
  /** No new calls; ends when the running ones have, or after the drain time. */
  drain(): Promise<void>
  /** Ends every call. */
  hangUp(): Promise<void>
}

/** What the steps of the start share. */
interface Build {
  readonly config: Config
  readonly closers: Closers
  readonly log: Log
  readonly ports: Ports
  readonly calls: LiveCalls
  readonly metrics: ReturnType<typeof createMetrics>
  readonly storage: RecordingStorage
  /** Filled in as they start: the calls command SIP and media, which in turn tell the calls. */
  readonly late: Late
}

interface Late {
  sip: Ports['sip']
  media: Ports['media']
  draining: boolean
  /** Something without which there are no calls has ended. */
  breakDown(reason: string): void
}

async function startEngine(config: Config, closers: Closers, log: Log): Promise<Engine> {
  const store = await openStore({ path: join(config.dataDir, 'ringdown.db'), clock })
  closers.add(lockFolder(config.dataDir))
  closers.add(() => store.close())
  const logins = await firstLogins(config, store)
  const broken = Promise.withResolvers<string>()
  const build = prepare(config, closers, log, store, broken.resolve)
  const { ports, calls, late } = build
  const left = await recover(ports, lastAlive(config))
  showAlive(config, closers)
  if (left.calls + left.recordings > 0) log.warn('closed what a crash left open', { ...left })
  await openMedia(build)
  await openLab(build)
  const sip = await openSip(build)
  openDeliveries(build)
  const api = await openApi(build)
  return {
    broken: broken.promise,
    welcome: welcomeText({
      version,
      pageUrl: pageUrl(config, api.port),
      sip: sip.domain,
      lab: config.lab,
      logins,
      loginsFile: loginsFile(config),
      speechMissing: ports.speech.unavailableBecause(),
    }),
    drain: async () => {
      late.draining = true
      calls.drain()
      sip.drain()
      const limitS = config.drainMs / 1000
      log.info('draining; a second signal ends all calls at once', { calls: calls.size, limitS })
      await within(config.drainMs, calls.idle())
      await within(5_000, calls.endAll({ is: 'hangup', by: 'api' }))
    },
    hangUp: () => calls.endAll({ is: 'hangup', by: 'api' }),
  }
}

function prepare(
  config: Config,
  closers: Closers,
  log: Log,
  store: Store,
  breakDown: Late['breakDown'],
): Build {
  const metrics = createMetrics()
  const storage = new RecordingStorage(join(config.dataDir, 'recordings'))
  const allowed = config.allowedUrlTargets
  const web = createWeb({ dataDir: config.dataDir, allowed, clock, log })
  const speech = createSpeech({ dataDir: config.dataDir, log })
  const late = { draining: false, breakDown } as Late
  const ports: Ports = {
    ...{ store, speech, web, clock, ids, log, metrics, recordingFiles: storage },
    settings: {
      ringTimeoutMs: 30_000,
      maxCallMs: 4 * 3_600_000,
      silentCallMs: 3_600_000,
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
  metrics.gauge('ringdown_calls_up', 'Calls that are answered', () => calls.countUp())
  return { config, closers, log, ports, calls, metrics, storage, late }
}

async function openMedia(build: Build): Promise<void> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const worker = await startMediasoupWorker()
  closers.add(() => worker.close())
  void worker.died.then((reason) => log.error('the mediasoup worker has ended', { reason }))
  const lost = (reason: string) => {
    const cause = { is: 'failed', reason: 'media_error' } as const
    void calls.endAll({ is: 'fail', cause })
    late.breakDown(`the media thread has ended: ${reason}`)
  }
  const media = await startMedia(
    {
      rtpPorts: config.rtp.ports,
      bindAddress: config.sip.host,
      publicAddress: config.publicAddress,
      plainRtp: config.rtp.plain,
      log,
    },
    mediaEvents(ports, calls, lost),
  )
  closers.add(() => media.shutDown())
  late.media = media
  for (const [name, help, pick] of mediaFigures) {
    metrics.gauge(`ringdown_media_${name}`, help, async () => pick(await media.stats()))
  }
}

/** The lab carrier is a trunk like any other, for its own numbers. */
async function openLab({ config, closers, log, ports }: Build): Promise<void> {
  const { store, speech } = ports
  if (!config.lab) return settingTrunk(store, 'lab', undefined)
  const lab = await startLab(await labVoices(speech, log))
  closers.add(() => lab.close())
  await settingTrunk(store, 'lab', {
    name: 'lab carrier',
    host: lab.address,
    port: lab.sipPort,
    transport: 'udp',
    username: null,
    password: null,
    defaultCallerId: null,
    prefixes: ['+1500555'],
    priority: 100,
    enabled: true,
  })
}

async function labVoices(
  speech: Speech,
  log: Log,
): Promise<Readonly<Partial<Record<LabSound, string>>>> {
  if (speech.unavailableBecause() !== undefined) return {}
  const voices: Partial<Record<LabSound, string>> = {}
  for (const [sound, text] of Object.entries(labSentences) as [LabSound, string][]) {
    try {
      voices[sound] = (await speech.synthesise({ text })).path
    } catch (error) {
      log.warn('the lab speaks in tones', { sound, error: String(error) })
    }
  }
  return voices
}

async function openSip(build: Build): Promise<{ domain: string; drain(): void }> {
  const { config, closers, log, ports, calls, late, metrics } = build
  const { store } = ports
  await settingTrunk(store, 'setting', trunkOf(config))
  const control = await openSipServer(build)
  const domain = hostPort(config.publicAddress, control.sipPort)
  const sip = await startSip(
    {
      control,
      realm,
      publicAddress: domain,
      devices: store.devices,
      registrations: store.registrations,
      trunks: () => store.trunks.list(),
      clock,
      ids,
      log,
    },
    sipEvents(ports, calls),
  )
  closers.add(() => sip.close())
  late.sip = sip
  for (const [name, help, pick] of sipFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, () => pick(sip.counts()))
  }
  return { domain, drain: () => sip.drain() }
}

/** The control port of a real drachtio-server, or of our own server in a thread. */
async function openSipServer({ config, closers, log, late, metrics }: Build) {
  if (config.drachtio.kind === 'external') {
    const { host, port } = config.drachtio
    return { host, port, secret: config.secrets.drachtio ?? '', sipPort: config.sip.port }
  }
  const secret = randomBytes(24).toString('base64url')
  const server = await startInWorker({
    host: config.sip.host,
    port: config.sip.port,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    publicAddress: config.publicAddress,
    log: (event) => log[eventLevel[event.event] ?? 'debug']('SIP server', { ...event }),
  }).catch((error: unknown) => {
    throw new Error(sipPortFault(error, config.sip), { cause: error })
  })
  closers.add(() => server.close())
  void server.ended.then((error) => {
    if (error) late.breakDown(`the SIP server has ended: ${error.message}`)
  })
  for (const [name, help, pick] of serverFigures) {
    metrics.gauge(`ringdown_sip_${name}`, help, async () => pick(await server.stats()))
  }
  return { host: '127.0.0.1', port: server.controlPort, secret, sipPort: server.sipPort }
}

function sipPortFault(error: unknown, { host, port }: Config['sip']): string {
  switch ((error as { code?: string }).code) {
    case 'EADDRINUSE':
      return `SIP port ${port} (UDP and TCP) on ${host} is in use`
    case 'EACCES':
      return `SIP port ${port} may not be opened by this user`
    case 'EADDRNOTAVAIL':
      return `SIP address ${host} is not one of this machine`
    default:
      return `SIP server: ${error instanceof Error ? error.message : String(error)}`
  }
}

function openDeliveries({ config, closers, log, ports, metrics }: Build): void {
  const deliveries = startDeliveries({
    outbox: ports.store.outbox,
    allowed: config.allowedUrlTargets,
    secret: (accountId) => ports.store.accounts.webhookSecret(accountId),
    render: (delivery) => renderEvent(delivery, (id) => recordingUrl(config, id)),
    ...{ clock, log, metrics },
  })
  closers.add(() => deliveries.close())
}

async function openApi(build: Build): Promise<{ port: number }> {
  const { config, closers, log, ports, calls, metrics, storage } = build
  const api = await startApi({
    ...config.http,
    dialects: [telefonie, telephony],
    services: {
      callCentre: callCentre(ports, calls),
      directory: {
        ...{ store: ports.store, web: ports.web, clock, ids, realm, newPassword },
        recordingMedia: storage,
      },
      registeredContacts: (id) => ports.sip.registeredContacts(id),
      peaks: (path, buckets) => storedPeaks(storage, path, buckets),
      recordingUrl: (id) => recordingUrl(config, id),
    },
    clock,
    observe: { log, metricsText: () => metrics.text() },
    readiness: () => readinessOf(build),
    version,
    publicUrl: pageUrl(config, config.http.port),
    ...(config.lab
      ? { labNumbers: labDirectory.map(({ number, what }) => ({ number, does: what })) }
      : {}),
  })
  closers.add(() => api.close())
  return api
}

function allowsSip(config: Config, uri: string): boolean {
  const target = sipTargetOf(uri)
  return target !== undefined && isAllowed(config.allowedSipTargets, target.host, target.port)
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

function trunkOf({ trunk, secrets }: Config): Parameters<typeof settingTrunk>[2] {
  if (!trunk) return undefined
  const { host, port, transport, user } = trunk
  return {
    name: 'RINGDOWN_TRUNK',
    ...{ host, port, transport },
    username: user ?? null,
    password: secrets.trunkPassword ?? null,
    defaultCallerId: null,
    prefixes: [],
    priority: 50,
    enabled: true,
  }
}

const hostPort = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}${port === 5060 ? '' : `:${port}`}`

function pageUrl({ http, publicAddress }: Config, port: number): string {
  const host = http.host === '0.0.0.0' || http.host === '::' ? publicAddress : http.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const recordingUrl = (config: Config, id: RecordingId): string =>
  pageUrl(config, config.http.port) + recordingMediaPath(id)

const loginsFile = (config: Config): string => join(config.dataDir, 'first-logins.json')

/** A file whose time says when the engine was last alive. */
const aliveFile = (config: Config): string => join(config.dataDir, 'alive')

function lastAlive(config: Config): number {
  const file = aliveFile(config)
  return existsSync(file) ? statSync(file).mtimeMs : clock.nowMs()
}

function showAlive(config: Config, closers: Closers): void {
  const touch = () => writeFile(aliveFile(config), '').catch(() => undefined)
  void touch()
  const timer = setInterval(() => void touch(), aliveEveryMs)
  closers.add(() => clearInterval(timer))
}

/** The logins of the first start: made now, or read back as long as the operator keeps the file. */
function firstLogins(config: Config, store: Store): Promise<Logins | undefined> {
  const file = loginsFile(config)
  return firstStart(
    { store, ids, clock },
    {
      apiKey: config.secrets.apiKey,
      defaultNumber: config.defaultNumber,
      recordTriggerCalls: config.recordTriggerCalls,
      realm,
    },
    {
      read: () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined),
      write: (logins) => {
        writeFileSync(`${file}.part`, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600 })
        renameSync(`${file}.part`, file)
      },
    },
  )
}

/** Ends the process with one line; details only where the log is asked for them. */
function die(error: unknown): never {
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`ringdown: ${text}\n`)
  process.exit(1)
}

function configOrDie(): Config {
  try {
    return readConfig()
  } catch (error) {
    if (error instanceof ConfigFault) die(error)
    throw error
  }
}

async function main(): Promise<void> {
  const config = configOrDie()
  const log = createLog({ level: config.logLevel })
  const closers = new Closers()
  // A part that neither starts nor says why must not leave the operator without a word.
  const guard = setTimeout(() => die(`not started within ${startWithinMs / 1000} s`), startWithinMs)
  let engine: Engine
  try {
    engine = await startEngine(config, closers, log)
    clearTimeout(guard)
  } catch (error) {
    await within(3_000, closers.closeAll(log))
    die(error)
  }
  process.stdout.write(engine.welcome)
  // Half an engine helps nobody: whoever supervises it starts a whole one.
  void engine.broken.then(async (reason) => {
    log.error('the engine can not go on', { reason })
    await within(5_000, engine.drain())
    await within(5_000, closers.closeAll(log))
    process.exit(1)
  })
  let signals = 0
  const stop = () => {
    signals += 1
    if (signals > 1) {
      void within(2_000, engine.hangUp()).then(() => process.exit(1))
      return
    }
    void engine
      .drain()
      .then(() => within(8_000, closers.closeAll(log)))
      .then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

await main()
