/** What the engine says by itself, in each language, and by which voice. */

import { describe, expect, test } from 'vitest'
import { english, phraseLanguages, phrasesOf } from '../../../../engine/app/phrases/index.ts'
import type { Envelope, Phrases } from '../../../../engine/app/phrases/phrases.ts'
import { languageOf, tongueOf } from '../../../../engine/app/phrases/tongue.ts'
import { anonymous } from '../../../../engine/core/trunk-caller.ts'

const left: Envelope = {
  ...{ index: 1, count: 3, urgent: false, from: '+4930123' },
  ...{ receivedAtMs: +new Date(2026, 10, 1, 15, 5), durationMs: 61_000 },
}

function of(language: string): Phrases {
  const found = phrasesOf(language)
  if (!found) throw new Error(`no phrases in ${language}`)
  return found
}

/** All that takes no argument, by `group.name`. */
const textsOf = (group: string, words: object): [string, string][] =>
  Object.entries(words).flatMap(([name, text]) => {
    if (typeof text === 'string') return [[`${group}.${name}`, text]]
    return typeof text === 'object' && text !== null ? textsOf(`${group}.${name}`, text) : []
  })

const spokenOf = ({ mail: _, ...spoken }: Phrases) => textsOf('spoken', spoken)

/** All that takes one, with some that tell its forms apart. */
const formsOf = ({ conference, queue, call, mail }: Phrases): [string, string][] => [
  ...[1, 2, 250].map((n) => [`count ${n}`, conference.count(n)] as [string, string]),
  ...[1, 2, 17].map((n) => [`position ${n}`, queue.position(n)] as [string, string]),
  ...[1, 2, 60].map((n) => [`wait ${n}`, queue.wait(n)] as [string, string]),
  ...[1, 2, 60, 61, 122].map((n) => [`endsIn ${n}`, call.endsIn(n)] as [string, string]),
  ['newLead', call.newLead('Ann', 'Zillow')],
  ['newLead without a source', call.newLead('Ann', undefined)],
  ['subject', mail.subject('Ann', '1:12', false)],
  ['urgent subject', mail.subject('Ann', '1:12', true)],
]

/** Words that are the same in two languages. */
const alike: ReadonlySet<string> = new Set(['mail.colon', 'mail.urgent'])

describe.each(phraseLanguages.filter((one) => one !== 'en'))('%s', (language) => {
  test('each phrase is in its own words and offers the same keys as the English one', () => {
    const inEnglish = new Map(spokenOf(english))
    const phrases = spokenOf(of(language))
    expect(phrases.map(([name]) => name)).toEqual([...inEnglish.keys()])
    const keys = (text = '') => (text.match(/\d+/g) ?? []).join(' ')
    for (const [name, text] of phrases) {
      expect(text, name).not.toBe(inEnglish.get(name))
      expect(text.trim(), name).toMatch(/.\.$/)
      expect(`${name} ${keys(text)}`).toBe(`${name} ${keys(inEnglish.get(name))}`)
    }
  })

  test('each e-mail word is its own', () => {
    const inEnglish = new Map(textsOf('mail', english.mail))
    const words = textsOf('mail', of(language).mail)
    expect(words.map(([name]) => name)).toEqual([...inEnglish.keys()])
    for (const [name, text] of words) {
      expect(text.trim(), name).not.toBe('')
      if (!alike.has(name)) expect(text, name).not.toBe(inEnglish.get(name))
    }
  })

  test('each form is its own, and no other of the same', () => {
    const inEnglish = new Map(formsOf(english))
    const forms = formsOf(of(language))
    for (const [name, text] of forms) expect(text, name).not.toBe(inEnglish.get(name))
    expect(new Set(forms.map(([, text]) => text)).size).toBe(forms.length)
  })
})

test.each(phraseLanguages)('%s says nothing with marks of a document in it', (language) => {
  for (const [name, text] of [...spokenOf(of(language)), ...formsOf(of(language))]) {
    expect(text, name).not.toMatch(/[<>&]/)
  }
})

test.each([
  ['en', 'You are the only one in this conference.', 'There are 2 people in this conference.'],
  ['de', 'Außer Ihnen ist niemand in dieser Konferenz.', 'In dieser Konferenz sind 2 Personen.'],
  ['fr', 'Il n’y a que vous dans cette conférence.', 'Il y a 2 personnes dans cette conférence.'],
  ['es', 'No hay nadie más en esta conferencia.', 'Hay 2 personas en esta conferencia.'],
  ['it', 'C’è solo lei in questa conferenza.', 'Ci sono 2 persone in questa conferenza.'],
])('%s counts those in a conference', (language, one, two) => {
  const { count } = of(language).conference
  expect([count(0), count(1), count(2)]).toEqual([one, one, two])
})

test.each([
  ['en', 'You are next in the queue.', 'You are number 2 in the queue.'],
  ['de', 'Sie sind als Nächstes an der Reihe.', 'Sie sind auf Platz 2 der Warteschlange.'],
  [
    'fr',
    'Votre appel est le prochain dans la file d’attente.',
    'Votre appel est en position 2 dans la file d’attente.',
  ],
  ['es', 'Su llamada es la siguiente en la cola.', 'Su llamada está en la posición 2 de la cola.'],
  ['it', 'La sua chiamata è la prossima in coda.', 'La sua chiamata è in posizione 2 nella coda.'],
])('%s tells a place in a queue', (language, first, second) => {
  const { position } = of(language).queue
  expect([position(1), position(2)]).toEqual([first, second])
})

test.each([
  ['en', 'about 1 minute.', 'about 12 minutes.'],
  ['de', 'etwa eine Minute.', 'etwa 12 Minuten.'],
  ['fr', 'd’environ une minute.', 'd’environ 12 minutes.'],
  ['es', 'aproximadamente un minuto.', 'aproximadamente 12 minutos.'],
  ['it', 'circa un minuto.', 'circa 12 minuti.'],
])('%s tells how long a wait will be', (language, one, twelve) => {
  const { wait } = of(language).queue
  expect([wait(1).endsWith(one), wait(12).endsWith(twelve)]).toEqual([true, true])
})

test.each([
  ['en', ['1 second', '30 seconds', '1 minute', '2 minutes and 5 seconds']],
  ['de', ['einer Sekunde', '30 Sekunden', 'einer Minute', '2 Minuten und 5 Sekunden']],
  ['fr', ['une seconde', '30 secondes', 'une minute', '2 minutes et 5 secondes']],
  ['es', ['un segundo', '30 segundos', 'un minuto', '2 minutos y 5 segundos']],
  ['it', ['un secondo', '30 secondi', 'un minuto', '2 minuti e 5 secondi']],
])('%s tells when a call ends', (language, told) => {
  const { endsIn } = of(language).call
  const starts = endsIn(1).slice(0, -told[0]!.length - 1)
  expect([1, 30, 60, 125].map(endsIn)).toEqual(told.map((length) => `${starts}${length}.`))
})

test.each([
  [
    'en',
    'You have no new messages and 1 saved message.',
    'You have 1 new message and 5 saved messages.',
    'You have no new messages and no saved messages.',
  ],
  [
    'de',
    'Sie haben keine neuen Nachrichten und eine gespeicherte Nachricht.',
    'Sie haben eine neue Nachricht und 5 gespeicherte Nachrichten.',
    'Sie haben keine neuen Nachrichten und keine gespeicherten Nachrichten.',
  ],
  [
    'fr',
    'Vous n’avez aucun nouveau message, et vous avez un message sauvegardé.',
    'Vous avez un nouveau message et 5 messages sauvegardés.',
    'Vous n’avez aucun nouveau message ni message sauvegardé.',
  ],
  [
    'es',
    'No tiene ningún mensaje nuevo, y tiene un mensaje guardado.',
    'Tiene un mensaje nuevo y 5 mensajes guardados.',
    'No tiene ningún mensaje nuevo ni guardado.',
  ],
  [
    'it',
    'Non ha nuovi messaggi, e ha un messaggio salvato.',
    'Ha un nuovo messaggio e 5 messaggi salvati.',
    'Non ha nuovi messaggi né messaggi salvati.',
  ],
])('%s counts none, one and several', (language, none, one, neither) => {
  const { counts } = of(language).owner
  expect([counts(0, 1), counts(1, 5), counts(0, 0)]).toEqual([none, one, neither])
})

const number = '<say-as interpret-as="telephone">4930123</say-as>'
test.each([
  ['en', `Message 1 of 3, from ${number}, Sunday, November 1 at 3:05 PM, 1 minute and 1 second.`],
  [
    'de',
    `Nachricht 1 von 3, von ${number}, am Sonntag, dem ersten November, um 15 Uhr 5, eine Minute und eine Sekunde.`,
  ],
  [
    'fr',
    `Message 1 sur 3, de ${number}, le dimanche premier novembre à 15 heures 5, une minute et une seconde.`,
  ],
  [
    'es',
    `Mensaje 1 de 3, de ${number}, el domingo 1 de noviembre a las 15 y 5, un minuto y un segundo.`,
  ],
  [
    'it',
    `Messaggio 1 di 3, da ${number}, domenica primo novembre, alle 15 e 5, un minuto e un secondo.`,
  ],
])('%s tells who, when and how long', (language, told) => {
  expect(of(language).owner.envelope(left)).toBe(told)
})

const atHour = (hour: number, minute = 0) => +new Date(2026, 4, 21, hour, minute)
test.each([
  ['de', atHour(1), 'am Donnerstag, dem einundzwanzigsten Mai, um ein Uhr,'],
  ['fr', atHour(0, 30), 'le jeudi 21 mai à minuit 30,'],
  ['fr', atHour(21), 'le jeudi 21 mai à vingt et une heures,'],
  ['es', atHour(1, 20), 'el jueves 21 de mayo a la una y 20,'],
  ['it', atHour(0, 10), 'giovedì 21 maggio, a mezzanotte e 10,'],
])('%s at an hour of its own', (language, receivedAtMs, told) => {
  expect(of(language).owner.envelope({ ...left, receivedAtMs })).toContain(told)
})

test('every day of a month has a name in German', () => {
  const days = Array.from({ length: 31 }, (_, day) => {
    const receivedAtMs = +new Date(2026, 0, day + 1, 12)
    return / dem (\S+) Januar/.exec(of('de').owner.envelope({ ...left, receivedAtMs }))?.[1]
  })
  expect(new Set(days).size).toBe(31)
  const some = [1, 3, 7, 8, 12, 13, 17, 19, 20, 21, 30, 31].map((day) => days[day - 1])
  expect(some.join(' ')).toBe(
    'ersten dritten siebten achten zwölften dreizehnten siebzehnten neunzehnten zwanzigsten einundzwanzigsten dreißigsten einunddreißigsten',
  )
})

test.each(phraseLanguages)(
  '%s: whoever withholds his number is not called by an English word',
  (language) => {
    const { envelope } = of(language).owner
    expect(envelope({ ...left, from: anonymous })).not.toContain(anonymous)
    expect(envelope({ ...left, from: 'A & <b>' })).toContain('A &amp; &lt;b&gt;')
  },
)

describe('the voice', () => {
  /** An engine with these, the usual one first. */
  const speechWith = (...languages: string[]) => {
    const voices = languages.map((language) => ({
      ...{ id: `lab:${language}`, name: language, language, provider: 'lab', rateHz: 8_000 },
    }))
    const base = (tag: string) => tag.toLowerCase().split('-')[0]
    return {
      voices: () => voices,
      voiceNamed: (name: string) =>
        voices.find(({ id, language }) => id === name || language === name) ??
        voices.find(({ language }) => base(language) === base(name)),
    }
  }
  const everywhere = speechWith('en-US', 'de', 'fr', 'pl')

  test.each([
    ['of its language', { language: 'de', voice: null }, 'de', 'de'],
    ['of another region of it', { language: 'de-AT', voice: null }, 'de', 'de-AT'],
    ['its own', { language: 'de', voice: 'lab:de' }, 'de', 'lab:de'],
    ['its own, where that speaks something else', { language: 'de', voice: 'lab:fr' }, 'de', 'de'],
    ['without a language', { language: null, voice: null }, 'en', 'lab:en-US'],
    ['that it has alone', { language: null, voice: 'lab:de' }, 'de', 'lab:de'],
    ['that is not there any more', { language: null, voice: 'lab:xx' }, 'en', 'lab:en-US'],
    ['where there are no phrases', { language: 'pl', voice: null }, 'en', 'lab:en-US'],
    ['where none speaks it', { language: 'it', voice: null }, 'en', 'lab:en-US'],
  ])('%s', (_, options, language, voice) => {
    expect(tongueOf(everywhere, options)).toEqual({ phrases: of(language), voice })
  })

  test.each([
    ['that of the usual voice', ['de-AT', 'en'], 'de', 'lab:de-AT'],
    ['English, where there are no phrases in that', ['pl', 'en'], 'en', 'en'],
    ['English, where nobody speaks', [], 'en', undefined],
  ])('where nothing is said the language is %s', (_, languages, language, voice) => {
    const plain = { language: null, voice: null }
    const speech = speechWith(...languages)
    expect(tongueOf(speech, plain)).toEqual({ phrases: of(language), voice })
    expect(languageOf(speech, plain)).toBe(languages[0] ?? 'en')
  })
})
