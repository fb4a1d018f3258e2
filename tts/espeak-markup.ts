import { espeakCodes } from './espeak-ipa.ts'
import type { Part, Run } from './ssml/script.ts'

/**
 * A script as a document for `espeak-ng -m` (1.51), written anew: of the caller's document only spoken
 * words are in it, escaped. It has only what espeak-ng was heard to follow:
 *
 * | written | heard |
 * | --- | --- |
 * | `break time`, in ms | exact to 5 ms outside `prosody rate` (within it 2.9 times as long at 50 %), so it stands outside everything; replaces the pause of a sentence; only the last of several in a row counts; lost at the start, cut at the end |
 * | `s`, `p` | pauses of 0.65 and 0.85 s |
 * | `prosody rate` in % | 50 % takes 1.8 times as long, 200 % 0.58 times |
 * | `prosody volume` in % | the amplitude's factor |
 * | `prosody pitch` in % | of a scale of its own: see `pitchPercent` |
 * | `voice name` | right when every run has one: after two voices in a row the first does not return |
 * | full stop after a sign (`50%.`, `(b).`) before a tag | spoken as "dot", unless a line ends there |
 * | `say-as characters` | letters and signs; rows of digits get commas that are spoken, so those are set apart |
 *
 * `phoneme` is written as the program's own codes in brackets. Not written, for it does not follow or spoils it: `emphasis` (long pauses), `audio`, `mark`,
 * say-as digits, ordinal, date, currency, times in seconds with decimals, volume in dB, pitch in Hz and st.
 */
export function espeakMarkup(
  parts: readonly Part[],
  voice: string,
  language: (voice: string) => string = (name) => name,
): string {
  const hasVoices = parts.some((part) => part.is === 'run' && part.voice !== voice)
  let done = ''
  let stretch = ''
  for (const part of parts) {
    if (part.is === 'run') {
      stretch += hasVoices
        ? element('voice', { name: part.voice }, run(part, language))
        : run(part, language)
    } else if (part.is === 'pause') {
      stretch += `<break time="${part.durationMs}ms"/>`
    } else {
      done += element(part.of === 'sentence' ? 's' : 'p', {}, stretch)
      stretch = ''
    }
  }
  return element('speak', {}, done + stretch)
}

/** Two opening brackets would begin phoneme codes, also where the second is the first of what follows the text. */
export const withoutPhonemeCodes = (text: string): string => text.replace(/\[(?=\[|$)/g, '[ ')

function run(
  { text, spelled, rate, gain, octaves, ipa, voice }: Run,
  language: (voice: string) => string,
): string {
  const percents = { rate: rate * 100, volume: gain * 100, pitch: pitchPercent(octaves) }
  const changes = Object.entries(percents)
    .map(([name, percent]) => [name, Math.round(percent)] as const)
    .filter(([, percent]) => percent !== 100)
    .map(([name, percent]) => [name, `${percent}%`] as const)
  // They have no signs of markup in them.
  const codes = ipa === undefined ? undefined : espeakCodes(ipa, language(voice))
  const words = codes ?? wordsOf(text, spelled)
  return changes.length === 0 ? words : element('prosody', Object.fromEntries(changes), words)
}

const wordsOf = (text: string, spelled: boolean): string =>
  spelled ? spell(text) : escaped(withEndOfLine(withoutPhonemeCodes(text)))

const withEndOfLine = (text: string) => (/[^\p{L}\p{N}]\.\s?$/u.test(text) ? `${text}\n` : text)

/**
 * Measured with en-us: 0 % is 0.54 octaves down, 50 % 0.30 down, 150 % 0.35 up, 200 % 0.75 up; more there
 * is not.
 */
const pitchPercent = (octaves: number) =>
  Math.min(200, Math.max(0, 100 + octaves * (octaves > 0 ? 137 : 172)))

const spell = (text: string): string =>
  (text.match(/\d|[^\d\s]+/gu) ?? [])
    .map((characters) =>
      /\d/.test(characters)
        ? characters
        : element(
            'say-as',
            { 'interpret-as': 'characters' },
            escaped(withoutPhonemeCodes(characters)),
          ),
    )
    .join(' ')

const element = (name: string, attributes: Readonly<Record<string, string>>, content: string) =>
  `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
    .join('')}>${content}</${name}>`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign)
