/** What has been done to others, done to a whole engine: nothing of it may have an effect. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { authorize, Caller } from '../loop/sip/support/caller.ts'
import { type Message, type Peer, reply, sdp, TcpPeer, UdpPeer } from '../loop/sip/support/peer.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn, logLines } from '../support/log-lines.ts'
import { peerAt } from '../support/loopback-peer.ts'

const number = '+12025550100'
let engine: EngineProcess
/** The operator's trunk, at an address that is no attacker's. */
let trunk: UdpPeer
let password: string
const closers: (() => unknown)[] = []

beforeAll(async () => {
  engine = await startEngine({
    ...{ RINGDOWN_LAB: 'off', RINGDOWN_LOG_LEVEL: 'debug' },
    RINGDOWN_ALLOWED_SIP_TARGETS: '127.0.0.1',
  })
  trunk = await peerAt('127.0.0.77', engine.sipPort)
  const made = await engine.send('POST', '/v1/voice/trunks', {
    ...{ name: 'carrier', host: '127.0.0.77', port: trunk.port, transport: 'udp' },
    ...{ username: 'us', password: 'trunk-secret' },
  })
  expect(made.status).toBe(201)
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  password = logins.devices.find((device: Json) => device.username === '1001').password
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  trunk?.close()
  await engine?.stop()
  engine?.removeData()
})

const peers = {
  UDP: (): Promise<Peer> => UdpPeer.open(engine.sipPort),
  TCP: (): Promise<Peer> => TcpPeer.open(engine.sipPort),
}
const open = async (kind: keyof typeof peers): Promise<Peer> => {
  const peer = await peers[kind]()
  closers.push(() => peer.close())
  return peer
}
const isFinal = (message: Message): boolean => (message.status ?? 0) >= 200
const calls = async (): Promise<number> => (await engine.get('/v1/voice/calls')).body.total
const invitesAtTrunk = (): Message[] => trunk.all.filter(({ method }) => method === 'INVITE')
const here = (user: string): string => `sip:${user}@127.0.0.1:${engine.sipPort}`

describe('calls at the cost of others', () => {
  const atTrunk = (): string => `127.0.0.77:${trunk.port}`
  const ways: [string, () => { uri: string; to?: string; headers?: [string, string][] }][] = [
    ['a telephone number', () => ({ uri: here(number) })],
    ['a national number', () => ({ uri: here('0012025550100') })],
    ['a tel URI', () => ({ uri: `tel:${number}` })],
    ['the trunk in the request-URI', () => ({ uri: `sip:${number}@${atTrunk()}` })],
    ['the trunk as maddr', () => ({ uri: `${here(number)};maddr=127.0.0.77` })],
    ['the number in To alone', () => ({ uri: here('1001'), to: here(number) })],
    [
      'the trunk in Route',
      () => ({ uri: here(number), headers: [['Route', `<sip:${atTrunk()};lr>`]] }),
    ],
    [
      'us and then the trunk in Route',
      () => ({
        uri: `sip:${number}@${atTrunk()}`,
        headers: [['Route', `<sip:127.0.0.1:${engine.sipPort};lr>, <sip:${atTrunk()};lr>`]],
      }),
    ],
    [
      "a device's name in From",
      () => ({ uri: here(number), headers: [['P-Asserted-Identity', '<sip:1001@ringdown>']] }),
    ],
    [
      'made-up credentials',
      () => ({
        uri: here(number),
        headers: [['Authorization', 'Digest username="1001", realm="ringdown", response="0"']],
      }),
    ],
    ['many hops left to go in circles', () => ({ uri: here('+15005550100') })],
  ]
  const kinds = Object.keys(peers) as (keyof typeof peers)[]

  test.each(kinds.flatMap((kind) => ways.map(([says, make]) => [says, kind, make] as const)))(
    '%s, over %s, without a password',
    async (_says, kind, make) => {
      const peer = await open(kind)
      const before = await calls()
      const { uri, to = uri, headers = [] } = make()
      const caller = new Caller(peer, { from: here('1001'), to })
      caller.request('INVITE', { uri, headers, body: sdp() })
      const answer = await peer.expect(isFinal)
      caller.ackFailure(answer)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(invitesAtTrunk()).toEqual([])
      expect(await calls()).toBe(before)
    },
  )

  // a phone of ours may send its callers on, by the rules of its account; others may not
  test.each([302, 305, 380])(
    'somebody outside who answers %i sends no call to a trunk',
    async (status) => {
      const outside = await open('UDP')
      const { body: call } = await engine.send('POST', '/v1/voice/calls', {
        ...{ to: `sip:callee@127.0.0.1:${outside.port}`, from: '+15005550100' },
        verbs: [{ verb: 'hangup' }],
      })
      const invite = await outside.expect('INVITE')
      outside.send(reply(invite, status, { contact: `<sip:${number}@${atTrunk()}>` }))
      const ended = await eventually(
        async () => (await engine.get(`/v1/voice/calls/${call.id}`)).body,
        (it) => it.end_time !== null,
      )
      expect(ended.status).not.toBe('completed')
      expect(invitesAtTrunk()).toEqual([])
    },
  )
})

describe('requests of strangers', () => {
  const methods = [
    'MESSAGE',
    'SUBSCRIBE',
    'REFER',
    'PUBLISH',
    'NOTIFY',
    'UPDATE',
    'INFO',
    'PRACK',
    'BYE',
  ]
  const refusals = [401, 403, 405, 480, 481, 489, 501]

  test.each(
    methods.flatMap((method) => (['UDP', 'TCP'] as const).map((kind) => [method, kind] as const)),
  )('%s over %s is refused and does nothing', async (method, kind) => {
    const peer = await open(kind)
    const before = await calls()
    const caller = new Caller(peer, { from: here('1001'), to: here('1002') })
    caller.request(method, {
      headers: [
        ['Refer-To', `<sip:${number}@127.0.0.77:${trunk.port}>`],
        ['Event', 'message-summary'],
        ['Expires', '600'],
        ['RAck', '1 1 INVITE'],
      ],
      body: 'Signal=1\r\nDuration=160\r\n',
      type: method === 'MESSAGE' ? 'text/plain' : 'application/dtmf-relay',
    })
    const answer = await peer.expect(isFinal)
    expect(refusals).toContain(answer.status)
    expect(await calls()).toBe(before)
    expect(invitesAtTrunk()).toEqual([])
    // no second message, such as a NOTIFY or a MESSAGE, has gone out because of it
    expect(peer.all).toHaveLength(1)
  })
})

describe('who is there and who is not', () => {
  /** Everything of an answer but what is drawn by lot. */
  const shape = ({ start, headers }: Message): unknown => [
    start,
    Object.keys(headers),
    (headers['www-authenticate'] ?? '').replace(/nonce="[^"]*"/g, 'nonce'),
  ]

  test.each(['REGISTER', 'INVITE'])('%s tells nobody', async (method) => {
    const seen: unknown[][] = []
    for (const username of ['1001', 'nobody-of-that-name']) {
      const peer = await open('UDP')
      const uri = here(method === 'INVITE' ? '1002' : username)
      const caller = new Caller(peer, { from: here(username), to: uri })
      const ask = async (headers: [string, string][]): Promise<Message> => {
        caller.request(method, { uri, headers, ...(method === 'INVITE' ? { body: sdp() } : {}) })
        const answer = await peer.expect(isFinal)
        if (method === 'INVITE') caller.ackFailure(answer)
        return answer
      }
      const challenge = await ask([])
      const wrong = authorize(challenge, method, uri, { username, password: 'wrong' })
      const verdict = await ask([['Authorization', wrong]])
      expect([challenge.status, verdict.status]).toEqual([401, 401])
      seen.push([shape(challenge), shape(verdict)])
    }
    expect(seen[0]).toEqual(seen[1])
  })
})

describe('lines of the log', () => {
  const evil = [
    'x\x1b[2Jx',
    'x\0x',
    'x\\" , level=\\"fatal',
    'x"}\t{"level":"fatal","msg":"forged"}',
    '<script>alert(1)</script>',
    '=cmd|calc',
    'ünïcode \u2028 \u2029',
  ]

  test.each(evil)('%j in names, ids and agents stays within one line', async (text) => {
    const peer = await open('UDP')
    const quoted = text.replace(/["\\]/g, '\\$&')
    const caller = new Caller(peer, {
      ...{ from: here('1001'), to: here('1001') },
      callId: `log-${text.replace(/[^!-~]/g, '')}`,
    })
    const common: [string, string][] = [
      ['User-Agent', text.replace(/\0/g, '')],
      ['Subject', `a\r\n ${text}`],
    ]
    caller.request('REGISTER', { uri: here('1001'), headers: common })
    const challenge = await peer.expect(isFinal)
    if (challenge.status === 401) {
      const good = authorize(challenge, 'REGISTER', here('1001'), { username: 'x', password: 'y' })
      const header = good.replace('username="x"', `username="${quoted}"`)
      caller.request('REGISTER', {
        uri: here('1001'),
        headers: [['Authorization', header], ...common],
      })
      await peer.expect(isFinal)
    }
    const output = engine.output()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(output).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u2028\u2029]/)
    expect(logLines(output).some(({ msg }) => msg === 'forged')).toBe(false)
    const lines = output.split('\n').filter((line) => line.includes('forged'))
    expect(lines.every((line) => line.startsWith('{'))).toBe(true)
  })
})

describe('programs that scan', () => {
  const run = promisify(execFile)
  const tool = (name: string, args: readonly string[]): Promise<string> =>
    run(name, [...args, '-p', String(engine.sipPort), '127.0.0.1'], { timeout: 12_000 }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`,
    )
  const isInstalled = existsSync('/usr/bin/svwar') && existsSync('/usr/bin/svcrack')

  // the programs are Debian's sipvicious; where they are not, what they do is tested above
  test.runIf(isInstalled)('svwar finds no extension', async () => {
    const output = await tool('svwar', ['-e', '1000-1005', '-m', 'INVITE', '--force'])
    expect(output).not.toMatch(/\b1001\b.*\bnoauth\b/)
    const found = [...output.matchAll(/^\|?\s*(100\d)\s*\|\s*(\w+)/gm)].map(
      ([, , verdict]) => verdict,
    )
    expect(new Set(found).size).toBeLessThanOrEqual(1)
  })

  test.runIf(isInstalled)('svcrack finds no password, and is locked out', async () => {
    const output = await tool('svcrack', ['-u', '1001', '-r', '1-60'])
    expect(output).not.toContain(password)
    expect(output).not.toMatch(/The password for/)
    expect(engine.output()).toContain('locked out')
  })
})
