import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePort } from './engine-process.ts'
import { baresipAudio } from './free-port.ts'
import { heardIn } from './heard-in.ts'
import { aMinuteOf } from './spoken-wav.ts'

/** A baresip that registers, answers (by itself, unless it is told to wait for the command `accept`), sends a WAV and keeps what it hears. */
export interface BaresipPhone {
  output(): string
  /** A menu command, e.g. `dial` or `hangup`. */
  command(command: string, params?: string): Promise<void>
  press(key: string): Promise<void>
  /** What it has heard (at 8 kHz, whatever the codec has), once the call is over. */
  heard(): Int16Array
  stop(): Promise<void>
}

/** What audio a phone has; default: PCMU, and no word of SRTP. */
export interface PhoneAudio {
  readonly codec?: 'PCMU' | 'G722' | 'opus'
  /** `offered`: RTP/AVP with keys, `required`: RTP/SAVP and nothing else. */
  readonly srtp?: 'offered' | 'required'
}

const codecs = { PCMU: 'pcmu/8000/1', G722: 'g722/16000/1', opus: 'opus/48000/2' } as const
/**
 * Of its file: it brings 8 kHz to 16 kHz by a filter that lets hardly anything above 1 kHz pass, so it is given what
 * the codec takes.
 */
const sourceHz = { PCMU: 8_000, G722: 16_000, opus: 48_000 } as const
const encryption = { offered: ';mediaenc=srtp', required: ';mediaenc=srtp-mand' } as const

export async function startBaresip(options: {
  readonly user: string
  readonly password: string
  readonly registrar: string
  readonly port: number
  readonly transport?: 'udp' | 'tcp' | 'tls'
  readonly says: Int16Array
  /** Besides those that every call needs, e.g. `mwi`. */
  readonly modules?: readonly string[]
  readonly audio?: PhoneAudio
  readonly answers?: 'by-itself' | 'by-hand'
}): Promise<BaresipPhone> {
  const { user, password, registrar, port, says, modules = [], audio = {} } = options
  const folder = mkdtempSync(join(tmpdir(), 'baresip-'))
  const controlPort = await freePort()
  const wav = join(folder, 'says.wav')
  const rateHz = sourceHz[audio.codec ?? 'PCMU']
  writeFileSync(wav, aMinuteOf(says, rateHz))
  const transport = options.transport ?? 'udp'
  const more = modules.map((name) => `module_app ${name}.so\n`).join('')
  writeFileSync(join(folder, 'config'), config({ folder, wav, rateHz, port, controlPort }) + more)
  writeFileSync(
    join(folder, 'accounts'),
    `<sip:${user}@${registrar};transport=${transport}>;auth_user=${user};auth_pass=${password};answermode=${options.answers === 'by-hand' ? 'manual' : 'auto'};regint=60;audio_codecs=${codecs[audio.codec ?? 'PCMU']}${audio.srtp ? encryption[audio.srtp] : ''}\n`,
  )
  writeFileSync(join(folder, 'contacts'), '')
  const child = spawn('baresip', ['-f', folder], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  child.on('error', (error) => {
    text += `baresip did not start: ${error.message}`
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString()
    })
  }
  const command = (name: string, params = ''): Promise<void> => control(controlPort, name, params)
  return {
    output: () => text,
    command,
    press: (key) => command('sndcode', key),
    heard: () => {
      const dump = readdirSync(folder).find((name) => name.endsWith('-dec.wav'))
      if (!dump) throw new Error(`baresip heard nothing:\n${text}`)
      return heardIn(join(folder, dump))
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      // Killed it would leave what it heard without a length.
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
      await exit
      clearTimeout(timer)
    },
  }
}

/** As a finger does: not before the call has audio, and baresip runs keys together that come at once. */
export async function keys(phone: BaresipPhone, pressed: string): Promise<void> {
  await eventually(
    async () => phone.output(),
    (text) => text.slice(text.lastIndexOf('connecting to')).includes('audio tx pipeline'),
  )
  for (const key of pressed) {
    await new Promise((resolve) => setTimeout(resolve, 400))
    await phone.press(key)
  }
}

interface Settings {
  readonly folder: string
  readonly wav: string
  readonly rateHz: number
  readonly port: number
  readonly controlPort: number
}

const config = ({ folder, wav, rateHz, port, controlPort }: Settings): string => `
module_path /usr/lib/baresip/modules
sip_listen 127.0.0.1:${port}
sip_verify_server no
rtp_ports ${baresipAudio}
audio_source aufile,${wav}
audio_player aubridge,nowhere
audio_level no
ausrc_srate ${rateHz}
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
jitter_buffer_delay 2-10
snd_path ${folder}
ctrl_tcp_listen 127.0.0.1:${controlPort}
module g711.so
module g722.so
module opus.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
`

/** One command over baresip's control port: a netstring of JSON. */
async function control(port: number, command: string, params: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const json = JSON.stringify({ command, params })
  socket.write(`${Buffer.byteLength(json)}:${json},`)
  await once(socket, 'data')
  socket.destroy()
}
