import { OpusRecorders } from '../../../recordings/opus-recorder.ts'
import { FRAME, RATE_HZ, voiceFrame } from './opus-lab.ts'

/** Records until it is killed; says each 100 ms how much it has heard, in milliseconds. */
const [path = ''] = process.argv.slice(2)
const recorder = new OpusRecorders().open({ path, channels: 2, rateHz: RATE_HZ })
const startMs = performance.now()
let frames = 0
setInterval(() => {
  for (; frames * 20 < performance.now() - startMs; frames++) {
    recorder.write(voiceFrame(frames, 0.1), voiceFrame(frames, 0.7), FRAME)
  }
  process.stdout.write(`${frames * 20}\n`)
}, 100)
