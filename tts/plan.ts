import type { Segment, SpeechProvider } from './provider.ts'
import { sentencesOf } from './sentences.ts'
import type { Manner, Part, Run, Script, Step } from './ssml/script.ts'
import type { VoiceBook } from './voice-book.ts'

/** What of a manner the provider does not render, and is done to its sound. */
export type Shape = Omit<Manner, 'voice'>

export interface SpeechPiece {
  readonly is: 'speech'
  readonly provider: SpeechProvider
  readonly voiceId: string
  /** The provider's own name of it. */
  readonly voice: string
  /** A script only for a provider that takes one. */
  readonly words: Segment | readonly Part[]
  /** The same, whoever speaks it: voices by their ids. */
  readonly asked: readonly Part[]
  readonly shape: Shape
  /** The silence that the provider puts at its ends is cut off there, as something else is beside it. */
  readonly cut: { readonly start: boolean; readonly end: boolean }
}

/** What is made in one go; the pieces of a text are heard one after the other. */
export type Piece =
  | SpeechPiece
  | { readonly is: 'silence'; readonly durationMs: number }
  | { readonly is: 'mark'; readonly name: string }
  | { readonly is: 'audio'; readonly url: string; readonly instead: readonly Piece[] }

const plain: Shape = { rate: 1, octaves: 0, gain: 1 }
const uncut = { start: false, end: false }
/** Where the provider was not given the pause to make. */
const REST_MS = { sentence: 400, paragraph: 700 }
/** At most so much is made in one go, so that others have their turns: 20 s or so. */
const MOST_CHARACTERS = 300

/** Divides a script among those who speak it. */
export function plan(script: Script, book: VoiceBook): readonly Piece[] {
  const pieces = withCuts(piecesOf(script.steps, book))
  return [...silence(script.leadMs), ...pieces, ...silence(script.tailMs)]
}

/** What a piece says, by other voices: those that `voiceFor` gives for their ids. */
export function said(
  { asked, cut }: SpeechPiece,
  voiceFor: (voiceId: string) => string,
  book: VoiceBook,
): Piece[] {
  const parts = asked.map((part) => (part.is === 'run' ? spokenAs(part, voiceFor, book) : part))
  const pieces = withCuts(piecesOf(parts, book))
  return pieces.map((piece, i) => {
    if (piece.is !== 'speech') return piece
    const start = piece.cut.start || cut.start
    const end = i < pieces.length - 1 || cut.end
    return { ...piece, cut: { start, end } }
  })
}

function spokenAs(run: Run, voiceFor: (voiceId: string) => string, book: VoiceBook): Run {
  const { ipa, ...words } = run
  const voice = voiceFor(run.voice)
  const isTaken = ipa !== undefined && book.takesIpa(voice, ipa)
  return { ...words, voice, ...(isTaken && { ipa }) }
}

const silence = (durationMs: number): Piece[] =>
  durationMs > 0 ? [{ is: 'silence', durationMs }] : []

function piecesOf(steps: readonly Step[], book: VoiceBook): Piece[] {
  const pieces: Piece[] = []
  let stretch: Part[] = []
  let owner: SpeechProvider | undefined
  const finish = () => {
    pieces.push(...stretchOf(owner, stretch, book))
    stretch = []
  }
  for (const step of steps) {
    if (step.is === 'mark' || step.is === 'audio') {
      finish()
      const instead = step.is === 'audio' ? piecesOf(step.instead, book) : []
      pieces.push(step.is === 'audio' ? { ...step, instead: withCuts(instead) } : step)
      continue
    }
    const next = step.is === 'run' ? book.find(step.voice)?.provider : owner
    if (next !== owner) finish()
    owner = next
    stretch.push(step)
  }
  finish()
  return pieces
}

/** Parts that are all of one provider: the pauses around them are ours. */
function stretchOf(
  provider: SpeechProvider | undefined,
  parts: readonly Part[],
  book: VoiceBook,
): Piece[] {
  const first = parts.findIndex((part) => part.is === 'run')
  if (first < 0 || !provider) return pausesOf(parts)
  const last = parts.findLastIndex((part) => part.is === 'run')
  return [
    ...pausesOf(parts.slice(0, first)),
    ...spokenBy(provider, parts.slice(first, last + 1), book),
    ...pausesOf(parts.slice(last + 1)),
  ]
}

const pausesOf = (parts: readonly Part[]): Piece[] =>
  parts.flatMap((part, i) => pauseOf(part, parts[i + 1]))

function pauseOf(part: Part, next: Part | undefined): Piece[] {
  if (part.is === 'pause') return silence(part.durationMs)
  // A pause that was asked for stands in the place of the voice's own.
  return part.is === 'end' && next?.is !== 'pause' ? silence(REST_MS[part.of]) : []
}

function spokenBy(provider: SpeechProvider, parts: readonly Part[], book: VoiceBook): Piece[] {
  const named = parts.map((part) =>
    part.is === 'run' ? { ...part, voice: book.find(part.voice)?.voice.name ?? part.voice } : part,
  )
  const isScript = provider.speakScript !== undefined && named.length > 1
  if (isScript) return scriptsOf(provider, parts, named)
  return named.flatMap((part, i) => {
    const asked = parts[i]
    return part.is === 'run' && asked?.is === 'run'
      ? runOf(provider, part, asked.voice)
      : pauseOf(part, named[i + 1])
  })
}

/** Long ones are parted where a sentence ends. */
function scriptsOf(
  provider: SpeechProvider,
  asked: readonly Part[],
  named: readonly Part[],
): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let characters = 0
  for (const [at, part] of named.entries()) {
    if (part.is === 'run') characters += part.text.length
    const isLast = at === named.length - 1
    if (!isLast && !(part.is === 'end' && characters >= MOST_CHARACTERS)) continue
    const first = asked.slice(from).find((one) => one.is === 'run')
    const to = part.is === 'end' ? at : at + 1
    const words = named.slice(from, to)
    const voice = words.find((one) => one.is === 'run')?.voice
    if (first && voice !== undefined) {
      const common = { is: 'speech', provider, voiceId: first.voice, voice } as const
      pieces.push({ ...common, words, asked: asked.slice(from, to), shape: plain, cut: uncut })
    }
    if (part.is === 'end') pieces.push(...pauseOf(part, named[at + 1]))
    from = at + 1
    characters = 0
  }
  return pieces
}

/** Sentence by sentence for a voice that gives nothing before it has made all. */
function runOf(provider: SpeechProvider, run: Run, voiceId: string): Piece[] {
  if (run.spelled || run.ipa) return [pieceOf(provider, run, voiceId)]
  const sentences = sentencesOf(run.text, MOST_CHARACTERS, provider.streams)
  return sentences.flatMap((text, i) => [
    ...(i > 0 && /[.!?…؟۔。！？｡।॥။።។]["'”’»)\]」』）]*$/u.test(sentences[i - 1] ?? '')
      ? silence(REST_MS.sentence)
      : []),
    pieceOf(provider, { ...run, text }, voiceId),
  ])
}

function pieceOf(provider: SpeechProvider, run: Run, voiceId: string): SpeechPiece {
  const { text, voice, rate, octaves, gain, spelled, ipa } = run
  const { renders } = provider
  const words: Segment = {
    voice,
    text: spelled && !renders.has('spelled') ? apart(text) : text.trim(),
    spelled: spelled && renders.has('spelled'),
    rate: renders.has('rate') ? rate : 1,
    octaves: renders.has('pitch') ? octaves : 0,
    gain: renders.has('volume') ? gain : 1,
    ...(ipa !== undefined && { ipa }),
  }
  const shape = {
    rate: rate / words.rate,
    octaves: octaves - words.octaves,
    gain: renders.has('volume') ? 1 : gain,
  }
  const asked = [{ ...run, voice: voiceId }]
  return { is: 'speech', provider, voiceId, voice, words, asked, shape, cut: uncut }
}

const apart = (text: string): string => Array.from(text.replace(/\s+/gu, '')).join(' ')

/** A piece that has others beside it is heard from its first sound to its last; alone it is as it was made. */
const withCuts = (pieces: readonly Piece[]): Piece[] =>
  pieces.map((piece, i) =>
    piece.is === 'speech' ? { ...piece, cut: { start: i > 0, end: i < pieces.length - 1 } } : piece,
  )
