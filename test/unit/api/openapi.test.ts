import { afterAll, beforeAll, expect, test } from 'vitest'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { telephony } from '../../../engine/api/dialects/telephony/index.ts'
import { type ApiLab, apiLab } from './api-lab.ts'

type Json = Record<string, unknown>
interface Document {
  openapi: string
  info: Json
  servers: Json[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json>; securitySchemes: Json }
}
interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required: boolean; schema: Json }[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { description: string }>
}

let lab: ApiLab
let document: Document
beforeAll(async () => {
  lab = await apiLab()
  document = (await lab.app.inject({ url: '/openapi.json' })).json()
})
afterAll(() => lab.close())

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, one]): [string, Operation] => [`${method} ${path}`, one]),
  )

test('every route is in it', () => {
  const routes = [...telefonie.routes, ...telephony.routes].map(
    ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  )
  expect(operations().map(([name]) => name)).toEqual(expect.arrayContaining(routes))
  expect(operations()).toHaveLength(routes.length)
  expect(document.openapi).toBe('3.1.0')
})

test('operation ids are unique, path parameters are declared, replies are described', () => {
  const ids = operations().map(([, { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [name, { parameters = [], responses }] of operations()) {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    expect(declared.map((parameter) => parameter.name)).toEqual(inPath)
    expect(declared.every((parameter) => parameter.required)).toBe(true)
    expect(Object.values(responses).every(({ description }) => description !== '')).toBe(true)
  }
})

test('every reference leads somewhere and none of our own keywords is left', () => {
  const text = JSON.stringify(document)
  const wanted = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? '')
  expect(wanted.length).toBeGreaterThan(20)
  for (const to of wanted) {
    const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(to) ?? []
    expect(Object.keys(document.components.schemas)).toContain(name)
  }
  expect(text).not.toMatch(/"x-name"|"x-doc"|"\$defs"|"\$id"/)
  expect(Object.values(document.components.schemas)).not.toContain(undefined)
})

/** The words of the Telefonie document for what it defines. */
test('what the Telefonie document promises is there', () => {
  const byId = Object.fromEntries(operations().map(([name, one]) => [one.operationId, [name, one]]))
  expect(byId).toMatchObject({
    listCalls: ['get /v1/voice/calls', { responses: { 200: {} } }],
    initiateCall: ['post /v1/voice/calls', { responses: { 201: {} } }],
    getCall: ['get /v1/voice/calls/{call_id}', { responses: { 200: {}, 404: {} } }],
    updateCall: ['post /v1/voice/calls/{call_id}', { responses: { 200: {} } }],
    endCall: ['delete /v1/voice/calls/{call_id}', { responses: { 204: {} } }],
  })
  const [, list] = byId['listCalls'] as [string, Operation]
  const names = list.parameters?.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['status', 'direction', 'from', 'to', 'page', 'page_size']),
  )
  const { Call, NewCall } = document.components.schemas as unknown as Record<string, Schema>
  expect(Call?.required).toEqual(
    expect.arrayContaining(['id', 'status', 'direction', 'from', 'to']),
  )
  expect(Object.keys(Call?.properties ?? {})).toEqual(
    expect.arrayContaining([
      ...['duration', 'start_time', 'end_time', 'price', 'price_unit', 'recording_url'],
    ]),
  )
  expect(NewCall?.required).toEqual(['to', 'from'])
  expect(Object.keys(NewCall?.properties ?? {})).toEqual(
    expect.arrayContaining(['url', 'method', 'status_callback', 'timeout', 'record']),
  )
})
interface Schema {
  required: string[]
  properties: Json
}
