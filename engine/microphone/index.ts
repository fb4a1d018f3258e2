/**
 * The microphone of the machine that the engine runs on, by the recorder programs that node-record-lpcm16
 * starts: a live announcement speaks from it, and prompts are recorded with it.
 */
export { readArguments } from './arguments.ts'
export { LiveMicrophone } from './live-microphone.ts'
export { recordPrompt } from './record-prompt.ts'
