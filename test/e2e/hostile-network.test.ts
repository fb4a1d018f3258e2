import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { align } from '../../engine/dsp/levels.ts'
import { writeRtp } from '../../engine/dsp/rtp.ts'
import { readWav } from '../../engine/dsp/wav.ts'
import { Caller } from '../loop/sip/support/caller.ts'
import { type Peer, TcpPeer, UdpPeer } from '../loop/sip/support/peer.ts'
import { noise, sine } from '../media/rtp-peer.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { bugsIn, logLines } from '../support/log-lines.ts'

const firstRtpPort = 11_900
const lastRtpPort = 11_959
/** RFC 4475 and RFC 5118 messages, third-party data: used where they lie, if they do. */
const torture = resolve(import.meta.dirname, '../../../shared/torture')

let engine: EngineProcess
const closers: (() => unknown)[] = []
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_RTP_PORTS: `${firstRtpPort}-${lastRtpPort}` })
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  expect(bugsIn(engine.output())).toEqual([])
  expect(engine.process.exitCode).toBeNull()
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

async function ended(id: string): Promise<Json> {
  return eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    (call) => call.end_time !== null,
  )
}

describe('RTP from strangers', () => {
  test('is counted and not heard, nor does it draw the audio to the stranger', async () => {
    const login = { username: 'victim', password: 'a-long-password' }
    expect((await engine.send('POST', '/v1/voice/devices', login)).status).toBe(201)
    const phone = await DeskPhone.open(engine.sipPort, login)
    closers.push(() => phone.close())
    await phone.register()
    const elsewhere = await strangerAt('127.0.0.5')
    const nextDoor = await strangerAt('127.0.0.1')
    // Before, during and after the answer.
    const spray = setInterval(() => {
      elsewhere.spray()
      nextDoor.spray()
    }, 20)
    closers.push(() => clearInterval(spray))

    const verbs = [{ verb: 'pause', length: 20 }]
    const { body } = await engine.send('POST', '/v1/voice/calls', {
      ...{ to: 'victim', from: '+15005550100', record: true, verbs },
    })
    await phone.answer()
    const said = noise(3_000, 9)
    await phone.audio.talk(said)
    await engine.send('DELETE', `/v1/voice/calls/${body.id}`)
    await phone.hungUp()
    clearInterval(spray)

    const call = await ended(body.id)
    const response = await fetch(call.recording_url, { headers: { 'x-api-key': engine.apiKey } })
    const { samples } = readWav(new Uint8Array(await response.arrayBuffer()))
    const heard = samples[1]!
    // 6,000 packets a second are sent meanwhile: on a busy machine some of the noise has to be stretched.
    expect(likeness(said, heard)).toBeGreaterThanOrEqual(0.85)
    const tone = sine(1_000, 100)
    for (let at = 0; at + 1_600 < heard.length; at += 800) {
      const part = heard.subarray(at, at + 1_600)
      expect(Math.abs(align(tone, part, 0, 800).correlation)).toBeLessThan(0.5)
    }
    expect([elsewhere.received, nextDoor.received]).toEqual([0, 0])
    const line = logLines(engine.output()).find(
      ({ msg, callId }) => msg === 'call ended' && callId === body.id,
    )
    expect(line.packetsFromStrangers).toBeGreaterThan(20)
    // The phone's own packets, all of them, and nobody else's.
    expect(line.packetsReceived).toBeLessThanOrEqual(said.length / 160)
  })
})

/** Sends a loud tone to every audio port of the engine, and counts what comes back. */
async function strangerAt(address: string): Promise<{ spray(): void; readonly received: number }> {
  const socket = createSocket('udp4').bind(0, address)
  await once(socket, 'listening')
  closers.push(() => socket.close())
  let received = 0
  socket.on('message', () => {
    received += 1
  })
  const packet = Buffer.alloc(172)
  // A tone of 1 kHz in mu-law: eight samples a period.
  const period = [0xff, 0x86, 0x80, 0x86, 0x7f, 0x06, 0x00, 0x06]
  for (let i = 0; i < 160; i++) packet[12 + i] = period[i % 8]!
  let sequence = 0
  return {
    spray: () => {
      sequence = (sequence + 1) & 0xffff
      writeRtp(packet, 0, 0, false, sequence, sequence * 160, 0xbad)
      for (let port = firstRtpPort; port <= lastRtpPort; port++) {
        socket.send(packet, port, '127.0.0.1')
      }
    },
    get received() {
      return received
    },
  }
}

describe('SIP garbage', () => {
  test.each(garbage())('%s', async (_name, messages) => {
    const before = (await engine.get('/v1/voice/calls')).body.total
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    closers.push(() => socket.close())
    const computedMs = cpuMs()
    for (const message of messages) await sendDatagram(socket, message)
    for (const message of messages) await sendOnConnection(message)
    await expectOptions(await UdpPeer.open(engine.sipPort))
    await expectOptions(await TcpPeer.open(engine.sipPort))
    // What is read in quadratic time keeps the server for longer.
    expect(cpuMs() - computedMs).toBeLessThan(1_000)
    expect((await engine.get('/v1/voice/calls')).body.total).toBe(before)
  })

  test('connections that begin a message and say no more', async () => {
    for (let n = 0; n < 100; n++) {
      const stream = connect(engine.sipPort, '127.0.0.1')
      stream.on('error', () => undefined)
      closers.push(() => stream.destroy())
      await once(stream, 'connect')
      stream.write(invite().slice(0, 5 * n))
    }
    await expectOptions(await UdpPeer.open(engine.sipPort))
    await expectOptions(await TcpPeer.open(engine.sipPort))
  })

  test('after it a call is good', async () => {
    const verbs = [{ verb: 'say', text: 'All is well.' }]
    const wanted = { to: '+15005550140', from: '+15005550100', verbs }
    const { body } = await engine.send('POST', '/v1/voice/calls', wanted)
    expect(await ended(body.id)).toMatchObject({ status: 'completed' })
  })
})

function sendDatagram(socket: Socket, message: Buffer): Promise<void> {
  // What does not fit into a datagram is cut as the network would refuse it.
  const bytes = message.subarray(0, 60_000)
  return new Promise((resolve) => {
    socket.send(bytes, engine.sipPort, '127.0.0.1', () => resolve())
  })
}

/** On a connection of its own, which the engine may close. */
async function sendOnConnection(message: Buffer): Promise<void> {
  const stream = connect(engine.sipPort, '127.0.0.1')
  stream.on('error', () => undefined)
  closers.push(() => stream.destroy())
  await once(stream, 'connect')
  stream.resume().write(message)
}

/** For how long the engine has computed, on all its threads: what others do besides it adds nothing. */
function cpuMs(): number {
  const stat = readFileSync(`/proc/${engine.process.pid}/stat`, 'latin1')
  // Behind the name, which may have spaces; in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return 10 * (user + system)
}

/** A good request is answered, on a busy machine later. */
async function expectOptions(peer: Peer): Promise<void> {
  closers.push(() => peer.close())
  const to = `sip:127.0.0.1:${engine.sipPort}`
  const caller = new Caller(peer, { from: 'sip:tester@127.0.0.1', to })
  caller.request('OPTIONS')
  const answer = await peer.expect(({ headers }) => headers['call-id'] === caller.callId)
  expect(answer.status).toBe(200)
}

function invite(extra = ''): string {
  return [
    'INVITE sip:+15005550100@127.0.0.1 SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bKgarbage;rport',
    'Max-Forwards: 70',
    'From: <sip:garbage@127.0.0.1>;tag=1',
    'To: <sip:+15005550100@127.0.0.1>',
    'Call-ID: garbage@127.0.0.1',
    'CSeq: 1 INVITE',
    'Contact: <sip:garbage@127.0.0.1:5999>',
    ...(extra === '' ? [] : [extra]),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}

function garbage(): [string, Buffer[]][] {
  const whole = invite()
  const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'latin1'))
  const cuts = Array.from({ length: Math.floor(whole.length / 6) }, (_, i) => whole.slice(0, 6 * i))
  const long = 'x'.repeat(100_000)
  return [
    ['random bytes', randomMessages(200)],
    ['INVITEs that are cut off', bytes(cuts)],
    [
      'lines of 100 KB',
      bytes([
        `INVITE sip:${long}@127.0.0.1 SIP/2.0\r\n\r\n`,
        invite(`Subject: ${long}`),
        invite(`Via: SIP/2.0/UDP ${long};branch=z9hG4bK${long}`),
        invite(`${long}: x`),
        long,
      ]),
    ],
    [
      'too many of everything',
      bytes([
        invite(Array.from({ length: 5_000 }, (_, i) => `X-${i}: ${i}`).join('\r\n')),
        invite(`Via: ${'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx, '.repeat(2_000)}`),
        invite(`Contact: ${'"'.repeat(3_000)}`),
        invite(`Authorization: Digest ${'a="b",'.repeat(5_000)}`),
        invite(`Require: ${'x,'.repeat(10_000)}`),
      ]),
    ],
    [
      'lengths and numbers that lie',
      bytes([
        ...['-1', '99999999999', '1e9', '0x10', '', '5, 6'].map((length) =>
          whole.replace('Content-Length: 0', `Content-Length: ${length}`),
        ),
        ...['-1', '4294967296', 'x', '1'].map((number) =>
          whole.replace('CSeq: 1 INVITE', `CSeq: ${number} BYE`),
        ),
        whole.replace('Max-Forwards: 70', 'Max-Forwards: -70'),
        whole.replace('SIP/2.0\r\nVia', 'SIP/7.0\r\nVia'),
        whole.replaceAll('\r\n', '\0'),
        whole.replaceAll('\r\n', '\n'),
        whole.replace('Via:', '\0Via:'),
        'SIP/2.0 200 OK\r\n\r\n',
        'SIP/2.0 999999 \r\nVia: x\r\n\r\n',
        '\r\n'.repeat(5_000),
      ]),
    ],
    ['torture messages', tortureMessages()],
  ]
}

/** Repeatable. */
function randomMessages(count: number): Buffer[] {
  let state = 4_711
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length: 1 + (next() % 1_400) }, () => next() & 0xff)),
  )
}

/** Those beside the project if they are there, or else two of our own in their spirit. */
function tortureMessages(): Buffer[] {
  const found = existsSync(torture)
    ? ['', 'rfc5118'].flatMap((folder) =>
        readdirSync(join(torture, folder))
          .filter((name) => name.endsWith('.dat'))
          .map((name) => readFileSync(join(torture, folder, name))),
      )
    : []
  const own = [
    invite('Subject:\r\n folded\r\n\tover lines\r\ns   :  short form'),
    invite().replace('Call-ID:', 'i  :').replace('To:', 't :\r\n '),
  ]
  return [...found, ...own.map((text) => Buffer.from(text))]
}
