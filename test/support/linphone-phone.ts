import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PhoneAudio } from './baresip-phone.ts'
import { heardIn } from './heard-in.ts'
import { aMinuteOf } from './spoken-wav.ts'

/** A linphonec that registers, answers by itself, sends a WAV and keeps what it hears. */
export interface LinphonePhone {
  output(): string
  /** A line for its prompt: `call <uri>`, `pause`, `resume`, `transfer <call> <uri>`, `terminate`, or keys to press. */
  command(line: string): void
  /** What it has heard in its last call (at 8 kHz, whatever the codec has), once it has stopped. */
  heard(): Int16Array
  /** Unregisters and ends. */
  stop(): Promise<void>
}

export interface LinphoneOptions {
  readonly user: string
  readonly password: string
  readonly realm: string
  /** host:port */
  readonly registrar: string
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Its own SIP port; audio uses what is free. */
  readonly port: number
  readonly says: Int16Array
  /** How it tells of keys: `info`, SIP INFO; default: as events among the audio (RFC 4733). */
  readonly keysBy?: 'info'
  readonly audio?: PhoneAudio
}

export async function startLinphone(options: LinphoneOptions): Promise<LinphonePhone> {
  const folder = mkdtempSync(join(tmpdir(), 'linphone-'))
  const home = join(folder, 'home')
  mkdirSync(join(home, '.local/share/linphone'), { recursive: true })
  writeFileSync(join(folder, 'says.wav'), aMinuteOf(options.says))
  writeFileSync(join(folder, 'rc'), config(options))
  const child = spawn('linphonec', ['-a', '-c', join(folder, 'rc')], {
    cwd: folder,
    env: { ...process.env, HOME: home },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let text = ''
  child.on('error', (error) => {
    text += `linphonec did not start: ${error.message}`
  })
  // It may be gone before its last line.
  child.stdin.on('error', () => {})
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString()
    })
  }
  const command = (line: string): void => {
    child.stdin.write(`${line}\n`)
  }
  for (const line of ['soundcard use files', 'play says.wav', 'record heard.wav']) command(line)
  return {
    output: () => text,
    command,
    heard: () => heardIn(join(folder, 'heard.wav')),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      command('quit')
      // Killed it would leave what it heard without a length.
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await exit
      clearTimeout(timer)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const config = (options: LinphoneOptions): string => {
  const { user, password, realm, registrar, transport, port, keysBy, audio = {} } = options
  return `
[sip]
sip_port=${transport === 'udp' ? port : 0}
sip_tcp_port=${transport === 'tcp' ? port : 0}
sip_tls_port=${transport === 'tls' ? port : 0}
bind_address=127.0.0.1
use_ipv6=0
guess_hostname=0
contact=sip:${user}@127.0.0.1
default_proxy=0
verify_server_certs=0
verify_server_cn=0
register_only_when_network_is_up=0
use_info=${keysBy === 'info' ? 1 : 0}
use_rfc2833=${keysBy === 'info' ? 0 : 1}
media_encryption=${audio.srtp ? 'srtp' : 'none'}
[proxy_0]
reg_proxy=<sip:${registrar};transport=${transport}>
reg_identity=sip:${user}@${registrar}
reg_expires=120
reg_sendregister=1
publish=0
[auth_info_0]
username=${user}
passwd=${password}
realm=${realm}
[rtp]
audio_rtp_port=-1
[sound]
echocancellation=0
[video]
automatically_initiate=0
automatically_accept=0
[audio_codec_0]
mime=${audio.codec ?? 'PCMU'}
rate=${audio.codec === 'opus' ? 48_000 : 8_000}
channels=${audio.codec === 'opus' ? 2 : 1}
enabled=1
`
}
