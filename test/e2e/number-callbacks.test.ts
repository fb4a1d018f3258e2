import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Application, type Asked, startApplication } from '../support/application.ts'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

const ownNumber = '+15005550100'
const echo = '+15005550140'
/** Is busy, and calls back. */
const callsBack = '+15005550190'

let engine: EngineProcess
let receiver: Application
let secret: string
beforeAll(async () => {
  receiver = await startApplication()
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
  const logins = readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8')
  secret = JSON.parse(logins).webhookSecret
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
  await receiver?.close()
})

type Said = Record<string, unknown>

interface Form {
  readonly method: 'GET' | 'POST' | 'JSON'
  readonly query: string
  /** What a callback says, by the names that the API gives to it. */
  read(asked: Asked): Said
  /** What its signature is over. */
  signed(asked: Asked): string
  readonly seconds: (count: number) => unknown
}

const inQuery = ({ target }: Asked) => new URL(target, 'http://x').searchParams
const forms: readonly Form[] = [
  {
    method: 'GET',
    query:
      '?account={{account_code}}&way={{direction}}&at={{status}}&caller={{from}}&recipient={{to}}&how={{disposition}}&s={{billable_seconds}}&id={{uid}}',
    read: (asked) => {
      const query = inQuery(asked)
      const how = query.get('how')
      return {
        account_code: query.get('account'),
        direction: query.get('way'),
        status: query.get('at'),
        from: query.get('caller'),
        to: query.get('recipient'),
        type: 'VOICE',
        ...(how !== '' && { disposition: how, billable_seconds: query.get('s') }),
        uid: query.get('id'),
      }
    },
    signed: ({ target }) => target,
    seconds: String,
  },
  {
    method: 'POST',
    query: '',
    read: ({ text }) => Object.fromEntries(new URLSearchParams(text)),
    signed: ({ text }) => text,
    seconds: String,
  },
  {
    method: 'JSON',
    query: '?own=1',
    read: ({ json }) => json,
    signed: ({ text }) => text,
    seconds: Number,
  },
]

function expectSigned(asked: Asked, signed: string): void {
  const header = `${asked.headers['x-ringdown-signature']}`
  const [, seconds, sent] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? []
  const hmac = createHmac('sha256', secret).update(`${seconds}.${signed}`)
  expect(sent).toBe(hmac.digest('hex'))
}

async function configure(way: 'send' | 'receive', path: string, form: Form): Promise<void> {
  const answer = await engine.send('POST', `/v2/calls/${way}_notify`, {
    fonenumber: '5005550100',
    type: 'Callback',
    method: form.method,
    url: `${receiver.url}${path}${form.query}`,
    username: 'me',
    password: 'secret',
  })
  expect(answer).toMatchObject({ status: 200 })
}

async function called(to: string, more: object = {}): Promise<string> {
  const verbs = [{ verb: 'pause', length: 0.2 }]
  const body = { to, from: ownNumber, verbs, ...more }
  const { body: call } = await engine.send('POST', '/v1/voice/calls', body)
  return call.id
}

for (const form of forms) {
  test(`${form.method}: an answered, a busy and an inbound call are told when they begin and end`, async () => {
    const [sendPath, receivePath] = [`/send-${form.method}`, `/receive-${form.method}`]
    const at = (path: string) => receiver.asked.filter((one) => one.path === path)
    for (const path of [sendPath, receivePath]) receiver.json(path, {})
    await configure('send', sendPath, form)
    await configure('receive', receivePath, form)

    const answered = await called(echo)
    const busy = await called(callsBack)
    const isEnd = (asked: Asked) => form.read(asked)['status'] === 'END'
    await eventually(
      async () => [...at(sendPath), ...at(receivePath)],
      (all) => all.filter(isEnd).length === 3,
      30_000,
    )

    const told = (id: string) =>
      at(sendPath)
        .map(form.read)
        .filter(({ uid }) => uid === id)
    const account_code = told(answered)[0]?.['account_code']
    expect(account_code).toMatch(/^[0-9a-f-]{36}$/)
    const made = { account_code, direction: 'OUTBOUND', from: ownNumber, type: 'VOICE' }
    const toEcho = { ...made, to: echo, uid: answered }
    expect(told(answered)).toEqual([
      { ...toEcho, status: 'BEGIN' },
      {
        ...toEcho,
        status: 'END',
        disposition: 'ANSWERED',
        billable_seconds: expect.anything(),
      },
    ])
    expect(Number(told(answered)[1]?.['billable_seconds'])).toBeGreaterThan(0)
    const toBusy = { ...made, to: callsBack, uid: busy }
    expect(told(busy)).toEqual([
      { ...toBusy, status: 'BEGIN' },
      { ...toBusy, status: 'END', disposition: 'BUSY', billable_seconds: form.seconds(0) },
    ])
    expect(at(sendPath)).toHaveLength(4)

    const [begin, end] = at(receivePath).map(form.read)
    const got = { account_code, direction: 'INBOUND', from: callsBack, to: ownNumber }
    expect(begin).toEqual({ ...got, status: 'BEGIN', type: 'VOICE', uid: expect.any(String) })
    expect(end).toEqual({
      ...begin,
      status: 'END',
      disposition: 'ANSWERED',
      billable_seconds: expect.anything(),
    })
    expect(Number(end?.['billable_seconds'])).toBeGreaterThan(0)
    const inbound = await engine.get(`/v1/voice/calls/${begin?.['uid']}`)
    expect(inbound.body).toMatchObject({ direction: 'inbound', status: 'completed' })

    for (const asked of [...at(sendPath), ...at(receivePath)]) {
      expect(asked.method).toBe(form.method === 'GET' ? 'GET' : 'POST')
      expect(asked.headers.authorization).toBe(`Basic ${btoa('me:secret')}`)
      expect(asked.headers['x-ringdown-delivery']).toContain(form.read(asked)['uid'])
      expectSigned(asked, form.signed(asked))
    }
  })
}

test('a subscriber that is down does not delay the status callback, and is told later', async () => {
  const [form] = forms
  if (form === undefined) throw new Error('no form')
  let isDown = true
  receiver.on('/down', (response) => {
    response.writeHead(isDown ? 503 : 204).end()
  })
  receiver.json('/status', {})
  const at = (path: string) => receiver.asked.filter((one) => one.path === path)
  await configure('send', '/down', form)
  const id = await called(echo, { status_callback: `${receiver.url}/status` })
  await eventually(
    async () => at('/status').map(({ json }) => json.event),
    (events) => events.includes('call.completed'),
  )
  const isBegin = (asked: Asked) => form.read(asked)['status'] === 'BEGIN'
  expect(at('/down').every(isBegin)).toBe(true)
  isDown = false
  const said = await eventually(
    async () => at('/down').map(form.read),
    (all) => all.some(({ status }) => status === 'END'),
    30_000,
  )
  expect(said.at(-1)).toMatchObject({ uid: id, disposition: 'ANSWERED' })
  const off = await engine.send('POST', '/v2/calls/send_notify', {
    fonenumber: ownNumber,
    type: 'None',
  })
  expect(off.body.fonenumber.call_options.send_notify.type).toBe('None')
})
