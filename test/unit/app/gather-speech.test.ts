import { describe, expect, test } from 'vitest'
import { mostHeldBytes } from '../../../engine/app/speech/recogniser.ts'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { jsonAnswer, ownNumber } from '../../support/call-lab.ts'
import {
  type Answer,
  action,
  heard,
  question,
  type Scene,
  scene,
  speaks,
  told,
  words,
} from './speech-scene.ts'

describe('what is said', () => {
  test('goes to the action as `speech`, with how sure the model is', async () => {
    const one = await scene([question], { answers: [words('sales please', 0.87)] })
    await one.lab.finishPlay(one.id)
    await speaks(one)
    expect(one.asked).toMatchObject([{ url: action, fields: { speech: 'sales please' } }])
    expect(one.asked[0]?.fields).toMatchObject({ confidence: 0.87 })
    expect(one.asked[0]?.fields).not.toHaveProperty('digits')
    expect(heard(one)).toBe('next')
    expect(await told(one, 'speech.recognised')).toEqual([
      { speech: 'sales please', confidence: 0.87, spokenMs: 1_000 },
    ])
    // Of one second, the silence after it, and what was before it was noticed.
    expect(one.heardMs).toEqual([2_000])
    expect(one.isListening()).toBe(false)
  })

  test('without a confidence there is none', async () => {
    const one = await scene([question], { answers: [words('sales')] })
    await speaks(one)
    expect(one.asked[0]?.fields).not.toHaveProperty('confidence')
  })

  test('is understood in the language that is asked for', async () => {
    const document = { verb: 'gather', input: ['speech'], language: 'de-AT', url: action }
    const one = await scene(readVerbs([document]), { answers: [words('ja')] })
    await speaks(one)
    expect([one.languages, one.asked.length]).toEqual([['de-AT'], 1])
  })

  test('is a form with the names that users of TwiML know', async () => {
    const document = '<Response><Gather input="dtmf speech" action="/said"/></Response>'
    let asked = 0
    const one = await scene([{ verb: 'redirect', url: 'https://app.example/first' }], {
      answers: [words('two', 0.5)],
      instructions: async ({ url }) => {
        asked += 1
        if (asked > 1) return jsonAnswer([], url)
        return { url, type: 'text/xml', text: document }
      },
    })
    await one.says('speech', 50)
    // As long as `timeout` where it says nothing else: 5 s.
    await one.says('silence', 249)
    expect(one.asked).toHaveLength(1)
    await one.says('silence', 1)
    expect(one.asked[1]).toMatchObject({ format: 'form' })
    expect(one.asked[1]?.fields).toMatchObject({ SpeechResult: 'two', Confidence: 0.5 })
  })

  test('stops the prompt when it begins, and not at a click', async () => {
    const one = await scene([question], { answers: [words('stop')] })
    await one.says('speech', 2)
    await one.says('silence', 10)
    expect(heard(one)).toBe('question')
    await one.says('speech', 12)
    expect(heard(one)).toBeUndefined()
    await one.says('silence', 50)
    expect(heard(one)).toBe('next')
  })

  test('does not stop it without barge-in; nobody listens before its end', async () => {
    const one = await scene([{ ...question, bargeIn: false }], { answers: [words('after')] })
    expect(one.isListening()).toBe(false)
    await speaks(one)
    expect(heard(one)).toBe('question')
    await one.lab.finishPlay(one.id)
    await speaks(one)
    expect(one.asked[0]?.fields).toMatchObject({ speech: 'after' })
  })

  test('is heard to its end when it has begun within the timeout', async () => {
    const one = await scene([question], { answers: [words('late')] })
    await one.lab.finishPlay(one.id)
    await one.lab.clock.advance(3_900)
    await one.says('speech', 10)
    await one.lab.clock.advance(4_000)
    expect(one.isListening()).toBe(true)
    await speaks(one)
    expect(one.asked[0]?.fields).toMatchObject({ speech: 'late' })
  })

  test('ends after `speech_timeout`, and after `max_speech`', async () => {
    const limits = { speechTimeoutMs: 400, maxSpeechMs: 3_000 }
    const one = await scene([{ ...question, ...limits, attempts: 2 }], { answers: [words('')] })
    await one.says('speech', 20)
    await one.says('silence', 20)
    expect(one.heardMs).toEqual([800])
    await one.says('speech', 400)
    expect(one.heardMs).toEqual([800, 3_000])
  })

  test('is at its end where too much is held of all who speak, until there is room again', async () => {
    const one = await scene([{ ...question, attempts: 3 }], { answers: [words(''), words('')] })
    const { recogniser } = one.lab.ports
    recogniser?.hold(mostHeldBytes)
    await one.says('speech', 20)
    // What was before it was noticed, and the frame that it was noticed in.
    expect(one.heardMs).toEqual([expect.any(Number)])
    expect(one.heardMs[0]).toBeLessThan(500)
    recogniser?.hold(-mostHeldBytes)
    await speaks(one)
    expect(one.heardMs).toHaveLength(2)
    expect(one.heardMs[1]).toBeGreaterThan(1_900)
    // Nothing of it is held any more.
    expect([recogniser?.hold(mostHeldBytes), recogniser?.hold(1)]).toEqual([true, false])
  })

  test('that stops coming is at its end by the clock', async () => {
    const one = await scene([{ ...question, maxSpeechMs: 10_000 }], { answers: [words('cut')] })
    await one.says('speech', 20)
    await one.lab.clock.advance(15_999)
    expect(one.asked).toEqual([])
    await one.lab.clock.advance(1)
    expect(one.asked[0]?.fields).toMatchObject({ speech: 'cut' })
  })

  test('is listened to in the width that the phone has', async () => {
    const narrow = await scene([question])
    expect(narrow.options).toMatchObject([{ rateHz: 8_000, tracks: ['received'] }])
    const wide = await scene([{ verb: 'pause', durationMs: 1_000 }, question])
    Object.assign(wide.lab.ports.media, { agreedOn: () => ({ codec: 'opus' }) })
    await wide.lab.clock.advance(1_000)
    expect(wide.options).toMatchObject([{ rateHz: 16_000 }])
  })
})

describe('keys', () => {
  test('win when they come first, also while somebody speaks', async () => {
    const one = await scene([{ ...question, numDigits: 2 }])
    await one.says('speech', 20)
    one.lab.media.digit(one.id, '4', 100)
    await one.lab.settle()
    expect(one.isListening()).toBe(false)
    await one.says('silence', 100)
    one.lab.media.digit(one.id, '2', 100)
    await one.lab.settle()
    expect(one.asked[0]?.fields).toMatchObject({ digits: '42' })
    expect(one.asked[0]?.fields).not.toHaveProperty('speech')
    expect(one.heardMs).toEqual([])
  })

  test('that are pressed when all has been said are for whoever asks next', async () => {
    const next: Verb = { verb: 'gather', action: 'https://app.example/next' }
    const one = await scene([{ ...question, action: 'https://app.example/first' }], {
      answers: [words('yes')],
      instructions: async ({ url }) =>
        jsonAnswer(url.endsWith('first') ? [{ verb: 'gather', url: next.action }] : [], url),
    })
    // The prompt takes its time to stop.
    Object.assign(one.lab.ports.media, { stop: () => {} })
    await speaks(one)
    expect(one.heardMs).toHaveLength(0)
    one.lab.media.digit(one.id, '4', 100)
    await one.lab.finishPlay(one.id)
    expect(one.asked.map(({ fields }) => [fields['speech'], fields['digits']])).toEqual([
      ['yes', undefined],
      [undefined, '4'],
    ])
  })

  test('do not count where speech alone is asked for', async () => {
    const one = await scene([{ ...question, input: ['speech'] }], { answers: [words('yes')] })
    one.lab.media.digit(one.id, '4', 100)
    await one.lab.settle()
    expect(heard(one)).toBe('question')
    await speaks(one)
    expect(one.asked[0]?.fields).toMatchObject({ speech: 'yes' })
  })

  test('alone are asked for by default: nobody listens', async () => {
    const one = await scene([{ verb: 'gather', action }], { hasModel: false })
    expect(one.options).toEqual([])
  })

  test('still count when the audio is gone', async () => {
    const one = await scene([{ verb: 'pause', durationMs: 1_000 }, question])
    const gone = () => Promise.reject(new Failure('call_ended', 'no audio'))
    Object.assign(one.lab.ports.media, { openStream: gone })
    await one.lab.clock.advance(1_000)
    one.lab.media.digit(one.id, '4', 100)
    await one.lab.settle()
    expect(one.asked[0]?.fields).toMatchObject({ digits: '4' })
  })
})

describe('nothing comes of it', () => {
  test.each<[string, (one: Scene) => Promise<void>, Answer[]]>([
    ['nobody says anything', ({ lab }) => lab.clock.advance(4_000), []],
    ['what was said has no words', speaks, [words('')]],
    ['the transcriber fails', speaks, [new Failure('transcription_failed', 'killed')]],
    ['the transcriber crashes', speaks, [new TypeError('a bug')]],
  ])('%s: asked once more, then the list goes on', async (_what, happens, answers) => {
    const then: Verb = { verb: 'say', text: 'then' }
    const one = await scene([{ ...question, attempts: 2 }, then], {
      answers: [...answers, ...answers],
    })
    await one.lab.finishPlay(one.id)
    await happens(one)
    expect(heard(one)).toBe('question')
    await one.lab.finishPlay(one.id)
    await happens(one)
    expect(heard(one)).toBe('then')
    expect(one.asked).toEqual([])
    expect(one.isListening()).toBe(false)
  })

  test('the action is asked where it wants that', async () => {
    const one = await scene([{ ...question, actionOnEmpty: true }], { answers: [words('')] })
    await speaks(one)
    expect(one.asked[0]?.fields).toMatchObject({ digits: '' })
  })

  test('a failure is told', async () => {
    const failure = new Failure('transcription_failed', 'killed')
    const one = await scene([question], { answers: [failure] })
    await speaks(one)
    expect(await told(one, 'speech.not-recognised')).toEqual([
      { code: 'transcription_failed', error: 'killed', spokenMs: 1_000 },
    ])
  })

  test('a transcriber that hangs is waited for 30 s', async () => {
    const one = await scene([question, { verb: 'say', text: 'then' }], { answers: ['never'] })
    await speaks(one)
    await one.lab.clock.advance(29_999)
    expect(heard(one)).toBeUndefined()
    await one.lab.clock.advance(1)
    expect(heard(one)).toBe('then')
    expect(await told(one, 'speech.not-recognised')).toMatchObject([
      { error: 'not recognised in 30 s' },
    ])
    expect(one.calledOff).toHaveLength(1)
  })
})

test('a prompt that fails leaves nobody listening', async () => {
  const one = await scene([{ verb: 'pause', durationMs: 1_000 }, question])
  Object.assign(one.lab.ports.media, { play: () => Promise.reject(new Error('broken')) })
  await one.lab.clock.advance(1_000)
  expect(one.options).toHaveLength(1)
  expect(one.isListening()).toBe(false)
})

describe('the call ends', () => {
  test('while somebody speaks: nothing is listened to or transcribed', async () => {
    const one = await scene([question])
    await one.says('speech', 20)
    one.lab.sip.remoteHangup(one.id, 'BYE')
    await one.lab.settle()
    expect(one.isListening()).toBe(false)
    await one.lab.clock.advance(120_000)
    expect([one.heardMs, one.asked]).toEqual([[], []])
  })

  test('while it is transcribed: that is called off', async () => {
    const one = await scene([question], { answers: ['never'] })
    await speaks(one)
    expect(one.calledOff).toEqual([])
    one.lab.sip.remoteHangup(one.id, 'BYE')
    await one.lab.settle()
    expect(one.calledOff).toHaveLength(1)
    expect(await told(one, 'speech.not-recognised')).toEqual([])
    expect(one.asked).toEqual([])
  })
})

describe('without a model', () => {
  const setting = 'RINGDOWN_TRANSCRIBE_MODEL_DIR'

  test('a call whose verbs ask for speech is refused, with the setting that it needs', async () => {
    const { lab } = await scene([])
    Object.assign(lab.ports, { recogniser: undefined })
    const branch: Verb = { verb: 'gather', branches: { '1': [question] } }
    for (const verbs of [[question], [branch]]) {
      const request = { to: '+61498765432', from: ownNumber, verbs }
      await expect(lab.centre.placeCall(lab.account, request)).rejects.toMatchObject({
        code: 'transcription_failed',
        message: expect.stringContaining(setting),
      })
    }
  })

  test('and with one that can not be used, with the reason', async () => {
    await expect(scene([question], { missing: 'no tokens.txt' })).rejects.toMatchObject({
      message: 'gather: no tokens.txt',
    })
  })

  test('the answer of an application that asks for it is refused; the fallback has a say', async () => {
    const one = await scene([{ verb: 'redirect', url: 'https://app.example/first' }], {
      hasModel: false,
      instructions: async ({ url }) => jsonAnswer([{ verb: 'gather', input: ['speech'] }], url),
    })
    expect(await told(one, 'instructions.failed')).toMatchObject([
      { code: 'transcription_failed', error: expect.stringContaining(setting), next: null },
    ])
  })

  test('one that was stored with a model fails the call', async () => {
    const one = await scene([{ verb: 'pause', durationMs: 1_000 }, question])
    Object.assign(one.lab.ports, { recogniser: undefined })
    await one.lab.clock.advance(1_000)
    expect(await told(one, 'program.failed')).toMatchObject([
      { error: expect.stringContaining(setting) },
    ])
  })

  test('TwiML is told of it, and its keys count', async () => {
    let asked = 0
    const one = await scene([{ verb: 'redirect', url: 'https://app.example/first' }], {
      hasModel: false,
      instructions: async ({ url }) => {
        asked += 1
        if (asked > 1) return jsonAnswer([], url)
        const text = '<Response><Gather input="dtmf speech" numDigits="1"/></Response>'
        return { url, type: 'text/xml', text }
      },
    })
    expect(await told(one, 'instructions.warning')).toMatchObject([
      { warnings: [expect.stringContaining(setting)] },
    ])
    one.lab.media.digit(one.id, '4', 100)
    await one.lab.settle()
    expect(one.asked[1]?.fields).toMatchObject({ Digits: '4' })
  })
})

test('in a document it is said in seconds', () => {
  const document = { verb: 'gather', input: ['speech'], speech_timeout: 0.5, max_speech: 10 }
  expect(readVerbs([document])).toEqual([
    { verb: 'gather', input: ['speech'], speechTimeoutMs: 500, maxSpeechMs: 10_000 },
  ])
  for (const wrong of [
    { input: [] },
    { input: ['dtmf'] },
    { max_speech: 61 },
    { speech_timeout: 0 },
  ])
    expect(() => readVerbs([{ verb: 'gather', ...wrong }])).toThrow(/verbs\/0\//)
})
