import { Failure } from '../../engine/core/failures.ts'
import { MAX_TEXT_CHARACTERS, refuseUnspeakable } from '../text.ts'
import { sayElement } from './elements.ts'
import { type Script, ScriptBuilder } from './script.ts'
import { primaryOf, type Voices } from './wish.ts'
import { readXml } from './xml.ts'

export interface SsmlOptions {
  readonly voices: Voices
  /** The id of the voice to begin with. */
  readonly voice: string
  /** The caller asked for that voice: the root's `xml:lang` changes it only for another language. */
  readonly isChosen: boolean
}

const MAX_DOCUMENT_CHARACTERS = 4 * MAX_TEXT_CHARACTERS

/**
 * Reads an SSML document into a script that every provider can follow. Done here, for all providers:
 *
 * | element | |
 * | --- | --- |
 * | `speak`, `p`, `s` | sentences and paragraphs; `xml:lang` on any element asks for that language |
 * | `break` | `time` up to 10 s, or `strength`: x-weak 100, weak 200, medium 400, strong 700, x-strong 1000 ms; 60 s in all |
 * | `prosody` | `rate` 50 to 300 %, `volume` 0 to 200 % or dB, `pitch` in per cent, st or Hz (against a usual voice), labels; not `range`, `contour`, `duration` |
 * | `emphasis` | a change of rate, volume and pitch |
 * | `say-as` | cardinal and number are left to the voice; characters, digits, spell-out, verbatim, telephone are spelled; ordinal, date, time, currency become words when the voice is English |
 * | `sub` | its `alias` |
 * | `phoneme` | its IPA, where the voice takes it; else its content |
 * | `voice`, `lang` | a voice that the provider has, otherwise the one before |
 * | `audio` | the file of `src`, fetched as that of a `play` is, with all its guards; its content where that is not to be had |
 * | `mark` | its time is told |
 * | `w`, `token` | their content |
 * | `desc`, `meta`, `metadata`, `lexicon` | nothing is said |
 * | others | their content, with a warning |
 *
 * @throws Failure `invalid_request` on field `text`: malformed, or what may not stand there, or a value that there is not (with line and column), too long, too deep,
 * empty, or with a pause that is too long.
 */
export function readSsml(document: string, options: SsmlOptions): Script {
  if (document.length > MAX_DOCUMENT_CHARACTERS) {
    const why = `The document has ${document.length} characters; at most ${MAX_DOCUMENT_CHARACTERS} are read`
    throw new Failure('invalid_request', why, 'text')
  }
  refuseUnspeakable(document)
  const root = readXml(document)
  const { voices, voice, isChosen } = options
  const script = new ScriptBuilder()
  const prefix = /^(.*:)?speak$/.exec(root.name)?.[1] ?? ''
  const language = root.attributes.get('xml:lang')
  const isKept =
    isChosen &&
    language !== undefined &&
    primaryOf(language) === primaryOf(voices.languageOf(voice))
  const attributes = isKept ? new Map<string, string>() : root.attributes
  const manner = { voice, rate: 1, gain: 1, octaves: 0 }
  sayElement({ script, voices, prefix, around: [] }, { ...root, attributes }, manner)
  return script.finish()
}
