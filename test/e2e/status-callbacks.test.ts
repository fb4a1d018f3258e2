import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Application, type Asked, startApplication } from '../support/application.ts'
import { type EngineProcess, eventually, startEngine } from '../support/engine-process.ts'

const settings = { RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' }
const life = ['call.queued', 'call.ringing', 'call.in-progress', 'call.completed']

let engine: EngineProcess
let receiver: Application
beforeEach(async () => {
  receiver = await startApplication()
  engine = await startEngine(settings)
})
afterEach(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
  await receiver?.close()
})

async function placed(to: string): Promise<string> {
  const answer = await engine.send('POST', '/v1/voice/calls', {
    to,
    from: '+15005550100',
    verbs: [{ verb: 'answer' }, { verb: 'pause', length: 0.2 }],
    status_callback: `${receiver.url}/status`,
  })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body.id
}

const eventOf = ({ json }: Asked): string => json.event

function expectSigned(asked: readonly Asked[]): void {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  for (const { headers, text, atMs } of asked) {
    const [, seconds, sent] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(`${headers['x-ringdown-signature']}`) ?? []
    const hmac = createHmac('sha256', logins.webhookSecret).update(`${seconds}.${text}`)
    expect(sent).toBe(hmac.digest('hex'))
    expect(Math.abs(atMs / 1_000 - Number(seconds))).toBeLessThan(30)
  }
}

function expectInOrder(asked: readonly Asked[], id: string): void {
  const sequences = asked.map(({ json }) => json.sequence)
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b))
  for (const { json, method } of asked) {
    expect(method).toBe('POST')
    expect(json.call.id).toBe(id)
    // The body tells the call as it was then, not as it is now.
    expect(`call.${json.call.status}`).toBe(json.event)
  }
}

test('every state is told once, in order, signed', async () => {
  receiver.json('/status', {})
  const answered = await placed('+15005550140')
  const busy = await placed('+15005550180')
  await eventually(
    async () => receiver.asked.map(eventOf),
    (events) => events.includes('call.completed') && events.includes('call.busy'),
  )
  await new Promise((resolve) => setTimeout(resolve, 500))
  const of = (id: string) => receiver.asked.filter(({ json }) => json.call.id === id)
  expect(of(answered).map(eventOf)).toEqual(life)
  expect(of(busy).map(eventOf).at(0)).toBe('call.queued')
  expect(of(busy).map(eventOf).at(-1)).toBe('call.busy')
  expectInOrder(of(answered), answered)
  expectInOrder(of(busy), busy)
  expectSigned(receiver.asked)
  const ids = receiver.asked.map(({ headers }) => headers['x-ringdown-delivery'])
  expect(new Set(ids).size).toBe(ids.length)
})

test('a receiver that fails twice is asked again, and nothing overtakes', async () => {
  let failures = 2
  receiver.on('/status', (response) => {
    response.writeHead(failures-- > 0 ? 500 : 204).end()
  })
  const id = await placed('+15005550140')
  await eventually(
    async () => receiver.asked.map(eventOf),
    (events) => events.includes('call.completed'),
  )
  const [first, second, third] = receiver.asked
  expect(receiver.asked.map(eventOf)).toEqual(['call.queued', 'call.queued', ...life])
  expect(new Set([first, second, third].map((one) => one?.text)).size).toBe(1)
  const ids = [first, second, third].map((one) => one?.headers['x-ringdown-delivery'])
  expect(new Set(ids).size).toBe(1)
  expect(second!.atMs - first!.atMs).toBeGreaterThan(700)
  expect(third!.atMs - second!.atMs).toBeGreaterThan(1_400)
  expectInOrder(receiver.asked.slice(2), id)
  expectSigned(receiver.asked)
})

test('what could not be delivered is delivered after a crash and a restart', async () => {
  const port = Number(new URL(receiver.url).port)
  await receiver.close()
  const id = await placed('+15005550140')
  await eventually(
    async () => (await engine.get(`/v1/voice/calls/${id}`)).body,
    ({ status }) => status === 'completed',
  )
  await engine.stop('SIGKILL')
  receiver = await startApplication(port)
  receiver.json('/status', {})
  engine = await startEngine(settings, engine.dataDir)
  await eventually(
    async () => receiver.asked.map(eventOf),
    (events) => events.includes('call.completed'),
    30_000,
  )
  expect(receiver.asked.map(eventOf)).toEqual(life)
  expectInOrder(receiver.asked, id)
  expectSigned(receiver.asked)
})
