import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { aMinuteOf } from '../../support/spoken-wav.ts'

const program = process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium'

export interface ChromiumOptions {
  /** What its microphone hears, 8 kHz, then silence, a minute in all, and from the beginning. Default: silence. */
  readonly voice?: Int16Array
  /** The voice comes again and again, after half a second: whoever listens later hears it too. */
  readonly repeats?: boolean
  /** There is no microphone. */
  readonly withoutMicrophone?: boolean
  /** The user says no. */
  readonly deniesMicrophone?: boolean
  /** Takes any certificate, as a user does who goes on past the warning. */
  readonly takesCertificates?: boolean
  /** A name that is this machine. */
  readonly hostName?: string
}

/** Debian's Chromium without a screen, a microphone that plays a file, and a user who agrees. */
export class Chromium {
  readonly browser: Browser
  readonly #folder: string

  private constructor(browser: Browser, folder: string) {
    this.browser = browser
    this.#folder = folder
  }

  static async start(options: ChromiumOptions = {}): Promise<Chromium> {
    const folder = mkdtempSync(join(tmpdir(), 'ringdown-chromium-'))
    const voice = join(folder, 'voice.wav')
    const sound = options.voice ?? new Int16Array(0)
    writeFileSync(voice, aMinuteOf(options.repeats ? allTheTime(sound) : sound))
    const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required']
    if (options.takesCertificates) args.push('--ignore-certificate-errors')
    if (options.hostName) args.push(`--host-resolver-rules=MAP ${options.hostName} 127.0.0.1`)
    if (options.deniesMicrophone) args.push('--deny-permission-prompts')
    else args.push('--use-fake-ui-for-media-stream')
    if (!options.withoutMicrophone) {
      args.push('--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${voice}`)
    }
    const browser = await chromium.launch({ executablePath: program, args })
    return new Chromium(browser, folder)
  }

  /** All its processes, the first one first. */
  processes(): number[] {
    const first = pidsBy('-o', '-f', `chromium .*${this.#folder}`)
    const below = (pids: readonly number[]): number[] =>
      pids.flatMap((pid) => [pid, ...below(pidsBy('-P', `${pid}`))])
    return below(first)
  }

  async stop(): Promise<void> {
    await this.browser.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What `pgrep` finds; it exits with 1 for nothing. */
function pidsBy(...args: string[]): number[] {
  const { stdout } = spawnSync('pgrep', args, { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

function allTheTime(sentence: Int16Array): Int16Array {
  const samples = new Int16Array(8000 * 60)
  const turn = sentence.length + 4000
  for (let at = 0; at + sentence.length <= samples.length; at += turn) samples.set(sentence, at)
  return samples
}
