/** sipp plays one flow after the other at one engine, all at once: as carrier, as caller from a carrier, as device. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { listening } from '../support/listening.ts'
import { bugsIn } from '../support/log-lines.ts'
import {
  asCarrier,
  asCarrierCalling,
  asDevice,
  type CallingFlow,
  type CarrierFlow,
  calls,
  type Login,
  registers,
  transfers,
  withReliableRinging,
  writes,
} from '../support/sipp-flows.ts'

let engine: EngineProcess
const folder = mkdtempSync(join(tmpdir(), 'sipp-flows-'))
const children: ChildProcess[] = []
/** Each flow by its name, under way. */
const played = new Map<string, Promise<void>>()
let made = 0

beforeAll(async () => {
  // Pings would come before what a scenario waits for.
  engine = await startEngine({ RINGDOWN_DEVICE_PING: '0' })
  for (const [name, play] of Object.entries(plays)) {
    const playing = play()
    // Its test tells of a failure.
    playing.catch(() => {})
    played.set(name, playing)
  }
})
afterAll(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
  await engine?.stop()
  engine?.removeData()
  rmSync(folder, { recursive: true, force: true })
})

/** Plays a scenario once at a port; resolves when all went as it says. */
async function sipp(xml: string, port: number): Promise<{ done: Promise<void> }> {
  const name = `${++made}`
  const file = join(folder, `${name}.xml`)
  writeFileSync(file, xml)
  const args = [`127.0.0.1:${engine.sipPort}`, '-sf', file, '-i', '127.0.0.1', '-p', `${port}`]
  args.push('-m', '1', '-nostdin', '-trace_err', '-timeout', '85', '-timeout_error')
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' })
  children.push(child)
  child.on('error', () => {})
  const exit = once(child, 'exit')
  const done = exit.then(([code]) => {
    if (code === 0) return
    const log = readdirSync(folder).find(
      (one) => one.startsWith(`${name}_`) && one.endsWith('.log'),
    )
    throw new Error(
      `sipp ended with ${code}: ${log ? readFileSync(join(folder, log), 'utf8') : ''}`,
    )
  })
  done.catch(() => {})
  // Who calls may be through already.
  await Promise.race([exit, listening(child, port)])
  return { done }
}

async function post(path: string, body: object): Promise<Json> {
  const answer = await engine.send('POST', path, body)
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
let prefixes = 100
async function trunk(more: object = {}) {
  const port = await freePort()
  const prefix = `+6129${++prefixes}`
  const wish = { name: prefix, host: '127.0.0.1', port, prefixes: [prefix] }
  const { id } = await post('/v1/voice/trunks', { ...wish, ...more })
  return { id, port, number: `${prefix}55555` }
}
let devices = 2_000
async function device(): Promise<Login> {
  const username = `${++devices}`
  const { password } = await post('/v1/voice/devices', { username, name: username })
  return { username, password }
}
/** At a port of its own, which it leaves to the next sipp. */
async function registered(login: Login): Promise<number> {
  const port = await freePort()
  await (await sipp(registers(login), port)).done
  return port
}
const place = (to: string, seconds: number): Promise<Json> => {
  const verbs = [{ verb: 'pause', length: seconds }, { verb: 'hangup' }]
  return post('/v1/voice/calls', { to, from: '+15005550100', verbs })
}
const until = (id: string, status: string) =>
  eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    (call) => call.status === status,
    85_000,
  )
const eventsOf = async (id: string): Promise<string[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events.map(({ type }: Json) => type)

/** Of a call, once there is one with this label: the trace comes from the SIP server in batches. */
async function messagesOf(id: string, awaited: string): Promise<Json[]> {
  const ladder = await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}/sip`)).body,
    ({ messages }) => messages.some(({ label }: Json) => label === awaited),
  )
  return ladder.messages
}

/** The engine calls sipp, and the call ends as `status`. */
async function carrier(name: CarrierFlow, seconds: number, status: string): Promise<string> {
  const { port, number } = await trunk()
  const phone = await sipp(asCarrier[name], port)
  const { id } = await place(number, seconds)
  await phone.done
  await until(id, status)
  return id
}

const waits = { verbs: [{ verb: 'gather', num_digits: 1, timeout: 20 }] }
async function callsUs(name: CallingFlow, route: object = waits, more: object = {}): Promise<Json> {
  const { port, number: from } = await trunk(more)
  const number = from.replace('+6129', '+6139')
  await post('/v1/voice/numbers', { number, route })
  await (await sipp(asCarrierCalling(number)[name], port)).done
  const { body } = await engine.get('/v1/voice/calls?direction=inbound')
  return body.calls.find((call: Json) => call.to === number)
}

const plays: Record<string, () => Promise<void>> = {
  'early media before the answer': async () => {
    await carrier('early media before the answer', 1, 'completed')
  },
  'ringing and an offer before the answer (PRACK, UPDATE)': async () => {
    const flow = 'ringing and an offer before the answer (PRACK, UPDATE)'
    await carrier(flow, 1, 'completed')
  },
  'a redirection is not followed': async () => {
    const id = await carrier('a redirection is not followed', 1, 'failed')
    const messages = await messagesOf(id, 'ACK')
    expect(messages.filter(({ label }: Json) => label === 'INVITE (sdp)')).toHaveLength(1)
  },
  'a call is given up while it rings': async () => {
    const { port, number } = await trunk()
    const phone = await sipp(asCarrier['a call is given up while it rings'], port)
    const { id } = await place(number, 1)
    await until(id, 'ringing')
    await engine.send('DELETE', `/v1/voice/calls/${id}`)
    await phone.done
    await until(id, 'canceled')
  },
  'the session is refreshed by re-INVITE': async () => {
    await carrier('the session is refreshed by re-INVITE', 55, 'completed')
  },
  'the session is refreshed by UPDATE': async () => {
    await carrier('the session is refreshed by UPDATE', 55, 'completed')
  },
  'a session that nobody refreshes ends': async () => {
    await carrier('a session that nobody refreshes ends', 85, 'completed')
  },
  'the phone is asked by REFER, and tells': async () => {
    const { port, number } = await trunk()
    const phone = await sipp(asCarrier['the phone is asked by REFER, and tells'], port)
    const { id } = await place(number, 20)
    await until(id, 'in-progress')
    await post(`/v1/voice/calls/${id}/transfer`, { to: '+15005550140', mode: 'refer' })
    await phone.done
    expect((await eventsOf(id)).filter((type) => type.startsWith('transfer.'))).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.completed',
    ])
  },
  'it is asked by OPTIONS whether it is there': async () => {
    const { id, port } = await trunk()
    const peer = await sipp(asCarrier['it is asked by OPTIONS whether it is there'], port)
    await engine.send('PATCH', `/v1/voice/trunks/${id}`, { ping_interval_s: 60 })
    await peer.done
    await eventually(
      async () => (await engine.get(`/v1/voice/trunks/${id}`)).body.status,
      ({ reachable }) => reachable === true,
    )
  },
  'it is a registrar that asks for a digest, and for fewer of them': async () => {
    const { id, port } = await trunk({ username: 'us', password: 'secret' })
    const flow = asCarrier['it is a registrar that asks for a digest, and for fewer of them']
    const registrar = await sipp(flow, port)
    const path = `/v1/voice/trunks/${id}`
    await engine.send('PATCH', path, { registration: { expires_s: 600 } })
    const { registered_until } = await eventually(
      async () => (await engine.get(path)).body.status,
      ({ registration }) => registration === 'registered',
    )
    expect(Date.parse(registered_until) - Date.now()).toBeGreaterThan(7_000_000)
    await engine.send('DELETE', path)
    await registrar.done
  },
  'holds by re-INVITE and comes back by UPDATE': async () => {
    const call = await callsUs('holds by re-INVITE and comes back by UPDATE')
    const events = await eventsOf(call.id)
    expect(events.filter((type) => /^call\.(?:held|resumed)$/.test(type))).toEqual([
      'call.held',
      'call.resumed',
    ])
  },
  'may not transfer': async () => {
    const call = await callsUs('may not transfer')
    expect((await eventsOf(call.id)).filter((type) => type.startsWith('transfer.'))).toEqual([])
  },
  'may transfer where it is told so': async () => {
    const route = { number: '+15005550130' }
    const name = 'may transfer where it is told so'
    const call = await callsUs(name, route, { allow_transfer: true })
    expect((await eventsOf(call.id)).filter((type) => type.startsWith('transfer.'))).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.completed',
    ])
  },
  'wants too short a session': async () => {
    expect(await callsUs('wants too short a session')).toBeUndefined()
  },
  'ringing that is acknowledged (PRACK)': async () => {
    const login = await device()
    const phone = await sipp(asDevice.answers, await registered(login))
    const { port } = await trunk()
    const number = '+61398001000'
    await post('/v1/voice/numbers', { number, route: { device: login.username } })
    const calling = await sipp(withReliableRinging(number), port)
    await calling.done
    await phone.done
  },
  'two phones of a device: the later one hears why it stops': async () => {
    const login = await device()
    const [one, two] = [await registered(login), await registered(login)]
    const [first, later] = [
      await sipp(asDevice.answers, one),
      await sipp(asDevice['is too late'], two),
    ]
    const { id } = await place(login.username, 1)
    await Promise.all([first.done, later.done])
    await until(id, 'completed')
  },
  'a text from device to device': async () => {
    const [sender, receiver] = [await device(), await device()]
    const port = await registered(receiver)
    const reading = await sipp(asDevice['is written to']('Good morning'), port)
    const writing = await sipp(writes(sender, receiver.username, 'Good morning'), await freePort())
    await Promise.all([writing.done, reading.done])
  },
  'a device takes the place of another (INVITE with Replaces)': async () => {
    const [alice, bob, carol] = [await device(), await device(), await device()]
    // Without that they would be trunks' callers, who are at this address too.
    for (const login of [alice, carol]) await registered(login)
    const ringing = await sipp(asDevice.answers, await registered(bob))
    const calling = await sipp(calls(alice, bob.username), await freePort())
    const leg: Json = await eventually(
      async () =>
        (await engine.get('/v1/voice/calls?status=in-progress')).body.calls.find(
          (call: Json) => call.to === bob.username && call.parent_call_id !== null,
        ),
      (call) => call !== undefined,
    )
    const messages = await messagesOf(leg.id, '200 OK (INVITE, sdp)')
    const { raw } = messages.find(({ label }: Json) => label === '200 OK (INVITE, sdp)')
    const part = (pattern: RegExp): string => pattern.exec(raw)?.[1] ?? ''
    const ours = part(/^From:.*;tag=([^;\s]+)/m)
    const theirs = part(/^To:.*;tag=([^;\s]+)/m)
    const replaces = `Replaces: ${part(/^Call-ID: (\S+)/m)};to-tag=${ours};from-tag=${theirs}`
    const taking = await sipp(calls(carol, bob.username, [replaces], 500), await freePort())
    await Promise.all([ringing.done, taking.done, calling.done])
  },
  'a device transfers (REFER, NOTIFY)': async () => {
    const login = await device()
    await registered(login)
    const xml = transfers(login, '+15005550140', '+15005550130')
    await (await sipp(xml, await freePort())).done
  },
}

test.each(Object.keys(plays))('%s', async (name) => {
  await played.get(name)
})

test('no bug was logged', () => {
  expect(bugsIn(engine.output())).toEqual([])
})
