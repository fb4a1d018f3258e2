import type { ChildProcess } from 'node:child_process'
import type { Json } from './engine-process.ts'

/** What a program has printed so far, in whole lines: one that is half here is not shown, and no stream breaks into another. */
export function printed({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  for (const stream of [stdout, stderr]) {
    let rest = ''
    stream?.setEncoding('utf8')
    stream?.on('data', (part: string) => {
      const end = (rest + part).lastIndexOf('\n') + 1
      text += (rest + part).slice(0, end)
      rest = (rest + part).slice(end)
    })
    stream?.on('end', () => {
      text += rest
    })
  }
  return () => text
}

/** What the engine has logged, line by line, out of everything that it has printed. */
export const logLines = (output: string): Json[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

/** Lines that look like a bug of ours: errors, and stack traces. */
export function bugsIn(output: string): unknown[] {
  const errors = logLines(output).filter(({ level }) => level === 'error' || level === 'fatal')
  const traces = output.split('\n').filter((line) => /^\s+at .+:\d+:\d+|\bUncaught\b/.test(line))
  return [...errors, ...traces]
}
