import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RtpCrowd } from '../../support/rtp-crowd/rtp-crowd.ts'
import { type BenchCodec, type Mixer, NotHere } from './mixer.ts'

const PROGRAM = '/usr/bin/janus'
const HTTP_PORT = 18_088
const ROOM = 1234
const START_WITHIN_MS = 10_000
const ANSWER_WITHIN_MS = 10_000
const POLL_MS = 100

interface JanusReply {
  readonly janus: string
  readonly transaction?: string
  readonly data?: { readonly id: number }
  readonly error?: { readonly reason: string }
  readonly plugindata?: {
    readonly data: {
      readonly audiobridge: string
      readonly error?: string
      readonly rtp?: { readonly port: number }
    }
  }
}

/** Where the room mixes: that of the codec, as our own room does. */
const samplingRates = { PCMU: 8000, opus: 48_000 } as const
const names = { PCMU: 'pcmu', opus: 'opus' } as const

/**
 * Janus with its AudioBridge plugin as Debian ships it, as a process of its own with a configuration of its own;
 * members are plain RTP and join by its HTTP API. Everything else is as it is by default.
 */
export class Janus implements Mixer {
  readonly name = 'Janus AudioBridge'
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #codec: BenchCodec
  #session = 0
  #transactions = 0

  private constructor(process: ChildProcess, folder: string, codec: BenchCodec) {
    this.#process = process
    this.#folder = folder
    this.#codec = codec
  }

  /** @throws NotHere where the program is not installed */
  static async start(codec: BenchCodec): Promise<Janus> {
    if (!existsSync(PROGRAM)) throw new NotHere('janus is not installed (apt-get install janus)')
    const folder = await mkdtemp(join(tmpdir(), 'bench-janus-'))
    await writeConfiguration(folder)
    const child = spawn(PROGRAM, ['-F', folder, '-o'], { stdio: 'ignore' })
    const janus = new Janus(child, folder, codec)
    try {
      await janus.#open()
    } catch (error) {
      await janus.stop()
      throw error
    }
    return janus
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  async join(crowd: RtpCrowd): Promise<readonly number[]> {
    const joined: number[] = []
    for (const [leg, port] of crowd.ports.entries()) {
      const handle = await this.#attach()
      const rtp = { ip: crowd.address, port, payload_type: crowd.payloadTypeOf(leg) }
      const body = { request: 'join', room: ROOM, codec: names[this.#codec], rtp }
      const reply = await this.#message(handle, body)
      const own = reply.plugindata?.data.rtp?.port
      if (own === undefined) throw new Error(`member ${leg}: ${JSON.stringify(reply)}`)
      joined.push(own)
    }
    return joined
  }

  async tickLateP99Ms(): Promise<undefined> {
    return undefined
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit')
      // It takes its leave of every member, which may take long.
      this.#process.kill('SIGKILL')
      await exited
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #open(): Promise<void> {
    const deadlineMs = performance.now() + START_WITHIN_MS
    for (;;) {
      try {
        this.#session = (await this.#post('', { janus: 'create' })).data!.id
        break
      } catch (error) {
        if (performance.now() > deadlineMs || this.#process.exitCode !== null) {
          throw new Error('Janus does not come up', { cause: error })
        }
        await sleep(POLL_MS)
      }
    }
    const handle = await this.#attach()
    const room = {
      ...{ request: 'create', room: ROOM, permanent: false, allow_rtp_participants: true },
      sampling_rate: samplingRates[this.#codec],
    }
    const path = `/${this.#session}/${handle}`
    const reply = await this.#post(path, { janus: 'message', body: room })
    const { error } = reply.plugindata?.data ?? {}
    if (error !== undefined) throw new Error(error)
  }

  async #attach(): Promise<number> {
    const attach = { janus: 'attach', plugin: 'janus.plugin.audiobridge' }
    return (await this.#post(`/${this.#session}`, attach)).data!.id
  }

  /** A request whose answer comes as an event. */
  async #message(handle: number, body: object): Promise<JanusReply> {
    const transaction = this.#transaction()
    await this.#post(`/${this.#session}/${handle}`, { janus: 'message', body, transaction })
    const deadlineMs = performance.now() + ANSWER_WITHIN_MS
    while (performance.now() < deadlineMs) {
      const answer = await fetch(`${root}/${this.#session}?maxev=1`)
      const event = (await answer.json()) as JanusReply
      if (event.transaction === transaction) return event
    }
    throw new Error('Janus does not answer')
  }

  async #post(path: string, body: object): Promise<JanusReply> {
    const answer = await fetch(`${root}${path}`, {
      method: 'POST',
      body: JSON.stringify({ transaction: this.#transaction(), ...body }),
    })
    const reply = (await answer.json()) as JanusReply
    if (reply.error) throw new Error(reply.error.reason)
    return reply
  }

  #transaction(): string {
    this.#transactions += 1
    return `t${this.#transactions}`
  }
}

const root = `http://127.0.0.1:${HTTP_PORT}/janus`

async function writeConfiguration(folder: string): Promise<void> {
  const files = {
    'janus.jcfg': `general: {
  debug_level = 2
  server_name = "bench"
}
media: {
  rtp_port_range = "50000-50999"
}
nat: {
  ice_ignore_list = ""
}
plugins: {
  disable = "${otherPlugins.map((name) => `libjanus_${name}.so`).join(',')}"
}
transports: {
  disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so"
}
`,
    'janus.transport.http.jcfg': `general: {
  json = "compact"
  base_path = "/janus"
  http = true
  port = ${HTTP_PORT}
  ip = "127.0.0.1"
  https = false
}
admin: {
  admin_http = false
}
`,
    'janus.plugin.audiobridge.jcfg': `general: {
  rtp_port_range = "51000-59999"
  local_ip = "127.0.0.1"
}
`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

const otherPlugins = [
  ...['duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'streaming', 'textroom'],
  ...['videocall', 'videoroom', 'voicemail'],
]
