import { expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { readXml, type XmlElement } from '../../../tts/ssml/xml.ts'
import fc from '../../support/property.ts'
import { rendered } from './ssml-lab.ts'

const percent = /^\d{1,3}%$/
/** All that may reach espeak-ng, but for the `speak` around it. */
const allowed: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  s: {},
  p: {},
  break: { time: /^\d{1,5}ms$/ },
  prosody: { rate: percent, volume: percent, pitch: percent },
  voice: { name: /^(en-us|en-gb|fr|de)(\+f3)?$/ },
  'say-as': { 'interpret-as': /^characters$/ },
}

/** Codes that were made of sounds that are known. */
const ours = /\[\[[A-Za-z0-9@:?^#~',]+\]\]/g

function strangers({ children }: XmlElement): string[] {
  return children.flatMap((child) => {
    if (typeof child === 'string')
      return child.replace(ours, '').includes('[[') ? ['phoneme codes'] : []
    const attributes = allowed[child.name]
    const strange = [...child.attributes].filter(
      ([name, value]) => !attributes?.[name]?.test(value),
    )
    return [
      ...(attributes ? [] : [child.name]),
      ...strange.map((pair) => pair.join('=')),
      ...strangers(child),
    ]
  })
}

/** What is wrong with what comes of a document; a refusal is right too. */
function faults(document: string): readonly string[] {
  try {
    return strangers(readXml(`<speak>${rendered(document)}</speak>`))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.code === 'invalid_request' && error.field === 'text' ? [] : [error.message]
  }
}

const names = [
  ...['speak', 'p', 's', 'break', 'prosody', 'emphasis', 'say-as', 'sub', 'phoneme', 'lang'],
  ...['voice', 'audio', 'mark', 'desc', 'script', 'x:y', 'constructor'],
]
const attributes = [
  ...['time', 'strength', 'rate', 'volume', 'pitch', 'level', 'interpret-as', 'format', 'alias'],
  ...['ph', 'xml:lang', 'name', 'gender', 'languages', 'src', '__proto__'],
]
const values = [
  ...['1s', '250ms', 'medium', 'x-loud', 'slow', '+10%', '-3dB', '+2st', 'strong', 'characters'],
  ...['digits', 'date', 'time', 'currency', 'telephone', 'ordinal', 'mdy', 'fr', 'de', 'female'],
  ...['"', '>', '&amp;', '&lt;break/&gt;', '[[', '1e9', 'NaN', 'toString', 'en-us+f3" x="y'],
]
const texts = [
  ...['hello ', 'a', ' ', '[[', '[', ']]', '&lt;break time="9s"/&gt;', '&amp;lt;', '12/10/2025'],
  ...['10:30', '$5.01', '+1 555', '<![CDATA[</speak><x>]]>', '&#x5b;&#91;', 'é𝄞', '\n'],
]

const { document: documents } = fc.letrec<{ element: string; document: string; content: string }>(
  (tie) => ({
    document: tie('content').map((content) => `<speak>${content}</speak>`),
    content: fc
      .array(fc.oneof({ maxDepth: 5 }, fc.constantFrom(...texts), tie('element')), { maxLength: 5 })
      .map((parts) => parts.join('')),
    element: fc
      .tuple(
        fc.constantFrom(...names),
        fc.uniqueArray(fc.constantFrom(...attributes), { maxLength: 3 }),
        fc.infiniteStream(fc.constantFrom(...values)),
        tie('content'),
      )
      .map(([name, chosen, stream, content]) => {
        const given = chosen.map((attribute) => {
          const value = (stream.next().value as string).replaceAll('"', '&quot;')
          return ` ${attribute}="${value}"`
        })
        return `<${name}${given.join('')}>${content}</${name}>`
      }),
  }),
)

test('whatever a well-formed document says, only allowed markup comes of it', () => {
  let spoken = 0
  fc.assert(
    fc.property(documents, (document) => {
      expect(faults(document)).toEqual([])
      if (document.length > 200) spoken += 1
    }),
    { numRuns: 2000 },
  )
  expect(spoken).toBeGreaterThan(100)
})

test('so it is with documents that were damaged', () => {
  const damaged = fc
    .tuple(
      documents,
      fc.nat(),
      fc.nat(20),
      fc.string({ unit: fc.constantFrom(...'<>/&;"[]!-? ap=') }),
    )
    .map(([document, at, length, instead]) => {
      const from = at % document.length
      return document.slice(0, from) + instead + document.slice(from + length)
    })
  fc.assert(
    fc.property(damaged, (document) => {
      expect(faults(document)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test('so it is with any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (document) => {
      expect(faults(document)).toEqual([])
    }),
  )
})

// Each took 5 ms at most; work that grows with the square of the length would take minutes for them all.
test('20 KB of what makes parsers slow', () => {
  const full = (unit: string) => unit.repeat(Math.ceil(19_900 / unit.length)).slice(0, 19_900)
  const within = (start: string, unit: string, end: string) => start + full(unit).slice(60) + end
  const nasty = [
    ...['<', '&', '<a>', '<!--', '<!--x-->', '<a:', '&lt;', '<speak', '</speak>', '\n'].map(full),
    within('<', 'a', '>'),
    within('<speak>&', 'a', '</speak>'),
    within('<speak>', '&a', '</speak>'),
    within('<p>a', ' ', 'b</p>'),
    within('<break time="', '1', '"/>a'),
    within('<prosody rate="', '1', '%">a</prosody>'),
    within('<voice name="', 'fr ', '">a</voice>'),
    within('<say-as interpret-as="telephone">', ' - ', '</say-as>a'),
    within('<say-as interpret-as="currency">', '1,', '</say-as>a'),
    within('<say-as interpret-as="date" format="', 'dm', '">1</say-as>'),
    within('<!DOCTYPE a [', '<!ENTITY a "&a;&a;">', ']>'),
    `<speak>${'<s>a</s>'.repeat(2400)}</speak>`,
    `<speak>${'<prosody rate="51%">a</prosody>b'.repeat(600)}</speak>`,
  ]
  for (const document of nasty) {
    for (let i = 0; i < 20; i += 1) expect(faults(document)).toEqual([])
  }
})
