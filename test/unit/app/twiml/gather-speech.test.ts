import { describe, expect, test } from 'vitest'
import { readTwiml } from '../../../../engine/app/twiml/index.ts'

const url = 'https://app.example/voice'
const read = (attributes: string, deafBecause?: string) =>
  readTwiml(`<Response><Gather ${attributes}/></Response>`, {
    ...{ url, hasVoice: () => true, deafBecause },
    hearsLanguage: (language) => language === 'de-AT',
  })

describe('Gather with speech', () => {
  test.each([
    ['input="speech"', { input: ['speech'], keys: '', finishOnKey: '', speechTimeoutMs: 5_000 }],
    ['input="dtmf speech"', { input: ['digits', 'speech'], speechTimeoutMs: 5_000 }],
    ['input="SPEECH dtmf" timeout="3"', { timeoutMs: 3_000, speechTimeoutMs: 3_000 }],
    ['input="speech" language="de-AT"', { language: 'de-AT' }],
    [
      'input="speech" partialResultCallback="/part" partialResultCallbackMethod="GET"',
      { partialCallback: 'https://app.example/part', partialCallbackMethod: 'GET' },
    ],
    ['input="speech" timeout="0"', { timeoutMs: 0, speechTimeoutMs: 1_000 }],
    ['input="speech" timeout="90"', { timeoutMs: 90_000, speechTimeoutMs: 30_000 }],
    [
      'input="speech" speechTimeout="2" maxSpeechTime="20"',
      {
        ...{ speechTimeoutMs: 2_000, maxSpeechMs: 20_000 },
      },
    ],
  ])('%s', (attributes, verb) => {
    const { verbs, warnings } = read(attributes)
    expect(verbs).toMatchObject([verb])
    expect(warnings).toEqual([])
  })

  test('auto is as our own verb has it', () => {
    const { verbs, warnings } = read('input="speech" speechTimeout="auto"')
    expect(verbs[0]).not.toHaveProperty('speechTimeoutMs')
    expect(warnings).toEqual([])
  })

  test.each([
    ['speechTimeout="soon"', 'speechTimeout must be 1 to 30'],
    ['maxSpeechTime="90"', 'maxSpeechTime must be 1 to 60'],
    ['language="fr-FR"', 'there is no model of fr-FR by itself, the usual one listens'],
    ['hints="sales"', 'attribute hints has no effect here'],
  ])('%s is told', (attribute, warning) => {
    const { warnings } = read(`input="dtmf speech" ${attribute}`)
    expect(warnings).toEqual([expect.stringContaining(warning)])
  })

  test('no other language is asked for than there is', () => {
    expect(read('input="speech" language="fr-FR"').verbs[0]).not.toHaveProperty('language')
  })

  test('keys alone ask for no speech', () => {
    expect(read('language="fr-FR"').warnings).toEqual([])
    expect(read('').verbs[0]).not.toHaveProperty('input')
    expect(read('input="dtmf"', 'no model').warnings).toEqual([])
  })
})

describe('where nothing recognises it', () => {
  test('keys still count', () => {
    const { verbs, warnings } = read('input="dtmf speech" numDigits="1"', 'no model')
    expect(verbs[0]).not.toHaveProperty('input')
    expect(verbs).toMatchObject([{ numDigits: 1, finishOnKey: '#' }])
    expect(warnings).toEqual([expect.stringContaining('input speech is left out: no model')])
  })

  test('speech alone is waited for in vain', () => {
    const { verbs } = read('input="speech" timeout="2"', 'no model')
    expect(verbs[0]).not.toHaveProperty('input')
    expect(verbs).toMatchObject([{ keys: '', finishOnKey: '', timeoutMs: 2_000 }])
  })
})
