/**
 * RFC 4475 and RFC 5118 on the wire: each message over the transport that it names, to a server with the
 * engine's own SIP application and to one with an application that says yes to everything; after each a
 * good request is answered, and when the timers have run nothing is left. The project's own cases of
 * the same rules are in test/unit/sip-server/rules.test.ts and always run.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  fromWire,
  MessageStream,
  type SipMessage,
  type SipServer,
  startSipServer,
} from '../../engine/sip-server/index.ts'
import { certificateFiles, type TestCertificate } from '../support/certificate-files.ts'
import { sleep } from '../support/drachtio/sockets.ts'
import {
  obligingApplication,
  ownApplication,
  type StartApplication,
} from '../support/torture/applications.ts'
import { type TortureCase, tortureCases, whyNoTorture } from '../support/torture/cases.ts'
import {
  type Addresses,
  answersOf,
  ask,
  heardBy,
  openTester,
  type Tester,
  untilServed,
} from '../support/torture/tester.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const secret = 'torture'
const addresses: Readonly<Record<TortureCase['rfc'], Addresses>> = {
  '4475': { here: '127.47.75.1', there: '127.0.0.1' },
  '5118': { here: '::1', there: '::1' },
}

let certificate: TestCertificate
beforeAll(() => {
  certificate = certificateFiles()
})
afterAll(() => certificate.remove())

const startServer = (clock: VirtualClock, host: string): Promise<SipServer> =>
  startSipServer({
    host,
    port: 0,
    transports: ['udp', 'tcp'],
    tls: { ...certificate, port: 0 },
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    clock,
  })

/** What an application decides, so that the 200 of one that says yes to everything means nothing. */
const businessOfApplications: ReadonlySet<string> = new Set([
  ...['unkscm', 'novelsc', 'unksm2', 'bext01', 'invut', 'sdp01', 'regaut01', 'mpart01'],
])

/** What an answer must hold beside its status. */
const details: Readonly<Record<string, readonly (readonly [string, RegExp])[]>> = {
  intmeth: [['allow', /\bINVITE\b/]],
  esc02: [['allow', /\bREGISTER\b/]],
  bext01: [['unsupported', /nothingSupportsThis, *nothingSupportsThisEither/]],
  invut: [['accept', /application\/sdp/]],
  mpart01: [['accept', /text\/plain/]],
  regaut01: [['www-authenticate', /^Digest .*nonce=/]],
  longreq: [['call-id', /^longreq.*long/]],
}

const allowedOf = ({ rfc, allowed, bytes }: TortureCase, own: boolean): readonly number[] =>
  // a registrar may want credentials (RFC 4475 says so of its own messages)
  own && rfc === '5118' && bytes.subarray(0, 9).toString() === 'REGISTER ' && allowed.includes(200)
    ? [...allowed, 401]
    : allowed

const finalAnswer = (tester: Tester): Promise<SipMessage | undefined> =>
  heardBy(tester, (message) => message.status >= 200 && answersOf(tester).includes(message))

const check = async (tester: Tester, torture: TortureCase, own: boolean): Promise<void> => {
  const allowed = allowedOf(torture, own)
  if (allowed.length === 0) {
    await ask(tester, 'OPTIONS', torture.transport, addresses[torture.rfc].here)
    expect(answersOf(tester)).toEqual([])
    return
  }
  const answer = await finalAnswer(tester)
  if (!own && businessOfApplications.has(torture.name)) expect(answer?.status).toBe(200)
  else {
    expect(allowed).toContain(answer?.status)
    for (const [key, wanted] of details[torture.name] ?? []) {
      expect(answer?.header(key)).toMatch(wanted)
    }
  }
}

/**
 * Timers run out; what the server sends while they do is left unanswered. 40 s are enough where no call was
 * made; one that is never acknowledged takes as long again, for its BYE.
 */
const untilIdle = async (clock: VirtualClock, rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round++) {
    await clock.advance(40_000)
    await sleep(1)
  }
}

const run = async (torture: TortureCase, start: StartApplication): Promise<void> => {
  const clock = new VirtualClock()
  const where = addresses[torture.rfc]
  const { transport } = torture
  const server = await startServer(clock, where.there)
  const app = await start(server, secret, where.here)
  const tester = await openTester(server, transport, where)
  try {
    await untilServed(tester, transport, where.here)
    tester.send(torture.bytes)
    await check(tester, torture, start === ownApplication)
    expect(await ask(tester, 'OPTIONS', transport, where.here)).toBe(200)
    await untilIdle(clock, start === ownApplication ? 1 : 2)
    const { transactions, dialogs, inbound, outbound, faults } = server.stats()
    expect({ transactions, dialogs, inbound, outbound, faults }).toEqual({
      transactions: { client: 0, server: 0 },
      dialogs: 0,
      inbound: 0,
      outbound: 0,
      faults: 0,
    })
    expect(app.leftovers()).toEqual([])
  } finally {
    tester.close()
    await app.close()
    await server.close()
  }
}

/** What a stream reader makes of pieces of that length; the last one may still want more. */
const readInPieces = (bytes: Buffer, length: number): readonly string[] => {
  const stream = new MessageStream()
  const found: string[] = []
  for (let at = 0; at < bytes.length; at += length) {
    for (const piece of stream.push(fromWire(bytes.subarray(at, at + length)))) {
      found.push(JSON.stringify(piece))
    }
  }
  return found
}

describe.each(['4475', '5118'] as const)('RFC %s', (rfc) => {
  const cases = tortureCases(rfc)
  test('all messages are here', (context) => {
    if (cases.length === 0) context.skip(whyNoTorture)
    expect(cases).toHaveLength(rfc === '4475' ? 49 : 12)
  })
  test.each(cases)('$name, the application of the engine', (each) => run(each, ownApplication))
  test.each(cases)('$name, cut anywhere on a stream', ({ bytes }) => {
    const whole = readInPieces(bytes, bytes.length)
    for (const length of [1, 2, 3, 7, 64]) expect(readInPieces(bytes, length)).toEqual(whole)
    for (let at = 1; at < bytes.length; at++) {
      const stream = new MessageStream()
      const halves = [bytes.subarray(0, at), bytes.subarray(at)]
      const found = halves.flatMap((half) => [...stream.push(fromWire(half))])
      expect(found.map((piece) => JSON.stringify(piece))).toEqual(whole)
    }
  })
  test.each(cases)('$name, one that says yes', (each) => run(each, obligingApplication))
})
