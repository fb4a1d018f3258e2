import { describe, expect, test } from 'vitest'
import type { ConferenceVerb } from '../../../../engine/core/verbs.ts'
import { made, read } from './read.ts'

const dial = { verb: 'dial', answerOnBridge: false, onFailure: 'next' }

describe('queues', () => {
  test('a document for the one who waits', () => {
    expect(made((r) => r.dial().queue({ url: '/before', method: 'GET' }, 'support'))).toEqual([
      { ...dial, queue: 'support', queueUrl: 'https://app.example/before', queueMethod: 'GET' },
    ])
  })

  test('a method alone means nothing', () => {
    const { verbs } = read('<Response><Dial><Queue method="GET">a</Queue></Dial></Response>')
    expect(verbs).toEqual([{ ...dial, queue: 'a' }])
  })

  test('that take so many', () => {
    expect(made((r) => r.enqueue({ maxQueueSize: 5 }, 'support'))).toEqual([
      { verb: 'enqueue', queue: 'support', maxSize: 5 },
    ])
  })
})

describe('credentials of a SIP address', () => {
  test('are those of that callee', () => {
    const sip = { username: 'us', password: 's3cret' }
    const verbs = made((r) => {
      const several = r.dial()
      several.sip(sip, 'sip:kate@pbx.example')
      several.sip('sip:joe@pbx.example')
    })
    expect(verbs).toEqual([
      { ...dial, targets: [{ to: 'sip:kate@pbx.example', ...sip }, { to: 'sip:joe@pbx.example' }] },
    ])
  })

  test.each(['username="us"', 'password="s3cret"', 'username="us" password="s3cret&#10;x"'])(
    'one alone or no plain text is none, and no warning has it: %s',
    (attributes) => {
      const { verbs, warnings } = read(
        `<Response><Dial><Sip ${attributes}>sip:kate@pbx.example</Sip></Dial></Response>`,
      )
      expect(verbs).toEqual([{ ...dial, targets: [{ to: 'sip:kate@pbx.example' }] }])
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).not.toContain('s3cret')
    },
  )
})

describe('the recording of a conference', () => {
  const roomOf = (dial: string, conference: string) => {
    const { verbs } = read(
      `<Response><Dial ${dial}><Conference ${conference}>a</Conference></Dial></Response>`,
    )
    return verbs[0] as ConferenceVerb
  }

  test.each([
    ['', 'record="record-from-start"', true],
    ['', 'record="record-from-start" trim="trim-silence"', true],
    ['', 'record="record-from-start" trim="do-not-trim"', undefined],
    ['', 'record="record-from-start" trim="false"', undefined],
    ['', 'record="do-not-record"', undefined],
    ['', 'trim="true"', true],
    ['record="record-from-answer"', '', undefined],
    ['record="record-from-answer" trim="trim-silence"', '', true],
    ['record="record-from-answer" trim="trim-silence"', 'trim="do-not-trim"', undefined],
    ['trim="trim-silence"', '', undefined],
  ])('Dial %s, Conference %s: trimmed: %s', (dialled, conference, isTrimmed) => {
    expect(roomOf(dialled, conference).room?.trimRecordings).toBe(isTrimmed)
  })

  test('is told at the older eventCallbackUrl, where there is no recordingStatusCallback', () => {
    const events = ['conference.recording-completed']
    const at = (url: string) => [{ tells: 'recording', url, method: 'POST', events }]
    const older = 'record="record-from-start" eventCallbackUrl="/old"'
    expect(roomOf('', older).callbacks).toEqual(at('https://app.example/old'))
    const both = `${older} recordingStatusCallback="/new"`
    expect(roomOf('', both).callbacks).toEqual(at('https://app.example/new'))
  })
})

test('where is asked what becomes of a REFER', () => {
  expect(made((r) => r.dial({ referUrl: '/refer', referMethod: 'GET' }, '+15005550101'))).toEqual([
    {
      ...{ ...dial, targets: [{ to: '+15005550101' }] },
      ...{ referUrl: 'https://app.example/refer', referMethod: 'GET' },
    },
  ])
})

test('whether the text of a message is wanted', () => {
  const wanted = (transcribe: boolean) => made((r) => r.record({ transcribe }))
  expect([wanted(true), wanted(false)]).toMatchObject([
    [{ verb: 'recordMessage', transcribe: true }],
    [{ verb: 'recordMessage', transcribe: false }],
  ])
})

test('who is told that text', () => {
  expect(made((r) => r.record({ transcribe: true, transcribeCallback: '/text' }))).toMatchObject([
    { transcriptTo: { url: 'https://app.example/text', format: 'form' } },
  ])
})
