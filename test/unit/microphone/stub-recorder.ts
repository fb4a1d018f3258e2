import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../engine/core/clock.ts'

export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Programs of ours that are the only ones on the search path. */
export interface StubPrograms {
  readonly environment: { readonly PATH: string; readonly STUB_FOLDER: string }
  readonly folder: string
  /** A program of that name, written in JavaScript. */
  add(name: string, script: string): void
  remove(): void
}

export function stubPrograms(): StubPrograms {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-stubs-'))
  return {
    folder,
    environment: { PATH: folder, STUB_FOLDER: folder },
    add: (name, script) => {
      const path = join(folder, name)
      writeFileSync(path, `#!${process.execPath}\n${script}`)
      chmodSync(path, 0o755)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * Writes 20 ms of samples every 20 ms, as a recorder does: `samplesOf(n)` gives those of chunk n, and
 * nothing when the recorder shall end. Notes its arguments, its device and its process id in the folder.
 */
export const pacedRecorder = (samplesOf: string, more = ''): string => `
const { writeFileSync } = require('node:fs')
const folder = process.env.STUB_FOLDER
writeFileSync(folder + '/arguments', process.argv.slice(2).join(' ') + ' device=' + process.env.AUDIODEV)
writeFileSync(folder + '/pid', String(process.pid))
const samplesOf = ${samplesOf}
${more}
let n = 0
const timer = setInterval(() => {
  const samples = samplesOf(n++)
  if (samples === undefined) return clearInterval(timer)
  const bytes = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, at) => bytes.writeInt16LE(sample, at * 2))
  // Torn inside a sample.
  process.stdout.write(bytes.subarray(0, 7))
  process.stdout.write(bytes.subarray(7))
}, 20)
`
