import type { Json } from './engine-process.ts'

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
