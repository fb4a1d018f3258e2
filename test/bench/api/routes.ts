import type { EngineProcess } from '../../support/engine-process.ts'
import { against, type Bench, inMs, printTable } from '../report.ts'
import { summaryOf } from '../statistics.ts'
import { type Asked, askMany, type Measured } from './client.ts'
import { engineWithHistory } from './history.ts'

const aimP99Ms = 20
const atOnce = 4

const get =
  (path: string) =>
  (_n: number): Asked => ({ method: 'GET', path })

const lists: readonly (readonly [name: string, one: (n: number) => Asked])[] = [
  ['calls, first page', get('/v1/voice/calls')],
  ['calls, page of 100 in the middle', get('/v1/voice/calls?page=500&page_size=100')],
  [
    'calls by time',
    get('/v1/voice/calls?start_time_after=2020-01-01&start_time_before=2099-01-01'),
  ],
  ['calls by status', get('/v1/voice/calls?status=completed')],
  ['calls by caller', get('/v1/voice/calls?from=%2B61290000007')],
  ['call records, first page', get('/v1/voice/cdrs')],
  [
    'events after one',
    (n) => ({ method: 'GET', path: `/v1/voice/events?after=${(n * 37) % 3_000}` }),
  ],
  ['recordings', get('/v1/voice/recordings')],
  ['recordings by time', get('/v1/voice/recordings?created_after=2020-01-01')],
  ['conferences', get('/v1/voice/conferences')],
  ['numbers', get('/v1/voice/numbers')],
]

/** The lab declines it. */
const declinedCall = (): Asked => ({
  ...{ method: 'POST', path: '/v1/voice/calls' },
  body: { to: '+15005550182', from: '+15005550100' },
})

const creations: readonly (readonly [name: string, one: (n: number) => Asked])[] = [
  [
    'number created',
    (n) => ({
      ...{ method: 'POST', path: '/v1/voice/numbers' },
      body: {
        number: `+6138${String(n).padStart(7, '0')}`,
        route: { verbs: [{ verb: 'hangup' }] },
      },
    }),
  ],
  [
    'conference created',
    (n) => ({
      ...{ method: 'POST', path: '/v1/voice/conferences' },
      body: { friendly_name: `bench ${n}` },
    }),
  ],
  // What a call goes through runs for the first time then: much of it is still to be compiled.
  ['call created, the first ones of the engine', declinedCall],
]

interface Row {
  readonly name: string
  readonly few: Measured
  readonly many: Measured
}

/** All rows of an engine, by name. */
async function measure(engine: EngineProcess, isShort: boolean): Promise<Map<string, Measured>> {
  const found = new Map<string, Measured>()
  for (const [name, one] of lists) {
    await askMany(engine, one, 20, atOnce)
    found.set(name, await askMany(engine, one, isShort ? 50 : 600, atOnce))
  }
  for (const [name, one] of creations)
    found.set(name, await askMany(engine, one, isShort ? 20 : 300, atOnce))
  await askMany(engine, declinedCall, isShort ? 20 : 1_200, atOnce)
  const later = await askMany(engine, declinedCall, isShort ? 20 : 1_000, atOnce)
  found.set('call created, after 1,500 others', later)
  return found
}

async function withEngine(calls: number, isShort: boolean): Promise<Map<string, Measured>> {
  const engine = await engineWithHistory(calls)
  try {
    return await measure(engine, isShort)
  } finally {
    await engine.stop()
    engine.removeData()
  }
}

const cellsOf = ({ name, few, many }: Row): string[] => {
  const [before, after] = [summaryOf(few.tookMs), summaryOf(many.tookMs)]
  return [
    name,
    ...[inMs(before.p50), inMs(after.p50), against(after.p99, aimP99Ms, inMs(after.p99))],
    `${many.perSecond.toFixed(0)}/s`,
  ]
}

export const routes: Bench = {
  name: 'routes',
  title: 'listing and creating routes with few and with 100,000 calls stored',
  async run(print, isShort) {
    const [some, all] = [1_000, isShort ? 10_000 : 100_000]
    print(
      `  over HTTP with an API key, ${atOnce} requests at once, SQLite; the lab declines the calls`,
    )
    const few = await withEngine(some, isShort)
    const many = await withEngine(all, isShort)
    const rows = [...few].map(([name, measured]) => ({
      ...{ name, few: measured },
      many: many.get(name) ?? measured,
    }))
    printTable(print, [
      ['', `p50 of ${some}`, `p50 of ${all}`, `p99 of ${all}`, 'requests'],
      ...rows.map(cellsOf),
    ])
  },
}
