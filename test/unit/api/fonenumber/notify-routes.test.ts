import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { notifySchema } from '../../../../engine/api/dialects/fonenumber/notify-options.ts'
import { renderNotice } from '../../../../engine/api/dialects/fonenumber/notify-render.ts'
import type { CallId, NumberId } from '../../../../engine/core/ids.ts'
import { ownNumber } from '../../../support/call-lab.ts'
import { theirs } from '../api-lab.ts'
import { type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeEach(async () => {
  lab = await openFoneLab()
})
afterEach(() => lab.close())

const sendNotify = '/v2/calls/send_notify'
const receiveNotify = '/v2/calls/receive_notify'
const url = 'http://app.example/calls'
const fonenumber = '(500) 555-0100'
const callback = { fonenumber, type: 'Callback', method: 'JSON', url }
const none = { type: 'None', email: '', url: '', method: '' }

const set = (body: unknown, path = sendNotify, headers = {}) =>
  lab.ask('POST', path, { body, headers })
const stored = () => lab.calls.store.subscriptions.ofNumber(lab.calls.account.id, ownNumber)

describe('choosing who is told', () => {
  test('the answer is the number with what holds now, each way by itself', async () => {
    expect(await set(callback)).toMatchObject({
      status: 200,
      body: {
        fonenumber: {
          fonenumber: ownNumber,
          call_options: {
            receive_notify: none,
            send_notify: { type: 'Callback', email: '', url, method: 'JSON' },
          },
        },
      },
    })
    const template = 'https://app.example/{{uid}}?who={{from}}'
    const { body } = await set({ ...callback, method: 'get', url: template }, receiveNotify)
    expect(body.fonenumber.call_options).toEqual({
      receive_notify: { type: 'Callback', email: '', url: template, method: 'GET' },
      send_notify: { type: 'Callback', email: '', url, method: 'JSON' },
    })
    expect(await stored()).toMatchObject([
      { dialect: 'fonenumber', direction: 'inbound', url: template },
      { dialect: 'fonenumber', direction: 'outbound', url },
    ])
  })

  test('as the documentation gives it as an example', async () => {
    for (const path of [sendNotify, receiveNotify]) {
      for (const example of (notifySchema as { examples?: unknown[] }).examples ?? [undefined]) {
        expect(await set(example, path)).toMatchObject({ status: 200 })
      }
    }
    expect(await stored()).toHaveLength(2)
  })

  test('set again is replaced, None is nobody, and None again is fine', async () => {
    await set({ ...callback, username: 'me', password: 'secret' })
    const again = await set({ ...callback, method: 'POST' })
    expect(again.body.fonenumber.call_options.send_notify).toEqual({
      type: 'Callback',
      email: '',
      url,
      method: 'POST',
    })
    expect(await stored()).toHaveLength(1)
    for (const type of ['None', 'none']) {
      const { status, body } = await set({ fonenumber, type })
      expect(status).toBe(200)
      expect(body.fonenumber.call_options).toEqual({ receive_notify: none, send_notify: none })
    }
    expect(await stored()).toEqual([])
  })

  test('forms, older names and empty fields do as well; the password is never shown', async () => {
    const form = new URLSearchParams({
      fonenumber: '15005550100',
      method: 'GET',
      url,
      email: '',
      username: '',
      url_username: 'me',
      url_password: 'secret: 1',
    })
    const answer = await set(form.toString(), sendNotify, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(answer.status).toBe(200)
    expect(answer.body.fonenumber.call_options.send_notify).toEqual({
      type: 'Callback',
      email: '',
      url,
      method: 'GET',
      username: 'me',
    })
    const options = { method: 'GET', username: 'me', password: 'secret: 1' }
    expect(await stored()).toMatchObject([{ options }])
  })

  const refused: [
    what: string,
    body: Record<string, unknown>,
    status: number,
    code: string,
    field: string,
  ][] = [
    ['no number', { ...callback, fonenumber: undefined }, 400, 'missing_parameter', 'fonenumber'],
    [
      'half a number',
      { ...callback, fonenumber: '555' },
      400,
      'invalid_phone_number',
      'fonenumber',
    ],
    [
      'a number of nobody',
      { ...callback, fonenumber: '5005550109' },
      403,
      'from_not_owned',
      'fonenumber',
    ],
    [
      'the number of another account',
      { ...callback, fonenumber: '5005550108' },
      403,
      'from_not_owned',
      'fonenumber',
    ],
    [
      'None for another account',
      { fonenumber: '5005550108', type: 'None' },
      403,
      'from_not_owned',
      'fonenumber',
    ],
    ['neither type nor url', { fonenumber }, 400, 'missing_parameter', 'type'],
    ['an unknown type', { ...callback, type: 'Fax' }, 400, 'invalid_request', 'type'],
    ['no url', { ...callback, url: '' }, 400, 'missing_parameter', 'url'],
    [
      'a url that may not be used',
      { ...callback, url: 'http://10.0.0.1/' },
      400,
      'url_not_allowed',
      'url',
    ],
    [
      'a url with a line end',
      { ...callback, url: `${url}\r\nX-Header: 1` },
      400,
      'invalid_request',
      'url',
    ],
    [
      'half a character in the name',
      { ...callback, username: 'me\ud800' },
      400,
      'invalid_request',
      'username',
    ],
    [
      'a url of another scheme',
      { ...callback, url: 'ftp://app.example/' },
      400,
      'url_not_allowed',
      'url',
    ],
    [
      'a placeholder in the host',
      { ...callback, url: 'http://{{to}}.example/' },
      400,
      'url_not_allowed',
      'url',
    ],
    [
      'an unknown placeholder',
      { ...callback, url: `${url}?x={{who}}` },
      400,
      'invalid_request',
      'url',
    ],
    [
      'a long url',
      { ...callback, url: `${url}?${'x'.repeat(2_048)}` },
      400,
      'invalid_request',
      'url',
    ],
    ['no method', { ...callback, method: undefined }, 400, 'missing_parameter', 'method'],
    ['an unknown method', { ...callback, method: 'PUT' }, 400, 'invalid_request', 'method'],
    ['a password alone', { ...callback, password: 'x' }, 400, 'missing_parameter', 'username'],
    ['a colon in the name', { ...callback, username: 'a:b' }, 400, 'invalid_request', 'username'],
    [
      'a line break',
      { ...callback, username: 'a', password: 'b\nc' },
      400,
      'invalid_request',
      'password',
    ],
    [
      'two names',
      { ...callback, username: 'a', url_username: 'b' },
      400,
      'invalid_request',
      'url_username',
    ],
    ['a list as a url', { ...callback, url: [url] }, 400, 'invalid_request', 'url'],
  ]
  test.each(refused)('%s: refused, and what held goes on', async (_, body, status, code, field) => {
    await lab.calls.store.accounts.insert(theirs)
    await lab.calls.store.numbers.insert({
      id: '00000000-0000-4000-8000-0000000000ff' as NumberId,
      accountId: theirs.id,
      number: '+15005550108',
      route: { kind: 'device', username: '1001' },
      createdAtMs: 0,
    })
    await set({ ...callback, url: 'http://held.example/' })
    expect(await set(body)).toMatchObject({ status, body: { code, field } })
    expect(await stored()).toMatchObject([{ url: 'http://held.example/' }])
  })

  test('an e-mail is stored by its address, and shown', async () => {
    const email = 'me@app.example'
    const answer = await set({ fonenumber, type: 'email', email })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      fonenumber: { call_options: { send_notify: { type: 'Email', email, url: '', method: '' } } },
    })
    expect(await stored()).toMatchObject([{ url: `mailto:${email}` }])
  })

  test.each([
    ['no address', {}, 'missing_parameter'],
    ['two addresses', { email: 'a@b.example, c@d.example' }, 'invalid_request'],
    ['a header in it', { email: 'a@b.example\r\nBcc: c@d.example' }, 'invalid_request'],
  ])('an e-mail with %s is refused', async (_, over, code) => {
    const answer = await set({ fonenumber, type: 'Email', ...over })
    expect(answer).toMatchObject({ status: 400, body: { code, field: 'email' } })
    expect(await stored()).toEqual([])
  })

  test('nobody sets anything without a key', async () => {
    for (const path of [sendNotify, receiveNotify]) {
      const answer = await set(callback, path, { token: 'sk_live_wrong', 'x-api-key': '' })
      expect(answer.status).toBe(401)
    }
  })
})

describe('what calls make of it', () => {
  /** The callbacks that are open, as they would be sent, oldest first; they count as received. */
  async function told(): Promise<Record<string, unknown>[]> {
    const { outbox } = lab.calls.store
    const said: Record<string, unknown>[] = []
    for (;;) {
      const [next] = await outbox.due(lab.calls.clock.nowMs(), 1)
      if (next?.call === undefined || next.webhookId !== undefined) return said
      expect(next.renderer).toBe('fonenumber')
      said.push(JSON.parse(renderNotice(next).body ?? ''))
      await outbox.delivered(next.id)
    }
  }

  async function called(to = '+15005550140'): Promise<CallId> {
    const { account, centre } = lab.calls
    const { id } = await centre.placeCall(account, { to, from: ownNumber })
    await lab.calls.settle()
    return id
  }

  test('an answered call: BEGIN, then END with its seconds', async () => {
    await set(callback)
    const id = await called()
    const begin = {
      account_code: lab.calls.account.id,
      direction: 'OUTBOUND',
      status: 'BEGIN',
      from: ownNumber,
      to: '+15005550140',
      type: 'VOICE',
      uid: id,
    }
    expect(await told()).toEqual([begin])
    lab.calls.sip.progress(id, 180, undefined)
    lab.calls.sip.answered(id, 'v=0', 'x')
    await lab.calls.settle()
    await lab.calls.clock.advance(12_500)
    expect(await told()).toEqual([])
    lab.calls.sip.remoteHangup(id, 'BYE')
    await lab.calls.settle()
    expect(await told()).toEqual([
      { ...begin, status: 'END', disposition: 'ANSWERED', billable_seconds: 13 },
    ])
  })

  test.each([
    [486, 'BUSY'],
    [480, 'NO_ANSWER'],
    [603, 'REJECTED'],
    [404, 'INVALID'],
    [503, 'FAILED:503'],
  ])('the network says %d: %s', async (status, disposition) => {
    await set(callback)
    const id = await called()
    lab.calls.sip.rejected(id, status, '')
    await lab.calls.settle()
    expect(await told()).toMatchObject([
      { status: 'BEGIN' },
      { status: 'END', disposition, billable_seconds: 0 },
    ])
  })

  test('ended by the API before an answer: CANCEL', async () => {
    await set(callback)
    const id = await called()
    await lab.calls.centre.endCall(lab.calls.account.id, id)
    await lab.calls.settle()
    expect((await told()).at(-1)).toMatchObject({ status: 'END', disposition: 'CANCEL' })
  })

  test('a call that comes is told to who asked for those, with the caller as from', async () => {
    await set(callback, receiveNotify)
    const id = await lab.calls.incoming(ownNumber, '+61411111111')
    lab.calls.sip.remoteHangup(id, 'BYE')
    await lab.calls.settle()
    const both = { direction: 'INBOUND', from: '+61411111111', to: ownNumber, uid: id }
    expect(await told()).toMatchObject([
      { ...both, status: 'BEGIN' },
      { ...both, status: 'END', disposition: 'ANSWERED' },
    ])
  })

  test('the second phone of a call is not another call', async () => {
    await set(callback)
    await lab.calls.addNumber('+15005550107', { kind: 'number', number: '+15005550140' })
    const id = await lab.calls.incoming('+15005550107', ownNumber)
    expect(lab.calls.commands.at(-1)).toBe(`sip.invite c2 trunk ${ownNumber}`)
    lab.calls.sip.rejected(lab.calls.invited[0]!, 486, '')
    await lab.calls.settle()
    expect(await lab.calls.logOf(id)).toContain('call.busy')
    expect(await told()).toEqual([])
  })

  test('after None nobody is told any more', async () => {
    await set(callback)
    const id = await called()
    expect(await told()).toMatchObject([{ status: 'BEGIN' }])
    await set({ fonenumber, type: 'None' })
    lab.calls.sip.rejected(id, 486, '')
    await lab.calls.settle()
    expect(await told()).toEqual([])
  })
})
