import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderDeviceId } from '../../../../engine/api/dialects/fonenumber/device-id.ts'
import { isSsml } from '../../../../engine/api/dialects/fonenumber/ssml.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import type { DeviceId } from '../../../../engine/core/ids.ts'
import { ownNumber } from '../../../support/call-lab.ts'
import { theirs } from '../api-lab.ts'
import { type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeEach(async () => {
  lab = await openFoneLab()
})
afterEach(() => lab.close())

const path = '/v2/calls'
const tts = {
  fonenumber: '5005550100',
  to: '(500) 555-0140',
  service_type: 'TTS',
  service_id: 'Hello, this is a test call',
}
const form = 'application/x-www-form-urlencoded'
const send = (body: unknown, headers = {}) => lab.ask('POST', path, { body, headers })
const finished = async () => {
  const page = { page: 1, pageSize: 10 }
  return (await lab.calls.centre.listCalls(lab.calls.account.id, page)).calls
}

describe('the answer is held until somebody picks up', () => {
  test('then it is the call, and only then the service is connected', async () => {
    const { id, answer, isAnswered } = await lab.ringing(tts)
    expect(lab.calls.commands).toEqual([`sip.invite c1 trunk ${ownNumber}`])
    lab.calls.sip.progress(id, 180, undefined)
    await lab.calls.clock.advance(20_000)
    expect(isAnswered()).toBe(false)
    expect(lab.calls.nowPlaying(id)).toBeUndefined()
    lab.calls.sip.answered(id, 'v=0', 'x')
    const answered_at = new Date(lab.calls.clock.nowMs()).toISOString()
    expect(await answer).toMatchObject({
      status: 200,
      body: {
        call: { id, fonenumber: ownNumber, to: '+15005550140', status: 'in-progress', answered_at },
      },
    })
    await lab.calls.settle()
    expect(lab.calls.nowPlaying(id)).toMatchObject({ path: `/speech/${tts.service_id}` })
    await lab.calls.finishPlay(id)
    expect(await finished()).toMatchObject([{ id, status: 'completed' }])
  })

  test.each([
    [486, 409, 'callee_busy', 'Conflict'],
    [600, 409, 'callee_busy', 'Conflict'],
    [480, 408, 'callee_no_answer', 'Request Timeout'],
    [408, 408, 'callee_no_answer', 'Request Timeout'],
    [603, 424, 'callee_rejected', 'Failed Dependency'],
    [404, 424, 'callee_rejected', 'Failed Dependency'],
    [403, 424, 'callee_rejected', 'Failed Dependency'],
    [487, 409, 'call_canceled', 'Conflict'],
    [503, 502, 'call_failed', 'Bad Gateway'],
    [500, 502, 'call_failed', 'Bad Gateway'],
  ])('SIP %i is %i %s', async (sipStatus, status, code, error) => {
    const { id, answer } = await lab.ringing(tts)
    lab.calls.sip.rejected(id, sipStatus, 'because')
    expect(await answer).toMatchObject({
      status,
      body: { statusCode: status, error, code, call: { id }, message: expect.any(String) },
    })
  })

  test('nobody answers for 60 seconds: 408, and the phone stops ringing', async () => {
    const { id, answer, isAnswered } = await lab.ringing(tts)
    lab.calls.sip.progress(id, 180, undefined)
    await lab.calls.clock.advance(59_999)
    expect(isAnswered()).toBe(false)
    await lab.calls.clock.advance(1)
    expect(await answer).toMatchObject({ status: 408, body: { code: 'callee_no_answer' } })
    expect(lab.calls.commands).toContain('sip.cancel c1')
  })

  test('the call is ended by another API: 409', async () => {
    const { id, answer } = await lab.ringing(tts)
    await lab.calls.centre.endCall(lab.calls.account.id, id)
    expect(await answer).toMatchObject({ status: 409, body: { code: 'call_canceled' } })
  })

  test('answered and over at once is still answered', async () => {
    const { id, answer } = await lab.ringing(tts)
    lab.calls.sip.answered(id, 'v=0', 'x')
    lab.calls.sip.remoteHangup(id, 'BYE')
    expect(await answer).toMatchObject({ status: 200, body: { call: { id } } })
  })
})

test('Prefer: respond-async is answered at once', async () => {
  const answer = await send(tts, { prefer: 'wait=5, respond-async' })
  expect(answer).toMatchObject({
    status: 202,
    headers: { 'preference-applied': 'respond-async' },
    body: { call: { to: '+15005550140', status: 'queued', answered_at: null } },
  })
  await lab.calls.settle()
  const { id } = answer.body.call
  lab.calls.sip.answered(id, 'v=0', 'x')
  await lab.calls.settle()
  expect(lab.calls.nowPlaying(id)).toMatchObject({ kind: 'wav' })
})

describe('what somebody is connected to', () => {
  const up = async (body: object) => {
    const { id, answer } = await lab.ringing({ ...tts, ...body })
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect((await answer).status).toBe(200)
    await lab.calls.settle()
    return id
  }

  test('SoundFile: fetched first, played once', async () => {
    const service_id = 'https://www.example.com/file.wav'
    const id = await up({ service_type: 'SoundFile', service_id })
    expect(lab.calls.nowPlaying(id)).toMatchObject({ path: `/prompt/${service_id}` })
    await lab.calls.finishPlay(id)
    expect(await finished()).toMatchObject([{ status: 'completed' }])
  })

  test.each([
    ['Phonenumber', '3215551111', '+13215551111'],
    ['PhoneNumber', '(321) 555-1111', '+13215551111'],
    ['phonenumber', '01149894567898', '+49894567898'],
    ['Forward', '+13215551111', '+13215551111'],
    ['FORWARD', '555-0141', '+15005550141'],
  ])('%s %s: a second leg, with ringback, then both are bridged', async (type, value, to) => {
    const id = await up({ service_type: type, service_id: value })
    expect(lab.calls.nowPlaying(id)).toMatchObject({ tone: 'ringback' })
    const [first, second] = lab.calls.invited
    expect(first).toBe(id)
    if (second === undefined) throw new Error('there is no second leg')
    lab.calls.sip.answered(second, 'v=0', 'x')
    await lab.calls.settle()
    expect(lab.calls.commands).toContain('media.bridge c1 c2')
    expect(await lab.calls.centre.childrenOf(lab.calls.account.id, id)).toMatchObject([
      { id: second, to, from: ownNumber, status: 'in-progress' },
    ])
    lab.calls.sip.remoteHangup(second, 'BYE')
    await lab.calls.settle()
    expect(await finished()).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
  })

  test('Device: rings only after the answer', async () => {
    const service_id = await lab.device('desk')
    expect(service_id).toMatch(/^[1-9]\d{11}$/)
    const { id, answer } = await lab.ringing({ ...tts, service_type: 'device', service_id })
    await lab.calls.settle()
    expect(lab.calls.commands).toEqual([`sip.invite c1 trunk ${ownNumber}`])
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect((await answer).status).toBe(200)
    await lab.calls.settle()
    expect(lab.calls.commands).toContain(`sip.invite c2 device ${ownNumber}`)
  })

  test.each([
    ['plain text', 'Tom & Jerry: 1 < 2 > 0', undefined],
    ['a tag of another language', 'make it <b>bold</b>', undefined],
    ['a whole document', '<speak>Hi <break time="1s"/></speak>', 'ssml'],
    ['one tag', 'Hi <break time="1s"/>', 'ssml'],
    ['a tag that is not closed', '<s>Hi', 'ssml'],
  ] as const)('TTS: %s', async (_, service_id, markup) => {
    const asked: unknown[] = []
    lab.calls.ports.speech.check = (request) => void asked.push(request)
    await up({ service_id })
    const wanted = { text: service_id, ...(markup !== undefined && { markup }) }
    expect(asked).toEqual([wanted])
  })

  test('SSML is told by its tags', () => {
    const names = 'speak p s break prosody emphasis say-as sub phoneme lang voice audio mark'.split(
      ' ',
    )
    expect(names.filter((name) => !isSsml(`a <${name}>`))).toEqual([])
    expect(names.filter((name) => !isSsml(`a <${name} x="y"/>`))).toEqual([])
    expect(['a<p', '</s>'].filter((text) => !isSsml(text))).toEqual([])
    const plain = ['', 'a < p', '<pre>', '<sp>', 'p>', '<<', '< speak>', '<saying/>']
    expect(plain.filter(isSsml)).toEqual([])
  })
})

describe('how it is asked', () => {
  test('form fields', async () => {
    const body = new URLSearchParams({ ...tts, to: '+15005550140' }).toString()
    const { id, answer } = await lab.ringing(body, { 'content-type': `${form}; charset=utf-8` })
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect(await answer).toMatchObject({ status: 200, body: { call: { to: '+15005550140' } } })
  })

  test('form fields with a plus that nobody encoded', async () => {
    const body = 'fonenumber=+15005550100&to=+4989456789&service_type=TTS&service_id=Hello'
    const { id, answer } = await lab.ringing(body, { 'content-type': form })
    lab.calls.sip.answered(id, 'v=0', 'x')
    const call = { fonenumber: ownNumber, to: '+4989456789' }
    expect(await answer).toMatchObject({ status: 200, body: { call } })
  })

  test('JSON numbers, and type for service_type', async () => {
    const { service_type: type, ...rest } = tts
    const body = { ...rest, type, fonenumber: 15005550100, to: 5005550140, service_id: 42 }
    const { id, answer } = await lab.ringing(body)
    lab.calls.sip.answered(id, 'v=0', 'x')
    expect(await answer).toMatchObject({ status: 200, body: { call: { fonenumber: ownNumber } } })
    await lab.calls.settle()
    expect(lab.calls.nowPlaying(id)).toMatchObject({ path: '/speech/42' })
  })

  test('both names of the type, when they agree', async () => {
    const { id, answer } = await lab.ringing({ ...tts, type: 'tts' })
    lab.calls.sip.rejected(id, 486, 'busy')
    expect((await answer).status).toBe(409)
  })

  test('at another path, if the operator says so', async () => {
    const moved = await openFoneLab('/v2/voice')
    const { id, answer } = await moved.ringing(tts)
    moved.calls.sip.rejected(id, 486, 'busy')
    expect((await answer).status).toBe(409)
    expect((await moved.ask('POST', path, { body: tts })).status).toBe(404)
    await moved.close()
    await expect(openFoneLab('/v2/auth')).rejects.toThrow('RINGDOWN_FONENUMBER_CALL_PATH')
  })
})

describe('what is refused, before anybody is called', () => {
  const cases: [string, object, number, string, string][] = [
    ['no fonenumber', { fonenumber: undefined }, 400, 'missing_parameter', 'fonenumber'],
    ['no to', { to: undefined }, 400, 'missing_parameter', 'to'],
    ['a blank to', { to: ' ' }, 400, 'missing_parameter', 'to'],
    ['no service_type', { service_type: undefined }, 400, 'missing_parameter', 'service_type'],
    ['no service_id', { service_id: undefined }, 400, 'missing_parameter', 'service_id'],
    ['an empty service_id', { service_id: '' }, 400, 'missing_parameter', 'service_id'],
    ['two types', { type: 'Device' }, 400, 'invalid_request', 'type'],
    ['an unknown type', { service_type: 'Pigeon' }, 400, 'invalid_request', 'service_type'],
    [
      'a type that objects have',
      { service_type: 'constructor' },
      400,
      'invalid_request',
      'service_type',
    ],
    [
      'an unknown voicemail box',
      { service_type: 'VoiceMail', service_id: 'VM7878452661' },
      404,
      'not_found',
      'service_id',
    ],
    ['a fonenumber that is none', { fonenumber: '123' }, 400, 'invalid_phone_number', 'fonenumber'],
    [
      '7 digits of a fonenumber',
      { fonenumber: '5550100' },
      400,
      'invalid_phone_number',
      'fonenumber',
    ],
    ['a fonenumber of nobody', { fonenumber: '3214991008' }, 403, 'from_not_owned', 'fonenumber'],
    ['a number that is none', { to: '12345678' }, 400, 'invalid_phone_number', 'to'],
    ['an emergency number', { to: '911' }, 403, 'target_not_allowed', 'to'],
    ['an emergency number as JSON number', { to: 112 }, 403, 'target_not_allowed', 'to'],
    [
      'an emergency number behind',
      { service_type: 'Phonenumber', service_id: '999' },
      403,
      'target_not_allowed',
      'service_id',
    ],
    [
      'a short number behind',
      { service_type: 'Phonenumber', service_id: '101' },
      400,
      'invalid_phone_number',
      'service_id',
    ],
    ['a fraction', { to: 1.5 }, 400, 'invalid_request', 'to'],
    ['a negative number', { to: -5005550140 }, 400, 'invalid_request', 'to'],
    ['a list', { to: ['5005550140'] }, 400, 'invalid_request', 'to'],
    [
      'an unknown device',
      { service_type: 'Device', service_id: '987123543678' },
      404,
      'not_found',
      'service_id',
    ],
    [
      'a device by its name',
      { service_type: 'Device', service_id: 'desk' },
      404,
      'not_found',
      'service_id',
    ],
  ]
  test.each(cases)('%s', async (_, changes, status, code, field) => {
    await lab.device('desk')
    const answer = await send({ ...tts, ...changes })
    expect(answer).toMatchObject({ status, body: { statusCode: status, code, field } })
    expect(lab.calls.calls.size).toBe(0)
    expect(lab.calls.commands).toEqual([])
  })

  test('an unknown speed dial', async () => {
    expect(await send({ ...tts, to: '42' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })

  test('a device that is not registered', async () => {
    const service_id = await lab.device('off', false)
    const answer = await send({ ...tts, service_type: 'Device', service_id })
    const body = { code: 'device_not_registered', field: 'service_id' }
    expect(answer).toMatchObject({ status: 409, body })
    expect(lab.calls.commands).toEqual([])
  })

  test("another account's device", async () => {
    const { store, clock } = lab.calls
    await store.accounts.insert(theirs)
    const made = { accountId: theirs.id, createdAtMs: clock.nowMs() }
    const id = '00000000-0000-4000-8000-0000000000dd'
    const ha1 = { ha1Md5: 'x', ha1Sha256: 'y' }
    await store.devices.insert({ ...made, ...ha1, id: id as DeviceId, username: 't', name: 't' })
    const service_id = renderDeviceId(id as DeviceId)
    expect(await send({ ...tts, service_type: 'Device', service_id })).toMatchObject({
      status: 404,
    })
  })

  test.each([
    ['invalid_audio', 400],
    ['url_not_allowed', 400],
    ['url_unreachable', 400],
  ] as const)('a sound file: %s', async (code, status) => {
    lab.calls.ports.web.prompt = async () => {
      throw new Failure(code, 'no WAV')
    }
    const answer = await send({ ...tts, service_type: 'SoundFile', service_id: 'x' })
    expect(answer).toMatchObject({ status, body: { code, field: 'service_id' } })
    expect(lab.calls.commands).toEqual([])
  })

  test('a text that can not be spoken', async () => {
    lab.calls.ports.speech.check = () => {
      throw new Failure('invalid_request', 'malformed', 'text')
    }
    const answer = await send({ ...tts, service_id: '<speak>' })
    expect(answer).toMatchObject({ status: 400, body: { field: 'service_id' } })
    expect(lab.calls.commands).toEqual([])
  })

  test('no way to the number', async () => {
    for (const trunk of await lab.calls.store.trunks.list()) {
      await lab.calls.store.trunks.remove(trunk.id)
    }
    expect(await send(tts)).toMatchObject({ status: 422, body: { code: 'no_route', field: 'to' } })
    const forward = { ...tts, service_type: 'Phonenumber', service_id: '3215551111' }
    expect(await send(forward)).toMatchObject({
      status: 422,
      body: { code: 'no_route', field: 'service_id' },
    })
  })

  test('form fields that are there twice', async () => {
    const answer = await send(`${new URLSearchParams(tts)}&to=5005550141`, { 'content-type': form })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'to' } })
  })

  test.each([
    ['no body', undefined, {}],
    ['an empty form', '', { 'content-type': form }],
    ['XML', '<call/>', { 'content-type': 'text/xml' }],
    ['half a JSON', '{"to":', { 'content-type': 'application/json' }],
    ['a list', [tts], {}],
  ])('%s', async (_, body, headers) => {
    const answer = await send(body, headers)
    expect([400, 415]).toContain(answer.status)
    expect(answer.body).toMatchObject({ statusCode: answer.status, code: expect.any(String) })
    expect(lab.calls.commands).toEqual([])
  })
})
