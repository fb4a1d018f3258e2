/**
 * The composition root: reads the settings, starts every part in order and takes them down again in
 * reverse. The parts are put together in engine/compose, a file each.
 */
import { Closers, within } from './app/closing.ts'
import { awaitMembers } from './app/conferences/await-members.ts'
import { restoreQueues } from './app/queues/restore.ts'
import { recover } from './app/recover.ts'
import { welcomeText } from './app/welcome.ts'
import { pageUrl, securePageUrl } from './compose/addresses.ts'
import { openApi, openDeliveries } from './compose/api.ts'
import { prepare, version } from './compose/build.ts'
import { chainSigner } from './compose/chain-key.ts'
import { clock } from './compose/clock.ts'
import { databaseOf, firstLogins, lastAlive, loginsFile, showAlive } from './compose/data-folder.ts'
import { openLab } from './compose/lab.ts'
import { openMedia } from './compose/media.ts'
import { openPlayback } from './compose/playback.ts'
import { openSip } from './compose/sip.ts'
import { openTokens } from './compose/tokens.ts'
import { openTranscripts } from './compose/transcripts.ts'
import { openVaultWork } from './compose/vault.ts'
import { openVoicemail } from './compose/voicemail.ts'
import { type Config, ConfigFault, readConfig } from './config/index.ts'
import type { Log } from './core/ports/observe.ts'
import { createLog } from './observe/index.ts'
import { lockFolder, openStore } from './store/index.ts'

const startWithinMs = 60_000

interface Engine {
  readonly welcome: string
  /** Why the engine can't go on, once it can't. */
  readonly broken: Promise<string>
  /** No new calls; ends when the running ones have, or after the drain time. */
  drain(): Promise<void>
  /** Reads again what may change without a restart: the certificate. */
  reload(): void
  /** Ends every call. */
  hangUp(): Promise<void>
}

async function startEngine(config: Config, closers: Closers, log: Log): Promise<Engine> {
  const broken = Promise.withResolvers<string>()
  // Before the database: who opens it brings its tables up to date, which another engine may be working on.
  closers.add(lockFolder(config.dataDir))
  const store = await openStore({
    ...{ path: databaseOf(config), clock, onTaken: broken.resolve },
    signEntry: chainSigner(config.dataDir),
    checkpoints: {
      onLost: (reason) =>
        log.warn('nobody copies the log of the database: commits do, and may wait for the disk', {
          reason,
        }),
    },
  })
  closers.add(() => store.close())
  const logins = await firstLogins(config, store)
  const tokens = await openTokens(config)
  const build = prepare(config, closers, log, store, tokens, broken.resolve)
  const { ports, calls, late } = build
  const left = await recover(ports, lastAlive(config))
  showAlive(config, closers)
  if (left.calls + left.conferences + left.recordings > 0)
    log.warn('closed what a crash left open', { ...left })
  const { waited } = await restoreQueues({ ports, calls })
  if (waited > 0) log.warn('calls that waited in queues are lost', { waited })
  const rooms = await awaitMembers({ ports, calls })
  if (rooms > 0) log.info('conferences that wait for their first member', { rooms })
  await openMedia(build)
  await openLab(build)
  const sip = await openSip(build)
  const playback = await openPlayback(build)
  openDeliveries(build, playback)
  const api = await openApi(build, sip.relay, playback, openTranscripts(build))
  await openVoicemail(build)
  openVaultWork(build)
  await calls.space.watch()
  closers.add(() => calls.space.stop())
  late.complete()
  return {
    broken: broken.promise,
    welcome: welcomeText({
      version,
      pageUrl: pageUrl(config, api.port),
      securePageUrl: api.httpsPort ? securePageUrl(config, api.httpsPort) : undefined,
      isOwnCertificate: config.tls.files === undefined,
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
      build.feeds.restarting()
      const limitS = config.drainMs / 1000
      log.info('draining; a second signal ends all calls at once', { calls: calls.size, limitS })
      await within(config.drainMs, calls.idle())
      await within(5_000, calls.endAll({ is: 'hangup', by: 'api' }))
    },
    reload: () => {
      log.info('reading the certificate again')
      sip.reload()
      api.reload()
    },
    hangUp: () => calls.endAll({ is: 'hangup', by: 'api' }),
  }
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
  const starting = startEngine(config, closers, log)
  obeySignals(starting, closers, log)
  let engine: Engine
  try {
    engine = await starting
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
}

/** From the first moment on: /readyz says yes before the last part has started, and whoever has asked may end it then. */
function obeySignals(starting: Promise<Engine>, closers: Closers, log: Log): void {
  const afterStart = (work: (engine: Engine) => unknown) =>
    // One that can not start says so, and ends, by itself.
    starting.then(work, () => undefined)
  let signals = 0
  const stop = () => {
    signals += 1
    if (signals > 1) {
      void within(
        2_000,
        afterStart((engine) => engine.hangUp()),
      ).then(() => process.exit(1))
      return
    }
    void afterStart((engine) =>
      engine
        .drain()
        .then(() => within(8_000, closers.closeAll(log)))
        .then(() => process.exit(0)),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => void afterStart((engine) => engine.reload()))
}

await main()
