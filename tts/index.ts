/** Text to speech behind core's speech port. */
export { EspeakNg, type EspeakNgOptions } from './espeak-ng.ts'
export { Festival } from './festival.ts'
export { Flite } from './flite.ts'
export { HttpSpeech } from './http.ts'
export type {
  PcmChunk,
  PcmStream,
  Rendered,
  Segment,
  SpeechProvider,
} from './provider.ts'
export { Sherpa } from './sherpa.ts'
export { createSpeech, type SpeechOptions } from './speech.ts'
export { MAX_TEXT_CHARACTERS } from './text.ts'
