/** Text to speech behind core's speech port. */
export { EspeakNg, type EspeakNgOptions } from './espeak-ng.ts'
export type { SpeechProvider, Words } from './provider.ts'
export { createSpeech, type SpeechOptions } from './speech.ts'
export { MAX_TEXT_CHARACTERS } from './text.ts'
