/** A SIP element with one address that says what it is told to and hears what comes back. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  fromWire,
  MessageStream,
  parseMessage,
  type SipMessage,
  type SipServer,
} from '../../../engine/sip-server/index.ts'
import { sleep } from '../drachtio/sockets.ts'
import type { TortureCase } from './cases.ts'

export interface Tester {
  readonly heard: readonly SipMessage[]
  send(bytes: Buffer): void
  close(): void
}

const waitMs = 5000

/** The first message heard that matches; undefined if none comes. */
export const heardBy = async (
  tester: Tester,
  matches: (message: SipMessage) => boolean,
): Promise<SipMessage | undefined> => {
  const untilMs = performance.now() + waitMs
  while (!tester.heard.some(matches) && performance.now() < untilMs) await sleep(1)
  return tester.heard.find(matches)
}

/** Answers go to port 5060 where a request names no port, and to its source: here both are one. */
async function overUdp(port: number, here: string, there: string): Promise<Tester> {
  const heard: SipMessage[] = []
  const isV6 = here.includes(':')
  const socket = createSocket(isV6 ? 'udp6' : 'udp4')
  socket.on('message', (bytes) => {
    const message = parseMessage(bytes)
    if (message !== undefined) heard.push(message)
  })
  // on ::1 there is no other address to have port 5060 of
  socket.bind(isV6 ? 0 : 5060, here)
  await once(socket, 'listening')
  return {
    heard,
    send: (bytes) => socket.send(bytes, port, there),
    close: () => socket.close(),
  }
}

const onStream = (socket: Socket): Tester => {
  const heard: SipMessage[] = []
  const stream = new MessageStream()
  socket.on('data', (bytes) => {
    for (const piece of stream.push(fromWire(bytes))) {
      const message = piece.is === 'ping' ? undefined : parseMessage(piece.text)
      if (message !== undefined) heard.push(message)
    }
  })
  socket.on('error', () => undefined)
  return { heard, send: (bytes) => void socket.write(bytes), close: () => socket.destroy() }
}

export interface Addresses {
  /** the tester's own */
  readonly here: string
  /** the server's */
  readonly there: string
}

export async function openTester(
  server: SipServer,
  transport: TortureCase['transport'],
  { here, there }: Addresses,
): Promise<Tester> {
  if (transport === 'UDP') return overUdp(server.sipPort, here, there)
  const parts = { host: there, localAddress: here }
  if (transport === 'TCP') {
    const socket = connectTcp({ ...parts, port: server.sipPort })
    await once(socket, 'connect')
    return onStream(socket)
  }
  const raw = connectTcp({ ...parts, port: server.tlsPort })
  // what is tried here is the message, not the certificate
  const socket = connectTls({ socket: raw, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return onStream(socket)
}

let serial = 0

/** An ordinary request, different from every other. */
const ordinary = (method: string, transport: TortureCase['transport'], host: string): Buffer => {
  const id = `good-${serial++}`
  const sentBy = host.includes(':') ? `[${host}]` : host
  return Buffer.from(
    [
      `${method} sip:${sentBy} SIP/2.0`,
      `Via: SIP/2.0/${transport} ${sentBy};branch=z9hG4bK${id}`,
      'Max-Forwards: 70',
      `From: <sip:tester@${sentBy}>;tag=${id}`,
      `To: <sip:${sentBy}>`,
      `Call-ID: ${id}`,
      `CSeq: 1 ${method}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  )
}

const isGood = (message: SipMessage): boolean => message.callId.startsWith('good-')

/** What came back that is not the answer to an ordinary request. */
export const answersOf = (tester: Tester): SipMessage[] =>
  tester.heard.filter((message) => message.status > 0 && !isGood(message))

/** The answer to an ordinary request. */
export const ask = async (
  tester: Tester,
  method: string,
  transport: TortureCase['transport'],
  host: string,
): Promise<number | undefined> => {
  const bytes = ordinary(method, transport, host)
  const [, id] = /Call-ID: (\S+)/.exec(bytes.toString()) ?? []
  tester.send(bytes)
  return (await heardBy(tester, (message) => message.callId === id))?.status
}

/** An application asks for its methods one after the other once it is connected; PUBLISH is late. */
export const untilServed = async (
  tester: Tester,
  transport: TortureCase['transport'],
  host: string,
): Promise<void> => {
  while ((await ask(tester, 'PUBLISH', transport, host)) === 503) await sleep(2)
}
