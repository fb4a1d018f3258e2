import { parseArgs } from 'node:util'
import { isPromptName, promptNameRule } from '../core/prompt-names.ts'
import { type RecorderProgram, recorderPrograms } from './recorder-command.ts'
import { soundAboveDbfs } from './trim.ts'

/** What a prompt is recorded with; undefined is as the settings have it. */
export interface WantedPrompt {
  readonly name: string
  readonly device: string | undefined
  readonly recorder: RecorderProgram | 'auto' | undefined
  readonly longestMs: number
  readonly replaces: boolean
  readonly soundAboveDbfs: number
  readonly playsBack: boolean
}

/** What the file may be for those who play it (20 MiB). */
const longestS = 600
const usage =
  'usage: npm run record-prompt -- <name> [--device <device>] [--recorder <program>] [--longest <s>] [--threshold <dB>] [--replace] [--no-playback]'
const help = `${usage}

Records a prompt from this machine's microphone, until Ctrl-C. Calls play it by the URL prompt:<name>.
  <name>              ${promptNameRule}
  --device <device>   the microphone, as the recorder program names it
  --recorder <name>   auto, ${recorderPrograms.join(', ')}
  --longest <s>       ends by itself after so many seconds, 1 to ${longestS}; 300 if absent
  --threshold <dB>    what lies at both ends and further below full scale is cut off, all but 0.1 s, 10 to 90;
                      ${-soundAboveDbfs} if absent
  --replace           even if there is a prompt of that name
  --no-playback       does not play what was recorded`

/** The arguments cannot be used; the message is for whoever typed them. */
export class ArgumentFault extends Error {
  constructor(what: string) {
    super(`${what}\n${usage}`)
    this.name = 'ArgumentFault'
  }
}

/** Reads what was typed after the program's name; a text is what was asked for as help. Throws ArgumentFault. */
export function readArguments(given: readonly string[]): WantedPrompt | string {
  const { values, positionals } = parsed(given)
  if (values.help) return help
  const [name, ...rest] = positionals
  if (name === undefined) throw new ArgumentFault('the name of the prompt is missing')
  if (rest.length > 0) throw new ArgumentFault(`"${rest[0]}" is one argument too many`)
  if (!isPromptName(name)) {
    throw new ArgumentFault(
      `a prompt can not be called ${shown(name)}; a name is ${promptNameRule}`,
    )
  }
  if (values.device === '') throw new ArgumentFault('--device can not be empty')
  return {
    name,
    device: values.device,
    recorder: recorderOf(values.recorder),
    longestMs: 1000 * numberOf('--longest', values.longest ?? '300', 1, longestS),
    replaces: values.replace ?? false,
    soundAboveDbfs: -numberOf('--threshold', values.threshold ?? `${-soundAboveDbfs}`, 10, 90),
    playsBack: !(values['no-playback'] ?? false),
  }
}

/** A name can be any bytes; a terminal shall not act on them. */
function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name)
}

function recorderOf(text: string | undefined): WantedPrompt['recorder'] {
  if (text === undefined || text === 'auto') return text
  const program = recorderPrograms.find((one) => one === text)
  if (program) return program
  throw new ArgumentFault(`--recorder must be one of: auto, ${recorderPrograms.join(', ')}`)
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  throw new ArgumentFault(`${option} must be a whole number from ${least} to ${most}`)
}

function parsed(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        device: { type: 'string' },
        recorder: { type: 'string' },
        longest: { type: 'string' },
        threshold: { type: 'string' },
        replace: { type: 'boolean' },
        'no-playback': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new ArgumentFault(error instanceof Error ? error.message : String(error))
  }
}
