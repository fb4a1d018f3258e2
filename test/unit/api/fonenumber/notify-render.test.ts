import { describe, expect, test } from 'vitest'
import {
  dispositionOf,
  noticeFields,
} from '../../../../engine/api/dialects/fonenumber/notify-data.ts'
import {
  type NotifyOptions,
  readWanted,
} from '../../../../engine/api/dialects/fonenumber/notify-options.ts'
import {
  renderMail,
  renderNotice,
} from '../../../../engine/api/dialects/fonenumber/notify-render.ts'
import { checkTemplate } from '../../../../engine/api/dialects/fonenumber/notify-template.ts'
import {
  type CallRecord,
  causeOfSipStatus,
  type EndCause,
  endReasonOf,
  statusOf,
} from '../../../../engine/core/call.ts'
import { createGuard } from '../../../../engine/web/guard.ts'
import fc from '../../../support/property.ts'
import { callRecord, ours, startMs } from '../api-lab.ts'

const plain: NotifyOptions = { method: 'JSON', username: null, password: '' }
const url = 'https://app.example/calls'
const render = (call: CallRecord, options: Partial<NotifyOptions> = {}, to = url) =>
  renderNotice({ call, url: to, options: { ...plain, ...options } })

const begun = callRecord()
const ended = callRecord({
  status: 'completed',
  answeredAtMs: startMs,
  endedAtMs: startMs + 61_001,
  endReason: 'hangup:remote',
})

test('the same as an e-mail: a line for each value', () => {
  const { subject, text } = renderMail({ call: ended })
  expect(subject).toBe(`OUTBOUND call from ${ended.from} to ${ended.to} END ANSWERED`)
  expect(text.split('\n')).toEqual(
    expect.arrayContaining(['disposition: ANSWERED', 'billable_seconds: 62', `uid: ${ended.id}`]),
  )
  expect(renderMail({ call: begun }).subject).toMatch(/ BEGIN$/)
})

describe('disposition', () => {
  const sip = causeOfSipStatus
  test.each<[what: string, cause: EndCause, wanted: string]>([
    ['486', sip(486), 'BUSY'],
    ['600', sip(600), 'BUSY'],
    ['480', sip(480), 'NO_ANSWER'],
    ['408', sip(408), 'NO_ANSWER'],
    ['the ring time is over', { is: 'noAnswer' }, 'NO_ANSWER'],
    ['603', sip(603), 'REJECTED'],
    ['403', sip(403), 'REJECTED'],
    ['488', sip(488), 'REJECTED'],
    ['606', sip(606), 'REJECTED'],
    ['404', sip(404), 'INVALID'],
    ['410', sip(410), 'INVALID'],
    ['484', sip(484), 'INVALID'],
    ['604', sip(604), 'INVALID'],
    ['487', sip(487), 'CANCEL'],
    ['ended by the API', { is: 'canceled', by: 'api' }, 'CANCEL'],
    ['500', sip(500), 'FAILED:500'],
    ['503', sip(503), 'FAILED:503'],
    ['a trunk that is not there', { is: 'failed', reason: 'trunk_error' }, 'FAILED'],
    ['a restart', { is: 'failed', reason: 'process_restarted' }, 'FAILED'],
    ['no audio', { is: 'failed', reason: 'media_error' }, 'FAILED'],
  ])('%s: %s', (_, cause, wanted) => {
    const status = statusOf({ at: 'ended', cause })
    expect(dispositionOf({ status, answeredAtMs: null, endReason: endReasonOf(cause) })).toBe(
      wanted,
    )
  })

  test.each<[what: string, cause: EndCause]>([
    ['hung up', { is: 'hangup', by: 'remote' }],
    ['cut off at its longest', { is: 'failed', reason: 'duration_limit' }],
    ['whose program failed', { is: 'failed', reason: 'program_failed' }],
  ])('an answered call %s: ANSWERED', (_, cause) => {
    const status = statusOf({ at: 'ended', cause, answeredAtMs: 1 })
    const endReason = endReasonOf(cause)
    expect(dispositionOf({ status, answeredAtMs: 1, endReason })).toBe('ANSWERED')
  })
})

describe('what is told', () => {
  test('BEGIN has no outcome', () => {
    const { body, ...request } = render(begun)
    expect(request).toEqual({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    expect(JSON.parse(body ?? '')).toEqual({
      account_code: ours.id,
      direction: 'OUTBOUND',
      status: 'BEGIN',
      from: '+15005550000',
      to: '+61412345678',
      type: 'VOICE',
      uid: begun.id,
    })
  })

  test('END has the outcome, and the seconds that were begun', () => {
    const said = JSON.parse(render(ended).body ?? '')
    expect(said).toMatchObject({ status: 'END', disposition: 'ANSWERED', billable_seconds: 62 })
    expect(Object.keys(said)).toEqual([...noticeFields])
  })

  test('an unanswered call has 0 of them; an inbound one says so', () => {
    const missed = {
      ...ended,
      direction: 'inbound',
      status: 'no-answer',
      answeredAtMs: null,
    } as const
    expect(JSON.parse(render(missed).body ?? '')).toMatchObject({
      direction: 'INBOUND',
      disposition: 'NO_ANSWER',
      billable_seconds: 0,
    })
  })
})

describe('the three forms', () => {
  test('POST: a form', () => {
    const { body, ...request } = render(ended, { method: 'POST' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(request).toEqual({ url, method: 'POST', headers })
    expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
      from: '+15005550000',
      status: 'END',
      billable_seconds: '62',
    })
    expect(body).toContain('from=%2B15005550000&')
  })

  test('GET: the values that the url names, where it names them', () => {
    const template = `${url}/{{uid}}?recipient={{to}}&caller={{from}}&how={{disposition}}#{{to}}`
    const filled = `${url}/${begun.id}?recipient=%2B61412345678&caller=%2B15005550000&how=`
    expect(render(begun, { method: 'GET' }, template)).toEqual({
      url: filled,
      method: 'GET',
      headers: {},
    })
    expect(render(ended, { method: 'GET' }, template).url).toBe(`${filled}ANSWERED`)
  })

  test.each([
    [url, `${url}?`],
    [`${url}?`, `${url}?`],
    [`${url}?a=1`, `${url}?a=1&`],
    [`${url}?a=1&`, `${url}?a=1&`],
    [`${url}#top`, `${url}?`],
  ])('GET of %s, which names no value: all of them', (template, before) => {
    const request = render(begun, { method: 'GET' }, template)
    expect(request.url).toBe(
      `${before}account_code=${ours.id}&direction=OUTBOUND&status=BEGIN&from=%2B15005550000&to=%2B61412345678&type=VOICE&uid=${begun.id}`,
    )
  })

  test('POST and JSON fill in the address too', () => {
    for (const method of ['POST', 'JSON'] as const) {
      expect(render(begun, { method }, `${url}?id={{uid}}`)).toMatchObject({
        url: `${url}?id=${begun.id}`,
        body: expect.stringContaining(begun.id),
      })
    }
  })

  test.each(['GET', 'POST', 'JSON'] as const)('%s: HTTP Basic authentication', (method) => {
    const { headers } = render(begun, { method, username: 'me', password: 'pässword:1' })
    const login = Buffer.from('me:pässword:1').toString('base64')
    expect(headers).toMatchObject({ authorization: `Basic ${login}` })
    expect(render(begun, { method }).headers).not.toHaveProperty('authorization')
  })

  test.each([null, {}, { method: 'PUT', username: null, password: '' }])(
    'options that are none: %j',
    (options) => {
      expect(() => renderNotice({ call: begun, url, options })).toThrow('no options of a callback')
    },
  )
})

describe('addresses', () => {
  test.each([
    'https://{{to}}/',
    'https://{{to}}.example/',
    'https://app.example{{to}}/',
    'https://app.example:80{{uid}}/',
    'https://app.example:{{uid}}',
    'https://{{from}}@app.example/',
    'https://app.example@{{to}}/',
    'https://app.example\\{{to}}',
    'https:{{to}}',
    'https:/{{to}}',
    'https:///{{to}}/',
    '{{to}}',
    '{{type}}://app.example/',
    'ftp://app.example/{{to}}',
    ' https://app.example/{{to}}',
    'https://app\t.example/{{to}}',
    'https://app.\nexample{{to}}/',
  ])('%j is refused: a value could change its host', (template) => {
    expect(() => checkTemplate(template)).toThrow(
      expect.objectContaining({ code: 'url_not_allowed', field: 'url' }),
    )
  })

  test.each(['{{caller}}', '{{}}', '{{ to }}', '{{TO}}', '{{__proto__}}', '{{constructor}}'])(
    'the value %s is not known',
    (token) => {
      expect(() => checkTemplate(`${url}?x=${token}`)).toThrow(
        expect.objectContaining({ code: 'invalid_request', field: 'url' }),
      )
    },
  )

  test.each([
    url,
    'https://app.example',
    'https://app.example?to={{to}}',
    'https://app.example#{{to}}',
    'HTTP://app.example:8080/{{to}}/{{from}}',
    'http://[2001:db8::1]/{{to}}',
    `${url}?json={"to":"{{to}}"}`,
  ])('%s is fine', (template) => {
    expect(() => checkTemplate(template)).not.toThrow()
  })

  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '@evil.example/',
      '://evil.example',
      '\\evil',
      '/../..',
      '..',
      '.',
      '%2e%2e',
      '?#',
    ),
    fc.constantFrom(
      '{{to}}',
      '{{uid}}',
      '\ud800',
      '\r\nhost: evil',
      '[::1]',
      ':1',
      '//evil.example',
    ),
  )
  const token = fc.constantFrom(...noticeFields.map((field) => `{{${field}}}`))
  const piece = fc.oneof(
    token,
    hostile,
    fc.constantFrom('https://', 'app.example', ':8080', '/', '?'),
  )
  const anywhere = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const behindHost = anywhere.map((rest) => `https://app.example:8080${rest}`)
  const methods = fc.constantFrom('GET', 'POST', 'JSON')
  const guard = createGuard([])
  /** As it is read from a body: without spaces around it, refused with control characters. */
  const urlIn = (url: string): string => {
    const read = readWanted({ fonenumber: '1', url, method: 'GET' })
    return read === 'none' ? '' : read.url
  }

  test('no value ever changes the host of an address that was accepted', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(anywhere, behindHost), methods, hostile, hostile, (...all) => {
        const [written, method, from, to] = all
        let template: string
        let wanted: URL
        try {
          template = urlIn(written)
          checkTemplate(template)
          wanted = guard.check(template)
        } catch {
          return
        }
        accepted++
        const request = render({ ...ended, from, to }, { method }, template)
        const { protocol, host, username, password } = new URL(request.url)
        expect({ protocol, host }).toEqual({ protocol: wanted.protocol, host: wanted.host })
        expect([username, password]).toEqual(['', ''])
      }),
      { numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(200)
  })

  test('no value adds a folder, a parameter or a line, or takes one away', () => {
    const place = fc.constantFrom('a', 'b-c', '{{from}}', '{{to}}', 'x{{to}}', '{{from}}{{to}}')
    const places = fc.array(place, { maxLength: 4 })
    fc.assert(
      fc.property(places, places, hostile, hostile, (folders, values, from, to) => {
        const query = values.map((value, index) => `p${index}=${value}`).join('&')
        const template = `https://app.example/calls/${folders.join('/')}?own=1&${query}`
        checkTemplate(template)
        const request = render({ ...begun, from, to }, { method: 'POST' }, template)
        const { pathname, searchParams, hash } = new URL(request.url)
        expect(pathname.split('/')).toHaveLength(2 + Math.max(1, folders.length))
        expect(pathname).toMatch(/^\/calls\//)
        expect([...searchParams.keys()]).toEqual(['own', ...values.map((_, index) => `p${index}`)])
        expect(hash).toBe('')
        const said = new URLSearchParams(request.body)
        expect([said.get('from'), said.get('to')]).toEqual([from.toWellFormed(), to.toWellFormed()])
      }),
      { numRuns: 1_000 },
    )
  })
})
