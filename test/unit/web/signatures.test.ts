import { createHmac } from 'node:crypto'
import twilio from 'twilio'
import { describe, expect, test } from 'vitest'
import {
  addressSignature,
  addressWithBodyHash,
  fieldsOfForm,
  hmacHex,
  signatureOf,
  signedHeaders,
  signedPartOf,
} from '../../../engine/web/signatures.ts'

const nowMs = 1_700_000_000_999

describe('our own signature', () => {
  const hash = (secret: string) =>
    createHmac('sha256', secret).update('1700000000.{"a":1}').digest('hex')

  test('has the time and a hash over time and body', () => {
    expect(signatureOf('{"a":1}', 'k', nowMs)).toBe(`t=1700000000,v1=${hash('k')}`)
  })

  test('has one hash for each secret that is valid, the newest first', () => {
    expect(signatureOf('{"a":1}', ['new', 'old'], nowMs)).toBe(
      `t=1700000000,v1=${hash('new')},v1=${hash('old')}`,
    )
  })

  test('covers the body, or without one the path and query', () => {
    expect(signedPartOf({ url: 'https://a.example/x?y=1', body: 'b' })).toBe('b')
    expect(signedPartOf({ url: 'https://a.example/x?y=1' })).toBe('/x?y=1')
  })
})

test('a header with room for one value keeps the old secret until its time is over', () => {
  const signature = { header: 'x-telephony-signature', over: 'body' } as const
  const request = { url: 'https://a.example/', body: '{}', signature }
  const value = (...secrets: string[]) =>
    signedHeaders(request, secrets, nowMs)['x-telephony-signature']
  expect(value('new', 'old')).toBe(hmacHex('{}', 'old'))
  expect(value('new')).toBe(hmacHex('{}', 'new'))
  const form = { url: request.url, body: 'a=1' }
  const ofForm = { header: 'x-twilio-signature', over: 'address-and-fields' } as const
  const headers = signedHeaders({ ...form, signature: ofForm }, ['new', 'old'], nowMs)
  expect(headers['x-twilio-signature']).toBe(addressSignature(form.url, { a: '1' }, 'old'))
})

test('the plain hash is HMAC-SHA256 of the body (RFC 4231 test case 2)', () => {
  expect(hmacHex('what do ya want for nothing?', 'Jefe')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

describe('what users of TwiML check', () => {
  const token = '12345'
  const url = 'https://app.example/voice?page=1&x=%20y'

  test.each([
    ['a form', 'CallSid=CA1&From=%2B15005550100&To=%2B15005550111&CallStatus=ringing'],
    ['signs and letters beyond ASCII', 'SpeechResult=gr%C3%BC%C3%9F+dich%21&b=%26%3D%2B&a='],
    ['no fields', ''],
  ])('%s', (_, body) => {
    const signature = addressSignature(url, fieldsOfForm(body), token)
    const fields = Object.fromEntries(new URLSearchParams(body))
    expect(twilio.validateRequest(token, signature, url, fields)).toBe(true)
    expect(twilio.validateRequest('other', signature, url, fields)).toBe(false)
    expect(twilio.validateRequest(token, signature, `${url}1`, fields)).toBe(false)
  })

  test('a field that stands there twice', () => {
    const signature = addressSignature(url, fieldsOfForm('a=2&a=1&a=2'), token)
    expect(twilio.validateRequest(token, signature, url, { a: ['2', '1', '2'] })).toBe(true)
  })

  test('a GET has its fields in the address', () => {
    expect(twilio.validateRequest(token, addressSignature(url, {}, token), url, {})).toBe(true)
  })

  test('what stands after a # is not sent, and not signed', () => {
    const signature = addressSignature(`${url}#rc=2`, {}, token)
    expect(twilio.validateRequest(token, signature, url, {})).toBe(true)
  })

  test('a body of another kind by its hash', () => {
    const body = '{"event":"call.ringing"}'
    const address = addressWithBodyHash(url, body)
    const signature = addressSignature(address, {}, token)
    expect(twilio.validateRequestWithBody(token, signature, address, body)).toBe(true)
    expect(twilio.validateRequestWithBody(token, signature, address, `${body} `)).toBe(false)
  })
})
