import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening } from '../listening.ts'
import { sippScenario } from './fixture.ts'
import type { Recorder } from './recorder.ts'

export interface SippOptions {
  readonly port: number
  /** The server's SIP port, where a caller sends to. */
  readonly serverPort: number
  readonly transport?: 'udp' | 'tcp'
  readonly extra?: readonly string[]
  readonly callIdSuffix: string
  readonly timeoutSeconds?: number
}

export interface SippRun {
  /** Resolves with the exit code once its messages are in the recording. */
  readonly done: Promise<number>
  listening(): Promise<void>
  stop(): void
}

/** Runs one call of a sipp scenario from the fixtures and records its messages. */
export async function runSipp(
  name: string,
  options: SippOptions,
  recorder: Recorder,
): Promise<SippRun> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'))
  const log = join(folder, 'messages.log')
  const caller = name.startsWith('uac')
  const { port, serverPort, timeoutSeconds = 40 } = options
  const child = spawn(
    'sipp',
    [
      ...['-sf', sippScenario(name), '-i', '127.0.0.1', '-p', `${port}`, '-m', '1'],
      ...['-timeout', `${timeoutSeconds}s`, '-timeout_error', '-nostdin'],
      ...['-cid_str', `call-%u@${options.callIdSuffix}`, '-trace_msg', '-message_file', log],
      ...(options.transport === 'tcp' ? ['-t', 't1'] : []),
      ...(options.extra ?? []),
      ...(caller ? ['-s', 'bob', `127.0.0.1:${serverPort}`] : ['127.0.0.1']),
    ],
    { cwd: folder, stdio: 'ignore', env: { ...process.env, TERM: 'xterm' } },
  )
  const done = exitCode(child).then(async (code) => {
    record(await readFile(log, 'utf8').catch(() => ''), options, recorder)
    await rm(folder, { recursive: true, force: true })
    return code
  })
  return {
    done,
    listening: () => listening(child, port),
    stop: () => child.kill('SIGTERM'),
  }
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (fault) => {
      const missing = 'code' in fault && fault.code === 'ENOENT'
      reject(missing ? new Error('sipp is not in PATH: apt-get install sip-tester') : fault)
    })
    child.once('exit', (code, signal) => resolve(signal ? -1 : (code ?? -1)))
  })
}

const rule = /^-{20,} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})(\d{3})\n/m

function record(log: string, options: SippOptions, recorder: Recorder): void {
  const [, ...parts] = log.split(rule)
  for (let index = 0; index + 3 < parts.length; index += 4) {
    const [day = '', time = '', micros = '0', rest = ''] = parts.slice(index, index + 4)
    const match = /^(?:UDP|TCP) message (sent|received) .*\n\n([\s\S]*)$/.exec(rest)
    if (!match) continue
    const atMs = new Date(`${day}T${time}`).getTime() + Number(micros) / 1000
    const text = tidy(match[2] ?? '')
    // sipp sends everything to where the call began. What another peer sent it is recorded there.
    if (match[1] === 'sent') recorder.sip(options.port, 'srv', text, atMs)
    else if (isFromServer(text, options)) recorder.sip('srv', options.port, text, atMs)
  }
}

/** The log is as sent, but for a blank line at the end; line ends come out either way. */
const tidy = (text: string): string =>
  `${text.replace(/\r?\n/g, '\r\n').replace(/\s+$/, '')}\r\n\r\n`

/** The log does not name the sender; the top Via of a request does. */
function isFromServer(text: string, options: SippOptions): boolean {
  const port = Number(/^Via:[^\r]*?:(\d+)/im.exec(text)?.[1])
  return text.startsWith('SIP/2.0') || port === options.serverPort || Number.isNaN(port)
}
