import { Validator } from '@seriousme/openapi-schema-validator'
import { type TSchema, Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Credentials, type Dialect, route } from '../../../engine/api/dialect.ts'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { openApi } from '../../../engine/api/openapi/document.ts'
import { dialectsOf } from '../../../engine/compose/dialects.ts'
import { readConfig } from '../../../engine/config/index.ts'
import { type ApiLab, apiLab } from './api-lab.ts'
import { type Document, operationsOf } from './documents.ts'

let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab({ dialects: dialectsOf(readConfig({}, '.')) })
})
afterAll(() => lab.close())

const documentOf = async ({ id }: Dialect): Promise<Document> =>
  (await lab.app.inject({ url: `/openapi/${id}.json` })).json()

const forEachDialect = async (look: (document: Document, dialect: Dialect) => unknown) => {
  expect(lab.options.dialects.length).toBeGreaterThan(1)
  for (const dialect of lab.options.dialects) await look(await documentOf(dialect), dialect)
}

test('the list names a document for each dialect, and each is there', async () => {
  const { documents } = (await lab.app.inject({ url: '/openapi' })).json() as {
    documents: { id: string; title: string; url: string }[]
  }
  expect(documents.map(({ id }) => id)).toEqual(lab.options.dialects.map(({ id }) => id))
  for (const { url, title } of documents) {
    const answer = await lab.app.inject({ url: url.replace(lab.options.publicUrl, '') })
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.json()).toMatchObject({
      openapi: '3.1.0',
      info: { title, version: '1.2.3' },
      servers: [{ url: lab.options.publicUrl }],
    })
  }
})

test.each(['/openapi.json', '/openapi/none.json', '/openapi/telefonie'])(
  '%s is 404',
  async (url) => {
    expect((await lab.app.inject({ url })).statusCode).toBe(404)
  },
)

test('every document is valid, by a validator that is not ours', async () => {
  await forEachDialect(async (document, { id }) => {
    expect([id, await new Validator().validate({ ...document })]).toEqual([id, { valid: true }])
  })
})

test('every route of the dialect is in it, and no other', async () => {
  await forEachDialect((document, { routes }) => {
    const expected = routes.map(
      ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    )
    expect(operationsOf(document).map(({ name }) => name)).toEqual(expect.arrayContaining(expected))
    expect(operationsOf(document)).toHaveLength(expected.length)
  })
})

test('operation ids are unique, path parameters are declared, replies and tags are described', async () => {
  await forEachDialect((document) => {
    const operations = operationsOf(document)
    const ids = operations.map(({ operation: { operationId } }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = document.tags.map(({ name }) => name)
    for (const { path, operation } of operations) {
      const { parameters = [], responses } = operation
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      const declared = parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath)
      expect(declared.every(({ required }) => required)).toBe(true)
      expect(Object.values(responses).every(({ description }) => description !== '')).toBe(true)
      expect(responses).toHaveProperty('default.content.application/json.schema.$ref')
      expect(tags).toEqual(expect.arrayContaining([...operation.tags]))
    }
  })
})

test('every reference leads somewhere and none of our own keywords is left', async () => {
  await forEachDialect((document) => {
    const text = JSON.stringify(document)
    const wanted = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '')
    expect(wanted.length).toBeGreaterThan(0)
    for (const to of wanted) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(to) ?? []
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
    expect(text).not.toMatch(/"x-name"|"x-doc"|"\$defs"|"\$id"/)
    expect(Object.values(document.components.schemas)).not.toContain(undefined)
  })
})

test('every body has an example to try', async () => {
  await forEachDialect(({ paths, components }) => {
    for (const { name, operation } of operationsOf({ paths })) {
      const schema = operation.requestBody?.content['application/json']?.schema
      if (schema === undefined) continue
      const named = components.schemas[String(schema['$ref']).split('/').at(-1) ?? '']
      expect([name, (named ?? schema)['examples']]).toEqual([name, [expect.any(Object)]])
    }
  })
})

test('every verb and each of its fields is described', async () => {
  const { components } = await documentOf(telefonie)
  const verbs = components.schemas['Verb']?.['anyOf'] as readonly {
    readonly title: string
    readonly description: string
    readonly properties: Readonly<Record<string, { readonly description?: string }>>
  }[]
  expect(verbs.map(({ title }) => title)).toEqual(
    expect.arrayContaining(['say', 'play', 'gather', 'dial', 'record', 'hangup']),
  )
  for (const { title, description, properties } of verbs) {
    expect([title, description]).toEqual([title, expect.stringMatching(/\.$/)])
    for (const [field, schema] of Object.entries(properties)) {
      if (field === 'verb') expect(schema).toMatchObject({ const: title })
      else expect([title, field, schema.description]).toEqual([title, field, expect.any(String)])
    }
  }
})

describe('what it says of credentials', () => {
  const schemesOf = (credentials: Credentials) => {
    const { components, security } = openApi(
      // those of devices are for some routes alone
      { ...telefonie, credentials, routes: telefonie.routes.filter(({ ofDevice }) => !ofDevice) },
      { version: '1', serverUrl: 'http://voice.example' },
    ) as unknown as Document
    // Any one of them is enough.
    expect(security).toEqual(
      Object.keys(components.securitySchemes).map((name) => ({ [name]: [] })),
    )
    return components.securitySchemes
  }

  test('every place is a scheme', () => {
    const places = ['x-api-key', 'token', 'bearer', 'basic-user', 'raw'] as const
    expect(schemesOf({ places, kinds: ['key'] })).toMatchObject({
      ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      TokenAuth: { type: 'apiKey', in: 'header', name: 'token' },
      BearerAuth: { type: 'http', scheme: 'bearer' },
      BasicAuth: { type: 'http', scheme: 'basic' },
      AuthorizationAuth: { type: 'apiKey', in: 'header', name: 'Authorization' },
    })
  })

  test('a bearer token is a JWT where the dialect takes those', () => {
    const bearer = (kinds: Credentials['kinds']) =>
      schemesOf({ places: ['bearer'], kinds })['BearerAuth']
    expect(bearer(['key'])).not.toHaveProperty('bearerFormat')
    expect(bearer(['token'])).toHaveProperty('bearerFormat', 'JWT')
    expect(bearer(['key', 'token'])).toHaveProperty('bearerFormat', 'JWT')
  })
})

describe('how a route of any dialect is written', () => {
  const written = (changes: Partial<Dialect>, body: TSchema, logIn = false) => {
    const one = route({
      method: 'POST',
      path: '/x/:id',
      params: Type.Object({ id: Type.String() }),
      body,
      operation: { id: 'x', tag: 'X', summary: 'x', replies: { 204: { says: 'Done' } } },
      ...(logIn && { credentialIn: () => 'key' }),
      run: async () => ({ status: 204 }),
    })
    const document = openApi(
      { ...telefonie, ...changes, routes: [one] },
      { version: '1', serverUrl: 'http://voice.example' },
    ) as unknown as Document
    const [first] = operationsOf(document)
    return { document, operation: first?.operation }
  }
  const schemaOf = (body: TSchema) =>
    written({}, body).operation?.requestBody?.content['application/json']?.schema

  test('a body may come in every content type that the dialect reads', () => {
    const bodies = ['application/json', 'application/x-www-form-urlencoded'].map((type) => {
      return { type, read: () => undefined }
    })
    const schema = Type.Object({ a: Type.String() })
    const content = (changes: Partial<Dialect>) =>
      written(changes, schema).operation?.requestBody?.content
    expect(content({ bodies })).toEqual({
      'application/json': { schema },
      'application/x-www-form-urlencoded': { schema },
    })
    expect(Object.keys(content({}) ?? {})).toEqual(['application/json'])
  })

  test('a log-in needs no credential but the one in its body', () => {
    expect(written({}, Type.Object({})).operation).not.toHaveProperty('security')
    expect(written({}, Type.Object({}), true).operation).toHaveProperty('security', [])
  })

  test('its own limit and its need of HTTPS are told', () => {
    const description = (changes: Partial<Dialect>) =>
      written({ description: 'Calls.', ...changes }, Type.Object({})).document.info['description']
    expect(description({})).toBe('Calls.')
    expect(description({ needsHttps: true })).toContain('HTTPS')
    expect(description({ requestsPerSecond: 7 })).toContain('7 requests a second')
  })

  test('schemas: enumerations have their type, X or null is one schema, names are lifted', () => {
    const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
    const named = Type.Object({ b: Type.Boolean() }, { 'x-name': 'Named' })
    const schema = Type.Object({
      word: Type.Enum(['a', 'b']),
      wordOrNull: orNull(Type.Enum(['a', 'b'])),
      textOrNull: orNull(Type.String({ description: 'A text' })),
      either: Type.Union([Type.String(), Type.Integer()]),
      named,
      namedOrNull: orNull(named),
      // Properties that are called as keywords are.
      enum: Type.Integer(),
      $ref: Type.Integer(),
    })
    const reference = { $ref: '#/components/schemas/Named' }
    expect(schemaOf(schema)).toMatchObject({
      properties: {
        word: { type: 'string', enum: ['a', 'b'] },
        wordOrNull: { type: ['string', 'null'], enum: ['a', 'b', null] },
        textOrNull: { type: ['string', 'null'], description: 'A text' },
        either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
        named: reference,
        namedOrNull: { anyOf: [reference, { type: 'null' }] },
        enum: { type: 'integer' },
        $ref: { type: 'integer' },
      },
    })
  })
})
