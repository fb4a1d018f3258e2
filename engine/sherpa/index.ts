/**
 * Models of sherpa-onnx that speak and listen, in processes of their own: `process.ts` runs one,
 * `child.ts` is what runs in it and alone touches the package.
 */
export { findListeningModel } from './listening-model.ts'
export { SherpaFault, SherpaProcess, type SherpaProcessOptions } from './process.ts'
export { findSpeechModels, type SpeechModel } from './speech-models.ts'
export { SherpaTranscriber } from './transcriber.ts'
