/** What the provider of speech is handed when the owner of a box that is not English listens by phone. */

import { expect, test } from 'vitest'
import { english, phrasesOf } from '../../../../engine/app/phrases/index.ts'
import type { SpeechRequest } from '../../../../engine/core/ports/speech.ts'
import { plainBox } from '../../../../engine/core/ports/voicemail.ts'
import {
  box,
  dial,
  lab,
  pin,
  press,
  settled,
  untilHeard,
  useOwnerLab,
  walk,
  withBox,
} from './owner-lab.ts'

useOwnerLab()

function spoken(): SpeechRequest[] {
  const requests: SpeechRequest[] = []
  const { synthesise } = lab.ports.speech
  Object.assign(lab.ports.speech, {
    synthesise: (request: SpeechRequest) => {
      requests.push(request)
      return synthesise(request)
    },
  })
  return requests
}

const inGerman = { options: { ...plainBox, name: 'box', language: 'de-AT' } }

test('a German box speaks German alone, by a German voice', async () => {
  await withBox(2, inGerman)
  const requests = spoken()
  const id = await dial('*97')
  await untilHeard(id, /Ihre PIN/)
  await press(id, '9999#')
  await untilHeard(id, /nicht richtig/)
  await press(id, `${pin}#`)
  await untilHeard(id, /^Sie haben 2 neue Nachrichten und keine gespeicherten Nachrichten/)
  await walk(id, [
    ['1', /Nachricht 1 von 2, von .*telephone.*61412345678.*, am .*, dem ersten Januar, um/],
    ['end', /^message 0/],
    ['end', /noch einmal zu hören/],
    ['7', /^Gelöscht/],
    ['7', /nicht mehr gelöscht/],
    ['end', /noch einmal zu hören/],
    ['9', /^Gespeichert/],
    ['end', /Nachricht 2 von 2/],
    ['8', /zurückzurufen/],
    ['*', /noch einmal zu hören/],
    ['6', /keine weiteren/],
    ['end', /^Sie haben eine neue Nachricht und eine gespeicherte Nachricht/],
    ['0', /^Für die Begrüßung/],
    ['1', /^Um sie aufzunehmen/],
    ['2', /übliche Begrüßung/],
    ['end', /^Um sie aufzunehmen/],
    ['*', /^Für die Begrüßung/],
    ['4', /neue PIN/],
    ['1234#', /noch einmal/],
    ['1234#', /kann keine PIN sein/],
    ['end', /^Für die Begrüßung/],
    ['#', /^Auf Wiederhören/],
  ])
  expect(new Set(requests.map(({ voice }) => voice))).toEqual(new Set(['de-AT']))
  const inEnglish = Object.values(english.owner).filter((text) => typeof text === 'string')
  const said = requests.map(({ text }) => text).join(' ')
  for (const text of inEnglish) expect(said).not.toContain(text)
})

test('a name with a sign of SSML in it is spoken as it is', async () => {
  await withBox(1, { ...inGerman, from: 'Ann & Bob' })
  const requests = spoken()
  const id = await dial('*97')
  await untilHeard(id, /Ihre PIN/)
  await press(id, `${pin}#`)
  await untilHeard(id, /^Sie haben/)
  await press(id, '1')
  await untilHeard(id, /Nachricht 1 von 1, von Ann &amp; Bob, am/)
  const told = requests.filter(({ text }) => text.includes('Ann'))
  expect(told).toMatchObject([
    { markup: 'ssml', text: expect.stringMatching(/^<speak>.*<.speak>$/) },
  ])
})

test('at *98 nobody learns by a language whether there is a box', async () => {
  await withBox(0, inGerman)
  const { options: french } = { options: { ...plainBox, name: 'other', language: 'fr' } }
  const other = await lab.addDevice('other', true)
  await lab.store.voicemailBoxes.insert({
    ...{ ...box, id: 'VM0000000007' as typeof box.id, options: french, devices: [other] },
  })
  const asks = phrasesOf('fr')?.owner.askPin ?? 'no French'
  for (const digits of [box.id.slice(2), '0000000000']) {
    const requests = spoken()
    const id = await dial('*98', 'other', other)
    await untilHeard(id, /dix chiffres/)
    await press(id, `${digits}#`)
    await untilHeard(id, /votre code/)
    await press(id, '9999#')
    await untilHeard(id, /pas correct/)
    expect(requests.map(({ text }) => text)).toContain(asks)
    expect(new Set(requests.map(({ voice }) => voice))).toEqual(new Set(['fr']))
    await settled()
  }
  const id = await dial('*98', 'other', other)
  await untilHeard(id, /dix chiffres/)
  await press(id, `${box.id.slice(2)}#`)
  await untilHeard(id, /votre code/)
  await press(id, `${pin}#`)
  await untilHeard(id, /^Sie haben/)
})
