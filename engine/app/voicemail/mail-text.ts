import type { Speech } from '../../core/ports/speech.ts'
import type { VoicemailBox, VoicemailRecord } from '../../core/ports/voicemail.ts'
import { anonymous } from '../../core/trunk-caller.ts'
import { english, phrasesOf } from '../phrases/index.ts'
import type { MailWords } from '../phrases/phrases.ts'
import { languageOf } from '../phrases/tongue.ts'

/** What an e-mail tells of a message. */
export interface TellingMail {
  readonly box: Pick<VoicemailBox, 'id' | 'options'>
  readonly message: VoicemailRecord
  /** Null: there is none. */
  readonly transcript: string | null
  /** `sealed`: encrypted, so that it can't go along; `large`: too big; `off`: it is not wanted. */
  readonly audio: 'attached' | 'sealed' | 'large' | 'off' | 'gone'
  /** Where one that is too large can be heard, for a while. */
  readonly link: string | undefined
}

type Voices = Pick<Speech, 'voices' | 'voiceNamed'>

interface MailText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

const timeForm: Intl.DateTimeFormatOptions = {
  ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  ...{ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' },
}

const longestTranscript = 20_000

/** In the language of the box, whether or not a voice speaks it; English where there are no words in it. */
export function textOfMail(speech: Voices, mail: TellingMail): MailText {
  const { box, message, transcript, audio, link } = mail
  const language = languageOf(speech, box.options)
  const { mail: words } = phrasesOf(language) ?? english
  const { colon } = words
  const who = callerOf(message, words)
  const length = lengthOf(message.durationMs)
  const facts = factsOf(mail, words, who, length)
  const said =
    transcript === null
      ? []
      : ['', `${words.transcript}${colon}`.trimEnd(), transcript.slice(0, longestTranscript)]
  const where = link === undefined ? [] : [`${words.listen}${colon}${link}`]
  const attachment = audio === 'off' ? '' : words.audio[audio]
  const closing = [attachment, ...where].filter((line) => line !== '')
  const lines = [
    ...facts.map(([name, value]) => `${name}${colon}${value}`),
    ...said,
    ...(closing.length > 0 ? ['', ...closing] : []),
  ]
  return {
    subject: words.subject(who, length, message.urgent),
    text: `${lines.join('\n')}\n`,
    html: htmlOf(words, facts, transcript, attachment, link),
  }
}

type Facts = readonly (readonly [name: string, value: string])[]

function factsOf(
  { box, message }: TellingMail,
  words: MailWords,
  who: string,
  length: string,
): Facts {
  const { language, name } = box.options
  // As his region writes them, where he has said one: in words of another language they would be out of place.
  const isOwn = language !== null && phrasesOf(language)?.mail === words
  const received = new Intl.DateTimeFormat(isOwn ? language : words.dates, timeForm)
  return [
    [words.from, who],
    [words.to, message.to],
    [words.received, received.format(message.receivedAtMs)],
    [words.length, length],
    [words.box, `${name} (${box.id})`],
    ...(message.urgent ? ([[words.urgent, words.yes]] as const) : []),
  ]
}

function callerOf({ from, fromName }: VoicemailRecord, { unknownCaller }: MailWords): string {
  const party = from === anonymous ? unknownCaller : from
  return fromName === null || fromName === '' ? party : `${fromName} (${party})`
}

/** `m:ss`. */
function lengthOf(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function htmlOf(
  words: MailWords,
  facts: Facts,
  transcript: string | null,
  audio: string,
  link: string | undefined,
): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th align="left" style="padding-right:1em">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  )
  const parts = [
    `<table>${rows.join('')}</table>`,
    ...(transcript === null
      ? []
      : [`<p style="white-space:pre-wrap">${escaped(transcript.slice(0, longestTranscript))}</p>`]),
    ...(audio === '' ? [] : [`<p>${escaped(audio)}</p>`]),
    ...(link === undefined
      ? []
      : [`<p><a href="${escaped(link)}">${escaped(words.listen)}</a></p>`]),
  ]
  return `<!doctype html><html lang="${words.dates}"><body>${parts.join('')}</body></html>`
}

const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '')
