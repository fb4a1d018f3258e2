// `npm run record-prompt -- <name>`: records a prompt from this machine's microphone into the data folder.
// The engine may be running: calls that come afterwards play the new one.

import { childEnvironment, readConfig } from '../config/index.ts'
import { readArguments, recordPrompt } from '../microphone/index.ts'
import { clock } from './clock.ts'

let asked = Promise.withResolvers<void>()
/** What Ctrl-C ends is for the program to say: the recording, then the playback. */
function done(): Promise<void> {
  asked = Promise.withResolvers<void>()
  return asked.promise
}

async function record(wanted: Exclude<ReturnType<typeof readArguments>, string>): Promise<void> {
  const { dataDir, microphone } = readConfig()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => asked.resolve())
  await recordPrompt(
    {
      ...{ dataDir, clock, done },
      recorder: {
        program: wanted.recorder ?? microphone.recorder,
        device: wanted.device ?? microphone.device,
        environment: childEnvironment(),
      },
      screen: {
        isTerminal: process.stdout.isTTY === true,
        write: (text) => void process.stdout.write(text),
      },
    },
    wanted,
  )
}

try {
  const wanted = readArguments(process.argv.slice(2))
  if (typeof wanted === 'string') process.stdout.write(`${wanted}\n`)
  else await record(wanted)
} catch (error) {
  process.stderr.write(`ringdown: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
