// `npm run demo`: the trigger-call flow on the lab carrier, told as it happens. Leaves a page with the
// call's timeline, the waveform of the stereo recording and a player, and the recording itself.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { savedPage } from './saved-page.ts'

const folder = resolve('data/demo')
const apiKey = 'sk_test_demo_lab_carrier_only'
const agentPhone = '+15005550111'
const leadPhone = '+15005550130'
const readyWithinMs = 20_000
const callWithinMs = 60_000
const pollMs = 100

interface Call {
  readonly status: string
  readonly reason?: string
  readonly recordingUrl: string | null
}

const startedMs = Date.now()
function say(message: string): void {
  process.stdout.write(
    `${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${message}\n`,
  )
}

const pause = (delayMs: number): Promise<void> => new Promise((done) => setTimeout(done, delayMs))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

/** An engine of the demo's own, beside whatever else runs here. */
async function startEngine(): Promise<{ engine: ChildProcess; url: string }> {
  mkdirSync(folder, { recursive: true })
  const settings = join(folder, 'settings.env')
  const httpPort = await freePort()
  writeFileSync(
    settings,
    [
      'RINGDOWN_HTTP_HOST=127.0.0.1',
      `RINGDOWN_HTTP_PORT=${httpPort}`,
      `RINGDOWN_SIP_PORT=${await freePort()}`,
      'RINGDOWN_SIP_TLS_PORT=0',
      'RINGDOWN_HTTPS_PORT=off',
      'RINGDOWN_RTP_PORTS=20000-20999',
      'RINGDOWN_PUBLIC_ADDRESS=127.0.0.1',
      `RINGDOWN_DATA_DIR=${folder}`,
      `RINGDOWN_API_KEY=${apiKey}`,
      'RINGDOWN_LAB=on',
      'RINGDOWN_LOG_LEVEL=warn',
      '',
    ].join('\n'),
  )
  const engine = spawn(process.execPath, [`--env-file=${settings}`, 'engine/main.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${httpPort}`
  const deadlineMs = Date.now() + readyWithinMs
  while (
    !(await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (engine.exitCode !== null || Date.now() > deadlineMs) throw new Error('no engine')
    await pause(pollMs)
  }
  return { engine, url }
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, {
    ...init,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'x-api-key': apiKey,
      'content-type': 'application/json',
    },
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response
}

/** Follows the call to its end, a line for each change. */
async function follow(url: string, callId: string): Promise<Call> {
  const deadlineMs = Date.now() + callWithinMs
  let before = ''
  while (Date.now() < deadlineMs) {
    const call = (await (await ask(`${url}/api/voice/calls/${callId}`)).json()) as Call
    if (call.status !== before) say(words[call.status] ?? call.status)
    before = call.status
    if (call.status === 'completed' || call.status === 'failed') return call
    await pause(pollMs)
  }
  throw new Error('the call did not end in time')
}

const words: Readonly<Record<string, string>> = {
  initiated: 'calling the agent',
  ringing: "the agent's phone rings",
  connected: 'the agent has pressed 1: agent and lead are connected',
  completed: 'the call is over',
  failed: 'the call failed',
}

const bytesOf = async (url: string): Promise<Uint8Array> =>
  new Uint8Array(await (await ask(url)).arrayBuffer())

async function save(url: string, callId: string, recordingUrl: string): Promise<string> {
  const wav = await bytesOf(recordingUrl)
  const call = `${url}/v1/voice/calls/${callId}`
  const recording = recordingUrl.replace(/\/media$/, '')
  const [timeline, sip, peaks] = await Promise.all(
    [`${call}/events`, `${call}/sip`, `${recording}/peaks?buckets=900`].map(async (path) =>
      (await ask(path)).json(),
    ),
  )
  const details = await (await ask(recording)).json()
  const page = await savedPage(async (path) => (await ask(url + path)).text(), callId, {
    timeline,
    sip,
    sipText: await bytesOf(`${call}/sip?format=text`),
    sipPcap: await bytesOf(`${call}/sip?format=pcap`),
    recordings: { recordings: [details] },
    peaks,
    wav,
  })
  writeFileSync(join(folder, 'recording.wav'), wav)
  writeFileSync(join(folder, 'call.html'), page)
  return join(folder, 'call.html')
}

say('starting an engine with the lab carrier')
const { engine, url } = await startEngine()
try {
  const body = { agentPhone, leadPhone, leadName: 'Sarah Johnson', source: 'Zillow' }
  const init = { method: 'POST', body: JSON.stringify(body) }
  const { callId } = (await (await ask(`${url}/api/voice/trigger-call`, init)).json()) as {
    callId: string
  }
  say(`trigger-call: agent ${agentPhone}, lead ${leadPhone} (${callId})`)
  const call = await follow(url, callId)
  if (!call.recordingUrl) throw new Error(`no recording: ${call.reason ?? call.status}`)
  const { calls } = (await (
    await ask(`${url}/v1/voice/calls?to=${encodeURIComponent(agentPhone)}`)
  ).json()) as {
    calls: { id: string }[]
  }
  say(`the page of the call: ${await save(url, calls[0]!.id, call.recordingUrl)}`)
  say(`its stereo recording, agent left, lead right: ${join(folder, 'recording.wav')}`)
} finally {
  const exit = once(engine, 'exit')
  engine.kill('SIGTERM')
  await exit
}
