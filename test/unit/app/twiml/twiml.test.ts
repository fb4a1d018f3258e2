import { describe, expect, test } from 'vitest'
import type { DialVerb } from '../../../../engine/core/verbs.ts'
import { made, read, url, type VoiceResponse } from './read.ts'

describe('documents of the usual library', () => {
  const cases: readonly [string, (response: VoiceResponse) => unknown, readonly object[]][] = [
    ['Say', (r) => r.say('Hello & goodbye'), [{ verb: 'say', text: 'Hello & goodbye' }]],
    [
      'Say in a language',
      (r) => r.say({ voice: 'Polly.Amy', language: 'en-GB', loop: 2 }, 'Hello'),
      [{ verb: 'say', text: 'Hello', voice: 'en-gb', loop: 2 }],
    ],
    [
      'Say whose voice tells the language',
      (r) => r.say({ voice: 'Google.en-US-Standard-C' }, 'Hello'),
      [{ verb: 'say', text: 'Hello', voice: 'en-us' }],
    ],
    ['Say without end', (r) => r.say({ loop: 0 }, 'x'), [{ verb: 'say', text: 'x', loop: 1000 }]],
    [
      'Say with SSML',
      (r) => {
        const say = r.say('One ')
        say.break({ strength: 'strong' })
        say.prosody({ rate: 'slow' }, 'a < b')
      },
      [
        {
          verb: 'say',
          markup: 'ssml',
          text: '<speak>One <break strength="strong"></break><prosody rate="slow">a &lt; b</prosody></speak>',
        },
      ],
    ],
    [
      'Play',
      (r) => r.play({ loop: 3 }, '/sounds/a.wav'),
      [{ verb: 'play', url: 'https://app.example/sounds/a.wav', loop: 3, onFailure: 'next' }],
    ],
    ['Play of keys', (r) => r.play({ digits: 'ww12#' }), [{ verb: 'sendDigits', digits: 'ww12#' }]],
    ['Pause', (r) => r.pause({ length: 3 }), [{ verb: 'pause', durationMs: 3000 }]],
    ['Pause as it is', (r) => r.pause(), [{ verb: 'pause', durationMs: 1000 }]],
    [
      'Gather',
      (r) => {
        const gather = r.gather({
          ...{ input: ['dtmf'], numDigits: 4, timeout: 7, finishOnKey: '*' },
          ...{ action: 'digits', method: 'GET', actionOnEmptyResult: true },
        })
        gather.say('Your code')
        gather.pause({ length: 2 })
        gather.play('beep.wav')
      },
      [
        {
          verb: 'gather',
          prompts: [
            { verb: 'say', text: 'Your code' },
            { verb: 'pause', durationMs: 2000 },
            { verb: 'play', url: 'https://app.example/flows/beep.wav', onFailure: 'next' },
          ],
          ...{ numDigits: 4, finishOnKey: '*', timeoutMs: 7000, actionOnEmpty: true },
          ...{ action: 'https://app.example/flows/digits', method: 'GET' },
        },
      ],
    ],
    [
      'Gather as it is: the document itself is asked',
      (r) => r.gather(),
      [{ verb: 'gather', numDigits: 128, finishOnKey: '#', action: url }],
    ],
    [
      'Dial of a number',
      (r) => r.dial({ callerId: '+15005550100' }, '+1 (500) 555-0140'),
      [
        {
          ...{ verb: 'dial', from: '+15005550100', answerOnBridge: false, onFailure: 'next' },
          targets: [{ to: '+15005550140' }],
        },
      ],
    ],
    [
      'Dial with all that it can',
      (r) => {
        const dial = r.dial({
          ...{ timeout: 20, timeLimit: 60, hangupOnStar: true, record: 'record-from-answer-dual' },
          ...{ answerOnBridge: true, action: 'https://other.example/after', method: 'POST' },
          ...{ sequential: true, ringTone: 'de', recordingStatusCallback: 'rec' },
          recordingStatusCallbackEvent: ['in-progress', 'completed', 'absent'],
        })
        dial.number(
          {
            ...{ sendDigits: 'wwww1928', url: 'whisper', statusCallback: '/s' },
            ...{ statusCallbackEvent: ['initiated', 'answered'], statusCallbackMethod: 'GET' },
            ...{ machineDetection: 'DetectMessageEnd', machineDetectionTimeout: 20 },
            ...{ machineDetectionSpeechThreshold: 2000, amdStatusCallback: '/amd' },
          },
          '+15005550141',
        )
        dial.sip('sip:kate@pbx.example;transport=tcp?X-Room=a%20b&User-to-User=c')
        const client = dial.client({ method: 'GET', url: 'w' }, '')
        client.identity('1001')
        client.parameter({ name: 'Order', value: '7' })
      },
      [
        {
          ...{ verb: 'dial', timeoutMs: 20_000, timeLimitMs: 60_000, hangupOnStar: true },
          ...{ record: true, answerOnBridge: true, onFailure: 'next' },
          ...{ action: 'https://other.example/after', method: 'POST' },
          ...{ sequential: true, ringTone: 'de' },
          recording: {
            callback: {
              ...{ url: 'https://app.example/flows/rec', method: 'POST' },
              news: ['in-progress', 'completed', 'absent'],
            },
          },
          targets: [
            {
              ...{ to: '+15005550141', sendDigits: 'wwww1928' },
              url: 'https://app.example/flows/whisper',
              callbacks: [
                {
                  ...{ tells: 'status', url: 'https://app.example/s', method: 'GET' },
                  events: ['call.queued', 'call.in-progress'],
                },
                {
                  ...{ tells: 'answerer', url: 'https://app.example/amd', method: 'POST' },
                  events: ['call.answered-by'],
                },
              ],
              machineDetection: {
                ...{ until: 'messageEnd', isAsync: true },
                ...{ timeoutMs: 20_000, speechThresholdMs: 2_000 },
              },
            },
            {
              to: 'sip:kate@pbx.example;transport=tcp',
              headers: { 'X-Room': 'a b', 'User-to-User': 'c' },
            },
            {
              ...{ to: '1001', headers: { 'X-Order': '7' } },
              ...{ url: 'https://app.example/flows/w', method: 'GET' },
            },
          ],
        },
      ],
    ],
    [
      'Dial of a conference, whose host starts and ends it',
      (r) =>
        r.dial({ action: '/over' }).conference(
          {
            ...{ startConferenceOnEnter: true, endConferenceOnExit: true, beep: 'onEnter' },
            ...{ maxParticipants: 5, waitUrl: '/music.wav', record: 'record-from-start' },
            ...{ participantLabel: 'host', statusCallback: '/told' },
            ...{ statusCallbackEvent: ['join', 'mute'], statusCallbackMethod: 'GET' },
            ...{ recordingStatusCallback: '/recorded' },
          },
          'Room 7',
        ),
      [
        {
          verb: 'conference',
          name: 'Room 7',
          room: {
            ...{ digitMenu: false, startOnModerator: false, entrySound: 'tone', exitSound: 'none' },
            ...{ record: true, trimRecordings: true, maxParticipants: 5 },
            waitMusic: 'https://app.example/music.wav',
          },
          endOnExit: true,
          callbacks: [
            {
              ...{ tells: 'conference', url: 'https://app.example/told', method: 'GET' },
              events: ['participant.joined', 'participant.muted', 'participant.unmuted'],
            },
            {
              ...{ tells: 'recording', url: 'https://app.example/recorded', method: 'POST' },
              events: ['conference.recording-completed'],
            },
          ],
          options: { muted: false, moderator: true, label: 'host' },
          action: 'https://app.example/over',
        },
      ],
    ],
    [
      'Dial of a conference as a guest',
      (r) =>
        r
          .dial()
          .conference(
            { startConferenceOnEnter: false, muted: true, beep: 'false', waitUrl: '' },
            'Room 7',
          ),
      [
        {
          verb: 'conference',
          name: 'Room 7',
          room: {
            ...{ digitMenu: false, startOnModerator: true, entrySound: 'none', exitSound: 'none' },
            waitMusic: '',
          },
          options: { muted: true, moderator: false },
        },
      ],
    ],
    [
      'Dial of a queue',
      (r) => r.dial({ timeout: 30 }).queue('support'),
      [
        {
          ...{ verb: 'dial', timeoutMs: 30_000, answerOnBridge: false, onFailure: 'next' },
          queue: 'support',
        },
      ],
    ],
    [
      'Record',
      (r) =>
        r.record({
          ...{ maxLength: 30, timeout: 3, finishOnKey: '#', playBeep: false },
          ...{ trim: 'do-not-trim', action: '/said', method: 'GET' },
          ...{ recordingStatusCallback: '/kept', recordingStatusCallbackMethod: 'GET' },
          recordingStatusCallbackEvent: ['completed', 'absent'],
        }),
      [
        {
          ...{ verb: 'recordMessage', maxLengthMs: 30_000, silenceMs: 3000, finishOnKeys: '#' },
          ...{ beep: false, trim: false, action: 'https://app.example/said', method: 'GET' },
          callback: {
            ...{ url: 'https://app.example/kept', method: 'GET' },
            news: ['completed', 'absent'],
          },
        },
      ],
    ],
    [
      'Record as it is',
      (r) => r.record(),
      [
        {
          ...{ verb: 'recordMessage', maxLengthMs: 3_600_000, silenceMs: 5000 },
          ...{ finishOnKeys: '1234567890*#', beep: true, trim: true, action: url },
        },
      ],
    ],
    [
      'Redirect',
      (r) => r.redirect({ method: 'GET' }, '../next?a=1'),
      [{ verb: 'redirect', url: 'https://app.example/next?a=1', method: 'GET' }],
    ],
    ['Reject', (r) => r.reject(), [{ verb: 'reject', sipStatus: 603 }]],
    ['Reject as busy', (r) => r.reject({ reason: 'busy' }), [{ verb: 'reject', sipStatus: 486 }]],
    ['Hangup', (r) => r.hangup(), [{ verb: 'hangup' }]],
    [
      'Enqueue',
      (r) => r.enqueue({ waitUrl: 'wait', waitUrlMethod: 'GET', action: 'done' }, 'support'),
      [
        {
          ...{ verb: 'enqueue', queue: 'support', waitUrl: 'https://app.example/flows/wait' },
          ...{ waitMethod: 'GET', action: 'https://app.example/flows/done' },
        },
      ],
    ],
    ['Leave', (r) => r.leave(), [{ verb: 'leave' }]],
    [
      'Refer',
      (r) => r.refer({ action: '/referred' }).sip('sip:alice@pbx.example'),
      [
        {
          ...{ verb: 'refer', to: 'sip:alice@pbx.example' },
          action: 'https://app.example/referred',
        },
      ],
    ],
    [
      'Connect of a Stream',
      (r) => {
        const stream = r.connect({ action: '/over' }).stream({
          ...{ url: 'wss://bot.example/audio', name: 'bot', statusCallback: '/told' },
          statusCallbackMethod: 'GET',
        })
        stream.parameter({ name: 'caller', value: 'Kate' })
        stream.parameter({ name: 'lang', value: 'en' })
      },
      [
        {
          ...{ verb: 'stream', mode: 'connect', protocol: 'twiml', name: 'bot' },
          ...{ url: 'wss://bot.example/audio', tracks: 'received' },
          parameters: { caller: 'Kate', lang: 'en' },
          ...{ statusCallback: 'https://app.example/told', statusCallbackMethod: 'GET' },
          action: 'https://app.example/over',
        },
      ],
    ],
    [
      'Start and Stop of a Stream',
      (r) => {
        r.start().stream({ name: 'ear', url: '/audio', track: 'both_tracks' })
        r.stop().stream({ name: 'ear' })
      },
      [
        {
          ...{ verb: 'stream', mode: 'start', protocol: 'twiml', name: 'ear', tracks: 'both' },
          url: 'wss://app.example/audio',
        },
        { verb: 'stopStream', name: 'ear' },
      ],
    ],
    ['nothing', () => undefined, []],
  ]
  test.each(cases)('%s', (_what, build, verbs) => {
    expect(made(build)).toEqual(verbs)
  })

  test('several verbs, in order', () => {
    const verbs = made((r) => {
      r.say('a')
      r.pause()
      r.hangup()
    })
    expect(verbs.map(({ verb }) => verb)).toEqual(['say', 'pause', 'hangup'])
  })
})

describe('what is passed over, and told', () => {
  test.each([
    [
      '<Connect><Stream url="ws://x" track="both_tracks"/></Connect>',
      'Connect has the inbound_track alone',
    ],
    ['<Start><Stream url="ws://x" track="all"/></Start>', 'track is not known'],
    [
      '<Start><Stream url="ws://x"><Parameter value="1"/></Stream></Start>',
      'Parameter: has no name',
    ],
    ['<Say volume="9">x</Say>', 'line 1: Say: attribute volume is not known, left out'],
    ['<Say language="xx-XX">x</Say>', 'there is no voice for xx-xx'],
    ['<Say> </Say>', 'Say: is empty'],
    ['<Pause length="-3"/>', 'length must be 0 to 3600'],
    ['<Gather input="dtmf speech" language="de"/>', 'there is no model of de by itself'],
    ['<Gather finishOnKey="12"/>', 'finishOnKey must be one key'],
    ['<Gather><Dial>1</Dial></Gather>', 'Dial: has no effect in Gather'],
    ['<Dial ringTone="xx">+15005550140</Dial>', 'ringTone xx is not known'],
    ['<Dial passports="/r">+15005550140</Dial>', 'attribute passports has no effect here'],
    ['<Dial record="always">+15005550140</Dial>', 'record always is not known'],
    ['<Dial record="true" recordingTrack="all">1001</Dial>', 'recordingTrack must be both'],
    [
      '<Dial record="record-from-answer-dual" trim="trim-silence">1001</Dial>',
      'trim has no effect on two channels',
    ],
    [
      '<Dial><Number statusCallback="/s" statusCallbackEvent="ringing busy">1</Number></Dial>',
      'statusCallbackEvent has no busy',
    ],
    [
      '<Dial><Number machineDetection="maybe">1</Number></Dial>',
      'machineDetection must be Enable or DetectMessageEnd',
    ],
    [
      '<Dial><Number machineDetection="constructor">1</Number></Dial>',
      'machineDetection must be Enable or DetectMessageEnd',
    ],
    ['<Record playBeep="constructor"/>', 'playBeep must be true or false'],
    ['<Dial><Conference region="us1">a</Conference></Dial>', 'attribute region has no effect here'],
    [
      '<Dial><Conference trim="maybe">a</Conference></Dial>',
      'trim must be trim-silence or do-not-trim, left out',
    ],
    ['<Dial record="true" hangupOnStar="maybe">1001</Dial>', 'hangupOnStar must be true or false'],
    ['<Dial/>', 'has nobody to call'],
    ['<Dial><Sip>sip:a@b.example?Via=x</Sip></Dial>', 'header Via may not be set'],
    ['<Record transcribeCallback="/t"/>', 'transcribeCallback needs transcribe="true", left out'],
    ['<Redirect method="PUT">/x</Redirect>', 'method must be GET or POST'],
    ['hello', 'text between verbs is left out'],
  ])('%s', (body, warning) => {
    const { warnings } = read(`<Response>${body}</Response>`)
    expect(warnings).toEqual([expect.stringContaining(warning)])
  })

  test('not without end', () => {
    const body = '<Pause x="1"/>'.repeat(400)
    expect(read(`<Response>${body}</Response>`).warnings).toHaveLength(50)
  })
})

describe('what is refused, and where it is', () => {
  test.each([
    ['<Response><Say>x</Response>', 'line 1, column 27: unexpected close tag'],
    ['<Response>\n  <Say>a & b</Say>\n</Response>', 'line 2, column 10: an & stands alone'],
    ['<Response>\n<Sing>x</Sing></Response>', 'line 2, column 6: Sing is none of Say, Play'],
    ['<Response><say>x</say></Response>', 'say is none of'],
    ['<Response><Connect/></Response>', 'Connect needs a Stream'],
    ['<Response><Connect><Room>x</Room></Connect></Response>', 'takes one Stream and no Room'],
    ['<Response><Start><Stream/></Start></Response>', 'Stream needs a url'],
    ['<Response><Start><Stream url="ftp://x"/></Start></Response>', 'begins with wss: or ws:'],
    ['<Response><Stop><Stream/></Stop></Response>', 'Stream has no name'],
    ['<Response><constructor/></Response>', 'constructor is none of'],
    ['<VoiceResponse/>', 'the root is VoiceResponse, not Response'],
    ['<html><body>404</body></html>', 'the root is html'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><Response/>', 'document type'],
    ['<Response><Say>&x;</Say></Response>', 'undefined entity'],
    ['<Response><Dial><Sim>x</Sim></Dial></Response>', 'Dial can not call a Sim'],
    ['<Response><Dial><Queue/></Dial></Response>', 'Queue has no name'],
    ['<Response><Dial><Conference/></Dial></Response>', 'Conference needs a name'],
    ['<Response><Enqueue><Task>{}</Task></Enqueue></Response>', 'Enqueue needs the name'],
    ['<Response><Refer/></Response>', 'Refer needs a Sip'],
    ['<Response><Play>http://[</Play></Response>', 'Play: http://[ is no URL'],
    [`<Response>${'<Pause/>'.repeat(501)}</Response>`, 'more than 500 verbs'],
    [`<Response><Gather>${'<Pause/>'.repeat(2000)}</Gather></Response>`, 'more than 2000 elements'],
    [`${'<a>'.repeat(17)}`, 'nested deeper than 16'],
    [`<Response><Say>${'x'.repeat(262_144)}</Say></Response>`, 'longer than 262144 bytes'],
    [
      `<Response><Say ${Array.from({ length: 65 }, (_, i) => `a${i}="1"`).join(' ')}/></Response>`,
      'more than 64 attributes',
    ],
    [`<Response><Dial>${'<Number>1</Number>'.repeat(11)}</Dial></Response>`, 'more than 10'],
    ['', 'document must contain a root element'],
  ])('%.60s', (document, message) => {
    expect(() => read(document)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining(message),
      }),
    )
  })
})

test('a mark of the byte order, a declaration and comments are none of its business', () => {
  const document =
    '\uFEFF\n<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --><Response><Hangup/></Response>'
  expect(read(document).verbs).toEqual([{ verb: 'hangup' }])
})

test('CDATA is text', () => {
  const { verbs } = read('<Response><Say><![CDATA[a < b & c]]></Say></Response>')
  expect(verbs).toEqual([{ verb: 'say', text: 'a < b & c' }])
})

test.each([
  ['/w.mp3', { room: { waitMusic: 'https://app.example/w.mp3' } }],
  ['/w?x=1', { waitDocument: { url: 'https://app.example/w?x=1', method: 'GET' } }],
])('who waits in a conference hears %s', (waitUrl, expected) => {
  const [verb] = made((r) => r.dial().conference({ waitUrl, waitMethod: 'GET' }, 'a'))
  expect(verb).toMatchObject(expected)
})

test('what becomes of the recording of a conference may be asked for by its Dial', () => {
  const [verb] = made((r) =>
    r.dial({ record: 'record-from-answer', recordingStatusCallback: '/r' }).conference('a'),
  )
  expect(verb).toMatchObject({
    room: { record: true },
    callbacks: [{ tells: 'recording', url: 'https://app.example/r', method: 'POST' }],
  })
})

describe('how a Dial is recorded', () => {
  test.each([
    ['do-not-record', {}, { record: false }],
    ['true', {}, { record: true, recording: { channels: 1 } }],
    ['record-from-answer', {}, { record: true, recording: { channels: 1 } }],
    ['record-from-answer-dual', {}, { record: true }],
    ['record-from-ringing', {}, { record: true, recording: { from: 'ringing', channels: 1 } }],
    ['record-from-ringing-dual', {}, { record: true, recording: { from: 'ringing' } }],
    [
      'record-from-answer',
      { recordingTrack: 'inbound', trim: 'trim-silence' } as const,
      { record: true, recording: { channels: 1, track: 'inbound', trim: true } },
    ],
  ] as const)('%s %o', (record, more, expected) => {
    // The library's types leave out that `true` is still taken.
    const attributes = { record: record as 'record-from-answer', ...more }
    const [verb] = made((r) => r.dial(attributes, '1001'))
    const { record: isRecorded, recording } = verb as DialVerb
    expect({ record: isRecorded, ...(recording && { recording }) }).toEqual(expected)
  })
})
