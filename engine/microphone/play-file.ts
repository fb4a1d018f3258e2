import { type ChildProcess, spawn } from 'node:child_process'

/** In the order in which they are tried: each plays a WAV and ends. */
const players: readonly (readonly [program: string, ...args: string[]])[] = [
  ['aplay', '-q'],
  ['paplay'],
  ['play', '-q'],
]
const maxWords = 300

interface Played {
  readonly is: 'played' | 'stopped' | 'missing' | 'failed'
  readonly says: string
}

/**
 * Plays a WAV file on this machine's speaker with the first program that can. `says` is a line for people.
 * Never rejects; `signal` ends it.
 */
export async function playFile(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Played> {
  let last: Played | undefined
  for (const [program, ...args] of players) {
    const played = await run(program, [...args, path], env, signal)
    if (played.is === 'played' || played.is === 'stopped') return played
    if (played.is === 'failed') last = played
  }
  const names = players.map(([program]) => program).join(', ')
  return last ?? { is: 'missing', says: `not played: none of ${names} is installed` }
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Played> {
  const { promise, resolve } = Promise.withResolvers<Played>()
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-maxWords)
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  child.on('error', (error: NodeJS.ErrnoException) => {
    const is = error.code === 'ENOENT' ? 'missing' : 'failed'
    resolve({ is, says: `not played: ${error.message}` })
  })
  child.on('close', (code) => {
    signal.removeEventListener('abort', stop)
    if (signal.aborted) resolve({ is: 'stopped', says: 'playback stopped' })
    else if (code === 0) resolve({ is: 'played', says: `played with ${program}` })
    else resolve({ is: 'failed', says: `not played: ${program} says: ${oneLine(words, code)}` })
  })
  return promise
}

const oneLine = (words: string, code: number | null): string =>
  words.trim().replaceAll(/\s+/g, ' ') || `it ended with code ${code}`
