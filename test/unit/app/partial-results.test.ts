import { expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { GatherVerb } from '../../../engine/core/verbs.ts'
import { question, type Scene, scene, speaks, told, words } from './speech-scene.ts'

const partialUrl = 'https://app.example/part'
const wanted: GatherVerb = {
  ...question,
  partialCallback: partialUrl,
  partialCallbackMethod: 'GET',
}
const second = async ({ lab, says }: Scene) => {
  await says('speech', 50)
  await lab.clock.advance(1_000)
  await lab.settle()
}
const parts = ({ asked }: Scene) => asked.filter(({ url }) => url === partialUrl)
const fieldsOf = (one: Scene) =>
  parts(one).map(({ fields: { unstable_speech, stable_speech, stability, sequence_number } }) => [
    ...[sequence_number, unstable_speech, stable_speech, stability],
  ])

test('what is understood by now is told, when it is another than before', async () => {
  const one = await scene([wanted], {
    answers: ['', 'I want', 'I want', 'I want two', 'I wanted to'].map((text) => words(text)),
  })
  for (let n = 0; n < 5; n++) await second(one)
  expect(parts(one)[0]).toMatchObject({ method: 'GET', fields: { call_id: one.id } })
  expect(fieldsOf(one)).toEqual([
    [0, 'I want', '', 0],
    [1, 'I want two', 'I want', 0.67],
    [2, 'I wanted to', 'I', 0.33],
  ])
  // Each time all of it.
  expect(one.heardMs).toEqual([1_000, 2_000, 3_000, 4_000, 5_000])
  expect(await told(one, 'speech.recognised')).toEqual([])
})

test('nothing is told before he begins, nor when he is at his end', async () => {
  const one = await scene([wanted], { answers: [words('yes')] })
  await one.lab.clock.advance(3_000)
  expect(one.heardMs).toEqual([])
  await speaks(one)
  await one.lab.clock.advance(5_000)
  expect([parts(one), one.heardMs.length]).toEqual([[], 1])
  expect(one.asked[0]?.fields).toMatchObject({ speech: 'yes' })
})

test('what is under way when he is at his end is called off', async () => {
  const one = await scene([wanted], { answers: ['never', words('all')] })
  await second(one)
  await one.says('silence', 50)
  expect(one.calledOff).toHaveLength(1)
  await one.lab.clock.advance(5_000)
  expect([parts(one), one.asked[0]?.fields['speech']]).toEqual([[], 'all'])
})

test('others who wait for the model go before, and a failure is none of the last', async () => {
  const one = await scene([wanted], {
    answers: ['never', new Failure('transcription_failed', 'killed'), words('on')],
  })
  const over = new AbortController()
  const { recogniser } = one.lab.ports
  const other = recogniser?.recognise({ rateHz: 8_000, samples: new Int16Array(8) }, over.signal)
  await second(one)
  expect(one.heardMs).toHaveLength(1)
  over.abort(new Error('gone'))
  await expect(other).rejects.toThrow('gone')
  await second(one)
  await second(one)
  expect(fieldsOf(one)).toEqual([[0, 'on', '', 0]])
})

test('no more is told of more than 20 s', async () => {
  const one = await scene([wanted], { answers: [words('long')] })
  await one.says('speech', 1_050)
  for (let n = 0; n < 3; n++) await second(one)
  expect(one.heardMs).toEqual([])
})

test('is a form with the names that users of TwiML know', async () => {
  const document =
    '<Response><Gather input="speech" action="/said" partialResultCallback="/part"/></Response>'
  const one = await scene([{ verb: 'redirect', url: 'https://app.example/first' }], {
    answers: [words('I want')],
    instructions: async ({ url }) => ({ url, type: 'text/xml', text: document }),
  })
  await second(one)
  expect(parts(one)).toMatchObject([
    {
      ...{ method: 'POST', format: 'form' },
      fields: {
        ...{ UnstableSpeechResult: 'I want', StableSpeechResult: '', Stability: 0 },
        ...{ SequenceNumber: 0, CallSid: one.id },
      },
    },
  ])
})
