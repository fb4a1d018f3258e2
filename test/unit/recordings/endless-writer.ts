// Records a ramp until it is killed: the program that the kill -9 test runs.
import { RecordingWriter } from '../../../recordings/writer.ts'

const FRAME = 160
const path = process.argv[2] ?? ''
const writer = new RecordingWriter({ path, flushMs: 100 })
const left = new Int16Array(FRAME)
const right = new Int16Array(FRAME)
let at = 0

setInterval(() => {
  for (let i = 0; i < FRAME; i++, at++) {
    left[i] = at % 30_000
    right[i] = -(at % 30_000)
  }
  writer.write(left, right, FRAME)
  if (at === FRAME * 100) process.stdout.write('two seconds\n')
}, 2)
