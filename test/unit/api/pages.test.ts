import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { html } from '../../../engine/api/pages/html.ts'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab({
    labNumbers: [{ number: '+15005550001', does: '<b>echoes</b> & "more"' }],
  })
})
afterAll(() => lab.close())

const pages = [
  '/about',
  '/calls/11111111-2222-4333-8444-555555555555',
  '/calls/%3Cscript%3E',
  '/docs/telefonie',
]

test.each(pages)('%s: a page under a strict policy, with nothing inline', async (url) => {
  const answer = await lab.app.inject({ url })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = String(answer.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(answer.body).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(answer.body).not.toMatch(/<style|style="|<script>|\son\w+="|javascript:/)
  expect(answer.body).not.toContain('undefined')
})

test('what a page names can be had, and so on through the scripts', async () => {
  const wanted = new Set<string>()
  for (const url of pages) {
    const { body } = await lab.app.inject({ url })
    for (const [, path] of body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) wanted.add(path!)
  }
  for (const path of wanted) {
    const { statusCode, body, headers } = await lab.app.inject({ url: path })
    expect([path, statusCode]).toEqual([path, 200])
    for (const [, name] of body.matchAll(/from '\.\/([^']+)'/g)) wanted.add(`/assets/${name}`)
    if (String(headers['cache-control']).includes('immutable')) continue
    const again = { url: path, headers: { 'if-none-match': String(headers['etag']) } }
    expect((await lab.app.inject(again)).statusCode).toBe(304)
  }
  expect([...wanted]).toEqual(
    expect.arrayContaining([
      '/assets/style.css',
      '/assets/start.js',
      '/assets/timeline-model.js',
      '/assets/docs.js',
    ]),
  )
})

test.each(['/assets/', '/assets/../server.ts', '/assets/..%2fserver.ts', '/assets/none.js'])(
  '%s is 404',
  async (url) => {
    expect((await lab.app.inject({ url })).statusCode).toBe(404)
  },
)

test('the start page: state, command, lab numbers, all escaped', async () => {
  const { body } = await lab.app.inject({ url: '/about' })
  expect(body).toContain('<strong>Ready</strong>')
  expect(body).toContain('curl -X POST http://voice.example/api/voice/trigger-call')
  expect(body).toContain('&lt;b&gt;echoes&lt;/b&gt; &amp; &quot;more&quot;')
  lab.health.ready = false
  lab.health.checks['sip'] = 'no <connection>'
  const later = await lab.app.inject({ url: '/about' })
  expect(later.body).toContain('<strong>Not ready</strong>')
  expect(later.body).toContain('no &lt;connection&gt;')
})

test('without a lab there is no table and no button', async () => {
  const { labNumbers: _none, ...options } = lab.options
  const bare = await apiLab({ ...options, labNumbers: [] })
  const { body } = await bare.app.inject({ url: '/about' })
  expect(body).not.toContain('Lab numbers')
  expect(body).not.toContain('call-now')
  expect(body).toContain('+61412345678')
  await bare.close()
})

test('html escapes values, keeps markup, joins lists', () => {
  const list = ['<', '>'].map((sign) => html`<i>${sign}</i>`)
  expect(html`<p title="${`"'`}">${1}${list}</p>`.markup).toBe(
    '<p title="&quot;&#39;">1<i>&lt;</i><i>&gt;</i></p>',
  )
})

interface Lane {
  name: string
  bars: { kind: string; fromMs: number; toMs: number; text: string }[]
  points: { kind: string; ms: number; text: string }[]
}
interface Model {
  timelineOf(
    timeline: { events: object[]; legs: object[] },
    nowMs: number,
  ): { lengthMs: number; lanes: Lane[]; marks: object[] }
  tickStepMs(lengthMs: number, most: number): number
}

describe('the timeline', async () => {
  const path = '../../../engine/api/pages/assets/timeline-model.js'
  const { timelineOf, tickStepMs } = (await import(path)) as Model
  const startMs = Date.UTC(2026, 0, 1)
  const at = (ms: number) => new Date(startMs + ms).toISOString()
  const event = (call_id: string, ms: number, type: string, data: object = {}) => {
    return { call_id, at: at(ms), type, data }
  }
  const leg = (id: string, status: string) => {
    return { id, status, direction: 'outbound', from: 'x', to: `+${id}`, created_at: at(0) }
  }

  test('legs, verbs, keys and bridges become lanes', () => {
    const events = [
      event('1', 0, 'call.queued'),
      event('1', 100, 'call.ringing'),
      event('1', 1000, 'call.in-progress'),
      event('1', 1100, 'verb.started', { verb: 'gather' }),
      event('1', 2000, 'digit.received', { digit: '1' }),
      event('1', 2010, 'verb.ended', { verb: 'gather' }),
      event('2', 2100, 'call.queued'),
      event('2', 3000, 'call.in-progress'),
      event('1', 3010, 'bridge.started', { with: '2' }),
      event('1', 3020, 'trigger.connected'),
      event('1', 4000, 'bridge.ended', { with: '2' }),
      event('2', 4010, 'call.completed'),
      event('1', 5000, 'call.completed'),
    ]
    const legs = [leg('1', 'completed'), leg('2', 'completed')]
    const { lengthMs, lanes, marks } = timelineOf({ events, legs }, startMs + 1e9)
    expect(lengthMs).toBe(5000)
    expect(marks).toEqual([{ ms: 3020, text: 'connected' }])
    const bar = (kind: string, fromMs: number, toMs: number, text = kind) => {
      return { kind, fromMs, toMs, text }
    }
    expect(lanes).toEqual([
      {
        name: 'A +1',
        bars: [bar('queued', 0, 100), bar('ringing', 100, 1000), bar('in-progress', 1000, 5000)],
        points: [{ kind: 'end', ms: 5000, text: 'completed' }],
      },
      {
        name: 'B +2',
        bars: [bar('queued', 2100, 3000), bar('in-progress', 3000, 4010)],
        points: [{ kind: 'end', ms: 4010, text: 'completed' }],
      },
      { name: 'Verbs', bars: [bar('verb', 1100, 2010, 'gather')], points: [] },
      { name: 'Keys', bars: [], points: [{ kind: 'digit', ms: 2000, text: '1' }] },
      { name: 'Bridge', bars: [bar('bridge', 3010, 4000)], points: [] },
    ])
  })

  test('what happens on the way is a mark and ends no bar', () => {
    const events = [
      event('1', 0, 'call.ringing'),
      event('1', 50, 'call.redirected'),
      event('1', 100, 'call.in-progress'),
      event('1', 200, 'call.held', { by: 'remote' }),
      event('1', 300, 'call.resumed', { by: 'remote' }),
      event('1', 400, 'media.lost'),
      event('1', 500, 'call.completed'),
    ]
    const { lanes } = timelineOf({ events, legs: [leg('1', 'completed')] }, startMs + 1e9)
    expect(lanes[0]?.bars.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])).toEqual([
      ['ringing', 0, 100],
      ['in-progress', 100, 500],
    ])
    expect(lanes[0]?.points.map(({ kind, ms, text }) => [kind, ms, text])).toEqual([
      ['change', 50, 'redirected'],
      ['change', 200, 'held'],
      ['change', 300, 'resumed'],
      ['change', 400, 'no audio'],
      ['end', 500, 'completed'],
    ])
  })

  test('what has not ended lasts until now', () => {
    const events = [event('1', 0, 'call.in-progress'), event('1', 100, 'recording.started')]
    const { lengthMs, lanes } = timelineOf(
      { events, legs: [leg('1', 'in-progress')] },
      startMs + 700,
    )
    expect(lengthMs).toBe(700)
    expect(lanes.map(({ bars }) => bars[0]?.toMs)).toEqual([700, 700])
  })

  test('a call without events is drawn too', () => {
    const { lengthMs, lanes } = timelineOf({ events: [], legs: [leg('1', 'failed')] }, startMs)
    expect([lengthMs, lanes]).toEqual([1, [{ name: '+1', bars: [], points: [] }]])
  })

  test.each([
    [1, 100],
    [900, 100],
    [9000, 1000],
    [9001, 2000],
    [60_000, 10_000],
    [3_600_000, 600_000],
    [86_400_000, 10_800_000],
  ])('ticks for %i ms: every %i', (lengthMs, stepMs) => {
    expect(tickStepMs(lengthMs, 9)).toBe(stepMs)
  })
})
