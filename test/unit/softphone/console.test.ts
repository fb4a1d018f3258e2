import { describe, expect, it } from 'vitest'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { connect } from '../../../softphone/console/api/client.ts'
import {
  bodyOf,
  formFields,
  labelOf,
  readField,
} from '../../../softphone/console/api/form-fields.ts'
import { addressOf, mayAsk, operationsOf } from '../../../softphone/console/api/operations.ts'
import { metricsIn } from '../../../softphone/console/metrics.ts'
import { placeOf } from '../../../softphone/console/store.ts'
import { resources } from '../../../softphone/console/views/resource-list.tsx'
import { moneyWords, mosOf, priceOf } from '../../../softphone/console/words.ts'

const schema = {
  type: 'object',
  required: ['host'],
  properties: {
    name: { type: 'string', default: 'carrier' },
    host: { type: 'string', description: 'Where' },
    port: { type: 'integer', minimum: 0, maximum: 65_535 },
    transport: { type: 'string', enum: ['udp', 'tcp'], default: 'udp' },
    password: { type: ['string', 'null'] },
    prefixes: { type: 'array', items: { type: 'string' } },
    enabled: { type: 'boolean', default: true },
    max_calls: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    csv: { type: 'string', contentMediaType: 'text/csv' },
    route: { anyOf: [{ type: 'object' }, { type: 'string' }] },
  },
} as const

describe('forms made of schemas', () => {
  const fields = formFields(schema)
  const named = (name: string) => fields.find((field) => field.name === name)!

  it('has what is needed first, and each input as its kind', () => {
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'host text',
      'name text',
      'port number',
      'transport choice',
      'password secret',
      'prefixes words',
      'enabled switch',
      'max_calls number',
      'csv lines',
      'route json',
    ])
  })

  it('names abbreviations as people write them', () => {
    expect([named('csv').label, labelOf('webhook_url'), labelOf('max_calls')]).toEqual([
      'CSV',
      'Webhook URL',
      'Max calls',
    ])
  })

  it('sends of something new what was touched', () => {
    const typed = { host: 'a.example', name: 'carrier', prefixes: '+61, +64', enabled: 'false' }
    expect(bodyOf(fields, { transport: 'udp', ...typed }, undefined)).toEqual({
      host: 'a.example',
      prefixes: ['+61', '+64'],
      enabled: false,
    })
  })

  it('sends of a change what differs, and null for what was emptied', () => {
    const before = { host: 'a', name: 'x', port: 5060, max_calls: 7, prefixes: [], enabled: true }
    const typed = {
      host: 'a',
      name: 'y',
      port: '5061',
      max_calls: '',
      prefixes: '',
      enabled: 'true',
    }
    expect(bodyOf(fields, { ...typed, transport: '' }, before)).toEqual({
      name: 'y',
      port: 5061,
      max_calls: null,
    })
  })

  it('says in words what is not a number or not JSON', () => {
    expect(() => readField(named('port'), 'many')).toThrow('Port must be a number')
    expect(() => readField(named('route'), '{')).toThrow('Route must be JSON')
  })

  it('leaves spaces in secrets', () => {
    expect(readField(named('password'), ' a ')).toBe(' a ')
  })
})

const document = {
  paths: {
    '/v1/voice/numbers/{number_id}': {
      patch: {
        operationId: 'patchNumber',
        summary: 'Change',
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Change' } } },
        },
      },
    },
    '/v1/voice/sessions': { post: { operationId: 'createSession' } },
    '/v1/voice/calls': {
      get: { operationId: 'listCalls', 'x-scope': 'read', 'x-test-keys': true },
      post: { operationId: 'createCall', 'x-scope': 'calls', 'x-test-keys': true },
      parameters: [],
    },
    '/v1/voice/prompts': {
      post: { operationId: 'createPrompt', 'x-scope': 'calls', 'x-test-keys': false },
    },
    '/odd': 7,
  },
  components: {
    schemas: {
      Change: { type: 'object', properties: { route: { $ref: '#/components/schemas/Route' } } },
      Route: { type: 'object', description: 'What it does' },
    },
  },
}

describe('operations of a document', () => {
  it('are had by their ids, with their schemas in place', () => {
    const operation = operationsOf(document).get('patchNumber')!
    expect(operation.method).toBe('PATCH')
    expect(operation.body).toMatchObject({ properties: { route: { description: 'What it does' } } })
    expect(addressOf(operation, { number_id: 'a/b' }, { page: 2, from: '', to: undefined })).toBe(
      '/v1/voice/numbers/a%2Fb?page=2',
    )
  })

  it('are for a key that has their scope; a test key has those for tests alone', () => {
    const allowed = (key: unknown) =>
      ['listCalls', 'createCall', 'createPrompt', 'patchNumber', 'flyToTheMoon'].filter((id) =>
        mayAsk(operationsOf(document), { key }, id),
      )
    expect(allowed({ scopes: ['read'], test: false })).toEqual(['listCalls'])
    expect(allowed({ scopes: ['read', 'calls'] })).toEqual([
      ...['listCalls', 'createCall', 'createPrompt'],
    ])
    expect(allowed({ scopes: ['read', 'calls'], test: true })).toEqual(['listCalls', 'createCall'])
    expect(allowed(undefined)).toEqual([])
  })

  it('of a document that is none are none', () => {
    for (const odd of [undefined, null, 7, [], { paths: [] }, { paths: { '/a': { get: null } } }])
      expect(operationsOf(odd).size).toBe(0)
  })
})

describe('the client', () => {
  const answering = (status: number, body: unknown) => async (path: string) =>
    path.startsWith('/openapi')
      ? Response.json(document)
      : new Response(JSON.stringify(body), { status })

  it('fails with what the engine said', async () => {
    const error = { error: { code: 'unauthorized', message: 'The API key is not valid' } }
    await expect(connect(answering(401, error), 'sk_live_x')).rejects.toMatchObject({
      status: 401,
      code: 'unauthorized',
      message: 'The API key is not valid',
    })
  })

  it('fails with status 0 when nothing answers', async () => {
    const dead = () => Promise.reject(new TypeError('no network'))
    await expect(connect(dead, 'sk_live_x')).rejects.toMatchObject({ status: 0 })
  })

  it('logs in with the key once, and asks as a page of the engine from then on', async () => {
    const seen: string[] = []
    const client = await connect(async (path, init) => {
      const headers = new Headers(init?.headers)
      seen.push(`${init?.method ?? 'GET'} ${path} ${headers.get('x-ringdown-session') ?? '-'}`)
      return path.startsWith('/openapi') ? Response.json(document) : Response.json({ calls: [] })
    }, 'sk_live_x')
    await client.ask('listCalls')
    expect(seen).toEqual([
      'GET /openapi/telefonie.json -',
      'POST /v1/voice/sessions console',
      'GET /v1/voice/calls console',
    ])
    await expect(client.ask('flyToTheMoon')).rejects.toMatchObject({ status: 404 })
  })
})

describe('words', () => {
  it('writes money with as many digits as it needs', () => {
    expect(moneyWords(0.1, 'AUD')).toBe('AUD 0.10')
    expect(moneyWords(-0, '')).toBe('0.00')
    expect(moneyWords(12.345678, 'EUR')).toBe('EUR 12.345678')
  })

  it('shows a charge as a price', () => {
    expect(priceOf({ price: '-0.160000', price_unit: 'AUD' })).toBe('AUD 0.16')
    expect(priceOf({ price: null })).toBe('')
  })

  it('has no MOS where none was measured', () => {
    expect(mosOf({ quality: { mos: 4.32 } })).toBe('4.3')
    expect(mosOf({ quality: null })).toBe('')
  })

  it('reads figures of the process', () => {
    const text =
      '# HELP x\nringdown_calls{direction="in"} 2\nringdown_calls{direction="out"} 3\nodd\n'
    expect(metricsIn(text)).toEqual([{ label: 'calls', value: '5' }])
  })

  it('finds the place in an address', () => {
    expect(placeOf('')).toEqual({ view: 'overview', id: '' })
    expect(placeOf('#/calls/a%20b')).toEqual({ view: 'calls', id: 'a b' })
    expect(placeOf('#/calls/%')).toEqual({ view: 'calls', id: '%' })
  })
})

it.each(resources)('what a page says of $name is as the API has it', (resource) => {
  const { list, create, change, remove } = resource.operations
  const routeOf = (id: string) => telefonie.routes.find(({ operation }) => operation.id === id)
  for (const id of [list, create, change, remove]) {
    if (id !== undefined) expect(routeOf(id), id).toBeDefined()
  }
  for (const id of [change, remove]) {
    if (id !== undefined) expect(routeOf(id)?.path).toContain(`:${resource.idParam}`)
  }
})
