import { parentPort } from 'node:worker_threads'
import { SampleWriter } from '../../../engine/dsp/sample-ring.ts'

// Writes two million samples as fast as they are read: 1, 2, 3, ... up to 30,000 and again.

const writer = new SampleWriter(16_000)
const positions = new Int32Array(writer.shared, 0, 2)
parentPort?.postMessage(writer.shared)
const chunk = new Int16Array(400)
for (let written = 0; written < 2e6; ) {
  const waiting = (Atomics.load(positions, 0) - Atomics.load(positions, 1)) | 0
  if (waiting > 2000) continue
  for (let i = 0; i < chunk.length; i++) chunk[i] = ((written + i) % 30_000) + 1
  writer.write(chunk)
  written += chunk.length
}
writer.end()
