import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wavHeader } from '../../engine/dsp/wav.ts'

const programs = ['pulseaudio', 'pactl', 'paplay', 'parecord', 'sox']

/** Why tests with a microphone cannot run here; undefined when they can. */
export const noMicrophone: string | undefined = missing()

function missing(): string | undefined {
  const absent = programs.filter((program) => spawnSync(program, ['--version']).status !== 0)
  return absent.length === 0 ? undefined : `${absent.join(', ')} not installed`
}

/** A sound server of our own whose loudspeaker is a microphone: what is played is what is recorded. */
export interface VirtualMicrophone {
  /** With which programs find it, and no other. */
  readonly environment: Readonly<Record<string, string>>
  /** Speaks 8 kHz samples into it; resolves when they are over, or `hush` ends it. */
  say(pcm: Int16Array): Promise<void>
  hush(): void
  stop(): Promise<void>
}

export async function startVirtualMicrophone(): Promise<VirtualMicrophone> {
  const folder = mkdtempSync(join(tmpdir(), 'microphone-'))
  const runtime = join(folder, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  const socket = join(runtime, 'native')
  const environment = {
    ...{ PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: folder },
    ...{ PULSE_RUNTIME_PATH: runtime, PULSE_SERVER: `unix:${socket}`, AUDIODRIVER: 'pulseaudio' },
  }
  const daemon = startDaemon(socket, environment)
  await untilUp(daemon, environment)
  let speaking: ChildProcess | undefined
  return {
    environment,
    say: async (pcm) => {
      const wav = join(folder, 'said.wav')
      const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)
      const header = {
        rateHz: 8000,
        channels: 1,
        format: 'pcm16',
        dataBytes: bytes.length,
      } as const
      writeFileSync(wav, Buffer.concat([wavHeader(header), bytes]))
      speaking = spawn('paplay', ['--latency-msec=300', wav], { env: environment, stdio: 'ignore' })
      await once(speaking, 'exit')
    },
    hush: () => speaking?.kill(),
    stop: async () => {
      speaking?.kill()
      const gone = once(daemon, 'exit')
      daemon.kill()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startDaemon(socket: string, env: Readonly<Record<string, string>>): ChildProcess {
  const modules = [
    'module-null-sink sink_name=stage rate=48000',
    `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
  ]
  const options = [
    '-n',
    '--daemonize=no',
    '--use-pid-file=no',
    '--disable-shm',
    '--log-level=error',
  ]
  const loads = modules.flatMap((module) => ['-L', module])
  return spawn('pulseaudio', [...options, '--exit-idle-time=-1', ...loads], {
    env,
    stdio: 'ignore',
  })
}

async function untilUp(daemon: ChildProcess, env: Readonly<Record<string, string>>): Promise<void> {
  const deadlineMs = Date.now() + 20_000
  while (Date.now() < deadlineMs) {
    if (daemon.exitCode !== null) throw new Error(`pulseaudio ended with code ${daemon.exitCode}`)
    const asked = spawn('pactl', ['info'], { env, stdio: 'ignore' })
    const [code] = await once(asked, 'exit')
    if (code === 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  daemon.kill('SIGKILL')
  throw new Error('pulseaudio is not up in time')
}
