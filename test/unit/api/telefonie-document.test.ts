/**
 * Our OpenAPI document of the native API keeps what the published one promises, route by route and field
 * by field. The published text is not part of this project: where it lies beside it, as
 * ../shared/seeds/001_*.txt, the list of promises is held against it too.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type ApiLab, apiLab } from './api-lab.ts'
import type { Document } from './documents.ts'
import { differences, type Promises, promisesOf } from './promises.ts'
import { base, callPromises, conferencePromises, security } from './telefonie-promises.ts'

/** Differences that are meant. Whatever is not in here and differs is a fault. */
const meant: Readonly<Record<string, string>> = {
  'Call.duration: is integer or null, not integer': 'it is not known before the end',
  'Call.start_time: is string or null, not string': 'a queued call has not started',
  'Call.end_time: is string or null, not string': 'the call may not have ended',
  'Call.price: is string or null, not string': 'it is not known before the end',
  'Call.price_unit: is string or null, not string': 'there is none without a price',
  'Call.recording_url: is string or null, not string': 'not every call is recorded',
  'GET /calls query page: is 1000000 at most': 'an offset that the store can count to',
  'POST /calls body timeout: is 600 at most': 'nobody lets a phone ring for longer',
  'POST /calls/{call_id} body: must be given': 'a change that says nothing is a mistake',
  'POST /calls/{call_id} body method: is one of GET, POST, not of all':
    'the methods that the document gives for a new call',
  'POST /conferences body max_participants: is 250 at most': 'its default is the most there can be',
  'POST /conferences/{conference_id}/participants body to: need not be there':
    'call_id brings a call that is up instead',
  'POST /conferences/{conference_id}/participants body from: need not be there':
    'call_id brings a call that is up instead',
}

const promises: Promises = { ...callPromises, ...conferencePromises }
const expected = new Set(Object.keys(meant))

let lab: ApiLab
let ours: Document
beforeAll(async () => {
  lab = await apiLab()
  ours = (await lab.app.inject({ url: '/openapi/telefonie.json' })).json()
})
afterAll(() => lab.close())

test('what the API promises is so in our document, but for what is listed here', () => {
  expect(differences(promises, promisesOf(ours, base))).toEqual(expected)
})

test('its key is ours, by the same name', () => {
  expect(ours.components.securitySchemes).toMatchObject(security)
  expect(ours.security).toContainEqual({ ApiKeyAuth: [] })
})

const folder = resolve(import.meta.dirname, '../../../../shared/seeds')
const file = existsSync(folder)
  ? readdirSync(folder).find((name) => /^001_.*\.txt$/.test(name))
  : undefined

describe.runIf(file)('the published document (run where it lies beside the project)', () => {
  const published = () => {
    const text = readFileSync(join(folder, file ?? ''), 'utf8')
    return parse(text.slice(text.search(/^openapi: 3/m))) as Document
  }

  test('promises what our list says, no more and no less', () => {
    const document = published()
    expect(promisesOf(document, '')).toEqual(promises)
    expect(document.components.securitySchemes).toEqual(security)
    expect(document.servers.map(({ url }) => new URL(String(url)).pathname)).toEqual([base])
  })

  test('is kept by ours, but for what is listed here', () => {
    expect(differences(promisesOf(published(), ''), promisesOf(ours, base))).toEqual(expected)
  })
})

describe('a difference is seen', () => {
  const own = () => structuredClone(promisesOf(ours, base)) as Record<string, Loose>
  // biome-ignore lint/suspicious/noExplicitAny: documents are spoilt here in ways that no type allows
  type Loose = any
  const spoilt = (name: string, spoil: (promise: Loose) => void) => {
    const changed = own()
    spoil(changed[name])
    return [...differences(callPromises, changed)].filter((line) => !(line in meant))
  }

  test.each<[string, string, (promise: Loose) => void, string]>([
    ['another name', 'GET /calls', (p) => (p.id = 'calls'), 'is called calls, not listCalls'],
    [
      'a parameter that went',
      'GET /calls',
      (p) => delete p.parameters['query to'],
      'query to: absent',
    ],
    [
      'a parameter of another type',
      'GET /calls',
      (p) => (p.parameters['query page'].type = 'string'),
      'query page: is string, not integer',
    ],
    [
      'a greater maximum',
      'GET /calls',
      (p) => (p.parameters['query page_size'].maximum = 101),
      'query page_size: may be more than 100',
    ],
    [
      'a word less to ask for',
      'GET /calls',
      (p) => p.parameters['query status'].enum.pop(),
      'query status: is one of',
    ],
    [
      'a new duty',
      'POST /calls',
      (p) => p.body.required.push('url'),
      'POST /calls body url: must be given',
    ],
    [
      'a new header',
      'GET /calls',
      (p) => (p.parameters['header X'] = { mustBe: true }),
      'header X',
    ],
    [
      'another default',
      'POST /calls',
      (p) => (p.body.properties.timeout.default = 60),
      'timeout: is 60 by default, not 30',
    ],
    ['another status', 'POST /calls', (p) => delete p.replies[201], 'POST /calls 201: absent'],
    [
      'a field that may be missing',
      'GET /calls/{call_id}',
      (p) => p.replies[200].required.shift(),
      'Call.id: need not be there',
    ],
    [
      'a word more in an answer',
      'GET /calls/{call_id}',
      (p) => p.replies[200].properties.direction.enum.push('sideways'),
      'Call.direction: is one of',
    ],
    [
      'a time that is none',
      'GET /calls/{call_id}',
      (p) => delete p.replies[200].properties.end_time.format,
      'Call.end_time: has the format undefined',
    ],
    [
      'a field that went from a list',
      'GET /calls',
      (p) => delete p.replies[200].properties.calls.items.properties.price,
      'Call.price: absent',
    ],
  ])('%s', (_what, name, spoil, says) => {
    expect(spoilt(name, spoil).join('\n')).toContain(says)
  })
})
