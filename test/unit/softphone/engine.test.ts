import { describe, expect, test } from 'vitest'
import { createEngine } from '../../../softphone/app/api/engine.ts'
import { readCalls, readContacts, readVoicemails } from '../../../softphone/app/api/read.ts'
import { eventReader, type StreamEvent } from '../../../softphone/app/api/sse.ts'
import { EngineProblem, problemWords } from '../../../softphone/app/words/problem.ts'

const session = { token: 't', expiresAtMs: 0, username: 'front desk', displayName: '' }

/** An engine that answers once, and what it was asked. */
function engineOf(answer: Response | Error) {
  const asked: { path: string; init: RequestInit }[] = []
  const engine = createEngine(async (path, init = {}) => {
    asked.push({ path, init })
    if (answer instanceof Error) throw answer
    return answer
  })
  return { engine, asked }
}

const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers })
const header = ({ init }: { init: RequestInit }) => new Headers(init.headers).get('authorization')

describe('signing in', () => {
  test('sends name and password once, in the header that is made for them', async () => {
    const body = {
      token: 'x',
      expires_at: '2026-01-01T00:00:00Z',
      username: 'a',
      display_name: 'A',
    }
    const { engine, asked } = engineOf(json(body, 201))
    expect(await engine.signIn('käfer/1', 'päss:word')).toEqual({
      ...{ token: 'x', username: 'a', displayName: 'A', expiresAtMs: 1_767_225_600_000 },
    })
    expect(asked[0]?.path).toBe('/v1/voice/devices/k%C3%A4fer%2F1/tokens')
    const sent = header(asked[0]!)!.slice('Basic '.length)
    expect(Buffer.from(sent, 'base64').toString()).toBe('käfer/1:päss:word')
  })

  const tried = async (answer: Response | Error) => {
    const error: unknown = await engineOf(answer)
      .engine.signIn('1001', 'x')
      .catch((thrown: unknown) => thrown)
    return error instanceof EngineProblem ? problemWords(error) : undefined
  }

  test.each([
    ['a wrong password', json({}, 401), 'Wrong name or password'],
    ['no server', new TypeError('fetch failed'), 'The server can not be reached'],
    ['a server behind a proxy that is down', json({}, 502), 'The server can not be reached'],
    ['an answer that is none', json({ token: 5 }, 201), 'The server refused'],
  ])('%s is said', async (_, answer, title) => {
    expect((await tried(answer))?.title).toBe(title)
  })

  test('a lock says for how long', async () => {
    const words = await tried(json({}, 429, { 'retry-after': '300' }))
    expect(words).toEqual({
      title: 'Too many wrong passwords',
      detail: 'Wait 5 minutes, then try again.',
    })
  })
})

test('later requests show the token, and a token that is over is told apart', async () => {
  const { engine, asked } = engineOf(json({ error: { message: 'over' } }, 401))
  await expect(engine.calls(session)).rejects.toMatchObject({ kind: 'signed-out' })
  expect(asked[0]?.path).toBe('/v1/voice/devices/front%20desk/calls')
  expect(header(asked[0]!)).toBe('Bearer t')
})

test('a refusal says what the engine said', async () => {
  const { engine } = engineOf(json({ error: { message: 'The call is over' } }, 409))
  await expect(engine.takeover(session, '1')).rejects.toThrow('The call is over')
})

describe('what the engine says', () => {
  test('contacts and numbers', () => {
    const body = {
      contacts: [{ username: '1002', name: 'Shop', presence: 'busy' }, { username: '1003' }, 5],
      numbers: [{ kind: 'speed-dial', name: 'Taxi', dial: '+15005550130' }],
      test_number: '+15005550140',
    }
    expect(readContacts(body)).toEqual({
      contacts: [
        { username: '1002', name: 'Shop', presence: 'busy' },
        { username: '1003', name: '1003', presence: 'offline' },
        { username: '+15005550130', name: 'Taxi', presence: undefined },
      ],
      testNumber: '+15005550140',
    })
    expect(readContacts(null)).toEqual({ contacts: [], testNumber: null })
  })

  test('calls', () => {
    const rows = [
      { id: '1', direction: 'incoming', party: '1002', outcome: 'missed', duration: null },
      { id: '2', status: 'in-progress', outcome: null, sip_call_id: 'abc' },
      { id: '3', outcome: 'something new' },
    ]
    expect(
      readCalls({ calls: rows }).map(({ outcome, isUp, sipCallId }) => [outcome, isUp, sipCallId]),
    ).toEqual([
      ['missed', false, null],
      ['live', true, 'abc'],
      ['failed', false, null],
    ])
  })

  test('messages', () => {
    const row = { id: '1', from: '1002', received_at: '2026-01-01T00:00:00Z', duration: 14 }
    expect(readVoicemails({ voicemails: [{ ...row, heard: true, transcript: null }] })).toEqual([
      {
        ...{ id: '1', from: '1002', receivedAt: new Date('2026-01-01T00:00:00Z') },
        ...{ durationS: 14, isHeard: true, transcript: null, isTranscribing: false },
        ...{ fromName: undefined, folder: 'saved', isUrgent: false },
      },
    ])
  })
})

describe('the feed', () => {
  const eventsOf = (...pieces: string[]) => {
    const events: StreamEvent[] = []
    const read = eventReader((event) => events.push(event))
    for (const piece of pieces) read(piece)
    return events
  }

  test('events come whole, however the text was cut', () => {
    const text = ': hello\n\nevent: call\nid: 7\ndata: {"a":\ndata: 1}\n\ndata: x\r\n\r\n'
    const whole = [
      { name: 'call', id: '7', data: '{"a":\n1}' },
      { name: 'message', id: '7', data: 'x' },
    ]
    expect(eventsOf(text)).toEqual(whole)
    expect(eventsOf(...text)).toEqual(whole)
  })

  test('half an event is none yet', () => {
    expect(eventsOf('data: x\n')).toEqual([])
  })
})
