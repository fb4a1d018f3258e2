/** Bodies that the documentation offers to try are good ones: a whole engine takes each of them. */

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clock } from '../../engine/compose/clock.ts'
import { createTokens } from '../../engine/tokens/index.ts'
import type { Login } from '../loop/sip/support/caller.ts'
import { reply } from '../loop/sip/support/peer.ts'
import { DeskPhone } from '../support/desk-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

let engine: EngineProcess
let desk: DeskPhone
beforeAll(async () => {
  engine = await startEngine()
  desk = await registered('1001')
})
afterAll(async () => {
  desk?.close()
  await engine.stop()
  engine.removeData()
})

/** A phone of the first start, for the examples that need one: it takes a text. */
async function registered(username: string): Promise<DeskPhone> {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const login = logins.devices.find((device: Login) => device.username === username)
  const phone = await DeskPhone.open(engine.sipPort, login)
  await phone.register()
  void phone.sip.expect('MESSAGE', 60_000).then(
    (message) => phone.sip.send(reply(message, 200)),
    () => {},
  )
  return phone
}

interface Schema {
  readonly $ref?: string
  readonly examples?: readonly object[]
}
type Content = Record<string, { schema: Schema }>
type Operation = { readonly requestBody?: { readonly content: Content } }
interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, Schema> }
}

const get = async (path: string): Promise<unknown> => (await fetch(engine.httpUrl + path)).json()

interface Example {
  readonly method: string
  readonly path: string
  readonly body: object
}

/**
 * Callbacks of the examples would leave this machine; an announcement needs a call and a microphone, and a message
 * somebody who has left it, a greeting its kind, a recording a call or a conference that is recorded, a prompt a whole file; nobody waits in a queue. That they are taken are unit tests.
 */
const needsMore = (path: string) =>
  /_notify$|\/prompts(\/|$)|\/announcements$|\/(voicemails|members|greetings|messages|recordings)\/|\/recording$|\/webhooks(\/|$)/.test(
    path,
  )

/** Where the key stands in the body: those of the examples are nobody's. */
const keyIn: Readonly<Record<string, string>> = {
  '/v2/auth': 'password',
  '/v1/voice/sessions': 'key',
}

/** Said of an account that has money: after PUT /v1/voice/billing. */
const needsMoney = ({ path }: Example) => /\/(top-ups|adjustments|rerate)$/.test(path)

/** First the requests that make something, then those that change it. */
function examplesOf({ paths, components }: Document): Example[] {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody }]) => {
      const schema = requestBody?.content['application/json']?.schema
      const name = schema?.$ref?.split('/').at(-1) ?? ''
      const [body] = (components.schemas[name] ?? schema)?.examples ?? []
      return body === undefined || needsMore(path) ? [] : [{ method, path, body }]
    }),
  )
  const makes = ({ method, path }: Example) => method === 'post' && !path.includes('{')
  const joins = ({ method, path }: Example) =>
    method === 'post' && /\/(participants|agents)$/.test(path)
  // The call of the example has its own time to be answered in.
  const changes = ({ method }: Example) => method === 'put' || method === 'patch'
  return [
    ...all.filter((one) => makes(one) && !needsMoney(one)),
    ...all.filter(joins),
    ...all.filter(changes),
    ...all.filter(needsMoney),
  ]
}

/** Of the kind that is good for every business. */
async function directoryToken(): Promise<string> {
  const secret = readFileSync(join(engine.dataDir, 'token-secret'), 'utf8').trim()
  const tokens = await createTokens({ secret, clock })
  const claims = { accountId: undefined, subject: null, businesses: undefined }
  return tokens.issue({ ...claims, kind: 'directory' }, 600)
}

/** A path with what was made before in it, where it has parameters. */
function placeIn(path: string, made: ReadonlyMap<string, string>): string {
  const bases = [...made.keys()].filter((base) => path.startsWith(`${base}/{`))
  const [base = ''] = bases.toSorted((one, other) => other.length - one.length)
  return (made.get(base) ?? '') + path.slice(base.length).replace(/^\/\{\w+\}/, '')
}

/** Where the thing is that a request made. */
function placeOf(path: string, answer: Response, body: string): string | undefined {
  const uid = (JSON.parse(body) as { data?: { uid?: string } }).data?.uid
  return answer.headers.get('location') ?? (uid && `${path}/${uid}`)
}

test('each is answered with a success', async () => {
  const { documents } = (await get('/openapi')) as { documents: { id: string; url: string }[] }
  const { apiKey } = engine
  const token = await directoryToken()
  const tried: string[] = []
  for (const { id, url } of documents) {
    const document = (await get(new URL(url).pathname)) as Document
    const made = new Map<string, string>()
    const credential = id === 'voicecall' ? token : apiKey
    const headers = { 'x-api-key': apiKey, token: apiKey, authorization: `Bearer ${credential}` }
    for (const { method, path, body } of examplesOf(document)) {
      const place = placeIn(path, made)
      const field = keyIn[path]
      const sent = field === undefined ? body : { ...body, [field]: apiKey }
      const answer = await fetch(engine.httpUrl + place, {
        method: method.toUpperCase(),
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      })
      const text = await answer.text()
      expect([method, path, answer.status, text]).toEqual([
        method,
        path,
        expect.toSatisfy((status: number) => status >= 200 && status < 300),
        expect.any(String),
      ])
      const there = placeOf(path, answer, text)
      if (there !== undefined) made.set(path, there)
      tried.push(`${method} ${path}`)
    }
  }
  expect(tried).toEqual(
    expect.arrayContaining([
      ...['post /v1/voice/calls', 'post /v1/voice/devices', 'post /v1/voice/trunks'],
      ...['patch /v1/voice/numbers/{number_id}', 'post /api/voice/trigger-call', 'post /call'],
      ...['post /v3/communication/voice_calls', 'put /v3/communication/voice_calls/{uid}'],
      ...['post /v2/calls', 'post /v2/auth', 'put /v2/speeddials/{speed_dial}'],
    ]),
  )
})

const hasCurl = spawnSync('curl', ['--version']).status === 0

/** The commands of the README's conference, each with what is said of its answer. */
function conferenceWalk(): { readonly api: string; readonly lines: readonly string[] } {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('### Conferences'))
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1]?.trim() ?? ''
  const [api = '', ...lines] = block.split('\n')
  return { api: api.replace('http://127.0.0.1:8080', engine.httpUrl), lines }
}

test.skipIf(!hasCurl)("the README's walk through a conference", async () => {
  const { api, lines } = conferenceWalk()
  const named: Record<string, string> = {}
  const statuses: number[] = []
  for (const line of lines) {
    const script = `${api.replace('curl -s', "curl -s -w '\\n%{http_code}'")}\n${line}`
    const env = { ...process.env, RINGDOWN_API_KEY: engine.apiKey, ...named }
    const printed = execFileSync('sh', ['-euc', script], { encoding: 'utf8', env })
    const [, text = '', status] = /^([\s\S]*)\n(\d+)$/.exec(printed) ?? []
    statuses.push(Number(status))
    const answer: Json = text === '' ? {} : JSON.parse(text)
    const [, field = '', name = ''] = /its (\w+): (\w+)=/.exec(line) ?? []
    if (name !== '') named[name] = answer[field]
    const { ROOM: room, MEMBER: member } = named
    if (name !== 'MEMBER') continue
    await eventually(
      async () => (await engine.get(`/v1/voice/conferences/${room}/participants/${member}`)).body,
      (now) => now.status === 'connected',
    )
  }
  // where no speech program is installed nothing is said
  const said = expect.toBeOneOf([204, 503])
  expect(statuses).toEqual([201, 201, 200, said, 201, 200, 204, 204, 200])
  const over = (await engine.get(`/v1/voice/conferences/${named['ROOM']}`)).body
  expect(over).toMatchObject({ friendly_name: 'Monday', status: 'completed', end_reason: 'api' })
})

test('/docs is there, with what it is made of', async () => {
  const page = await fetch(`${engine.httpUrl}/docs`)
  expect(page.status).toBe(200)
  const paths = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
  expect(paths.length).toBeGreaterThan(4)
  for (const [, path] of paths) {
    expect([path, (await fetch(engine.httpUrl + path)).status]).toEqual([path, 200])
  }
})
