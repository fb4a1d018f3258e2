import type { Static } from 'typebox'
import type { PlaceCall } from '../../../app/call-centre.ts'
import { Failure } from '../../../core/failures.ts'
import type { SayVerb, Verb } from '../../../core/verbs.ts'
import { languageOf } from './language.ts'
import { readPhoneNumber } from './phone-number.ts'
import type { newCallSchema } from './schema.ts'

const maxMessageChars = 4096
const maxAnswerChars = 1000
const keys = '0123456789*#'
/** How long to wait for a key, and how often to ask. */
const keyTimeoutMs = 10_000
const attempts = 2

/** Whom to call, in E.164, and what to do there. */
export type OutboundCall = Pick<PlaceCall, 'to' | 'machineDetection'> & {
  readonly verbs: readonly Verb[]
}

/** Failures `invalid_phone_number`, `invalid_request`, `missing_parameter`, each with its field. */
export function readCall(
  { Phone, Message, Dtmf = {}, MachineDetection = 'Off' }: Static<typeof newCallSchema>,
  hasVoice: (language: string) => boolean,
): OutboundCall {
  const to = readPhoneNumber(Phone.Number, Phone.CountryCode)
  const voice = languageOf(Phone.CountryCode, hasVoice)
  const say = (field: string, text: string, maxChars: number): SayVerb => {
    return { verb: 'say', text: spoken(field, text, maxChars), voice }
  }
  const message = say('Message', Message, maxMessageChars)
  const answers = Object.entries(Dtmf).map(([key, text]): [string, SayVerb] => {
    return [key, say(`Dtmf.${readKey(key)}`, text, maxAnswerChars)]
  })
  return {
    to,
    verbs: [answers.length === 0 ? message : question(message, answers)],
    ...(MachineDetection === 'GreetingEnd' && {
      machineDetection: { until: 'messageEnd', isAsync: false },
    }),
  }
}

/** Asks until one of the keys is pressed, at whatever moment, and answers to it. */
function question(prompt: SayVerb, answers: readonly (readonly [string, SayVerb])[]): Verb {
  return {
    verb: 'gather',
    prompt,
    keys: answers.map(([key]) => key).join(''),
    numDigits: 1,
    finishOnKey: '',
    timeoutMs: keyTimeoutMs,
    attempts,
    branches: Object.fromEntries(answers.map(([key, answer]) => [key, [answer]])),
  }
}

function readKey(key: string): string {
  if (key.length === 1 && keys.includes(key)) return key
  throw new Failure('invalid_request', 'The keys of Dtmf must be one of 0-9, * and # each', 'Dtmf')
}

/** Tab and line ends are white space; any other control character can't have been meant to be said. */
const control = /[^\P{Cc}\t\n\r]/u

function spoken(field: string, text: string, maxChars: number): string {
  if (text.trim() === '')
    throw new Failure('missing_parameter', `${field} must not be empty`, field)
  if (text.length > maxChars) {
    const message = `${field} has ${text.length} characters; at most ${maxChars} are allowed`
    throw new Failure('invalid_request', message, field)
  }
  if (control.test(text) || !text.isWellFormed()) {
    throw new Failure('invalid_request', `${field} must be plain text`, field)
  }
  return text
}
