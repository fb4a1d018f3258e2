// The second half of set-up, on Node 24: system packages and the media worker. Leaves a stamp that
// start.mjs reads, so that it need not run again until something changes.
//
//   node engine/setup/prepare.ts <key for the stamp> [--with-tests]

import { writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { installPackages } from './apt.ts'
import { linkWorker } from './link-worker.ts'
import { withoutCluster } from './no-cluster.ts'
import { getWorker } from './worker.ts'

const root = resolve(import.meta.dirname, '../..')
const mediasoup = join(root, 'node_modules/mediasoup')

/** The default voice; without it the engine starts and says that it cannot speak. */
const speechPackages = ['espeak-ng']
/** SIP programs that tests hold the engine against, and a microphone where there is none. */
const testPackages = [
  ...['sip-tester', 'baresip-core', 'linphone-cli', 'kamailio', 'coturn', 'chromium'],
  ...['postgresql', 'postgresql-client'],
  ...['flite', 'festival', 'festvox-kallpc16k', 'opus-tools'],
  ...['pulseaudio', 'pulseaudio-utils', 'sox', 'libsox-fmt-pulse'],
]

function say(message: string): void {
  process.stdout.write(`ringdown: ${message}\n`)
}

/** One line that is rewritten on a terminal, a line for every tenth in a log. */
function progress(done: number, total: number): void {
  if (process.stdout.isTTY) {
    process.stdout.write(`\rringdown: ${done} of ${total} files${done === total ? '\n' : ''}`)
  } else if (done === total || done % Math.ceil(total / 10) === 0) {
    say(`${done} of ${total} files`)
  }
}

function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(base, 'ringdown')
}

function wish(packages: readonly string[], because: string): void {
  const result = installPackages(packages, say)
  if (!result.ok) say(`${because}: ${result.command}`)
}

const [key = '', ...flags] = process.argv.slice(2)
const withTests = flags.includes('--with-tests')
try {
  wish(speechPackages, 'to let it speak, install the default voice')
  if (withTests)
    withoutCluster(() => wish(testPackages, 'some tests need programs that are missing'))
  const worker = await getWorker({
    mediasoup,
    cache: cacheFolder(),
    named: process.env['MEDIASOUP_WORKER_BIN'] || undefined,
    skipPrebuilt: Boolean(process.env['MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD']),
    say,
    progress,
  })
  // Where the mediasoup library looks by itself, for programs run without start.mjs.
  linkWorker(worker, join(mediasoup, 'worker/out/Release/mediasoup-worker'))
  const stamp = join(root, 'node_modules/.ringdown-prepared.json')
  writeFileSync(stamp, JSON.stringify({ key, withTests, worker }))
} catch (error) {
  process.stderr.write(`ringdown: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
