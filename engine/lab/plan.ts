/**
 * The lab carrier's numbering plan: what each +1 500 555 number does. 500-555 belongs to nobody, so none
 * of these can ever ring a real telephone. `K` and `N` stand for a digit of the number itself.
 */
export type LabSound = 'agent' | 'lead' | 'greeting' | 'hello'

/** What the lab's people say, when there is a voice to say it. */
export const labSentences: Readonly<Record<LabSound, string>> = {
  agent: 'Hello, this is the agent. Thank you for your interest. How can I help you today?',
  lead: 'Hello, this is Sarah. I am calling about the house on the hill. Is it still for sale?',
  hello: 'Hello?',
  greeting: 'You have reached the answering machine. Please leave a message after the tone.',
}

export type LabAct =
  | { readonly is: 'refuse'; readonly sipStatus: number }
  | { readonly is: 'ring' }
  | { readonly is: 'pressAfterPrompt'; readonly key: string; readonly by: 'rtp' | 'info' }
  | { readonly is: 'speakAndHangUp'; readonly sound: LabSound }
  | { readonly is: 'echo'; readonly lossPercent: number }
  | { readonly is: 'answeringMachine' }
  | { readonly is: 'listen' }
  | { readonly is: 'callBack'; readonly offer: 'early' | 'late' }

export interface LabNumber {
  /** The last four digits, `K` or `N` for any digit. */
  readonly pattern: string
  readonly what: string
  /** From INVITE to 200. */
  readonly answerAfterMs?: number
  readonly act: LabAct
}

const ringMs = 100

/** For test calls: sends back what it hears. */
export const labEcho = '+15005550140'

/** In the order in which they are matched and shown. */
const plan: readonly (Omit<LabNumber, 'act' | 'answerAfterMs'> & {
  make(digit: number): Pick<LabNumber, 'act' | 'answerAfterMs'>
})[] = [
  {
    pattern: '011K',
    what: 'an agent: answers, listens, presses key K after the prompt, then talks',
    make: (digit) => ({
      act: { is: 'pressAfterPrompt', key: String(digit), by: 'rtp' },
      answerAfterMs: ringMs,
    }),
  },
  {
    pattern: '012K',
    what: 'the same agent, who sends the key by SIP INFO',
    make: (digit) => ({
      act: { is: 'pressAfterPrompt', key: String(digit), by: 'info' },
      answerAfterMs: ringMs,
    }),
  },
  {
    pattern: '0130',
    what: 'a lead: answers, speaks a sentence, hangs up',
    make: () => ({ act: { is: 'speakAndHangUp', sound: 'lead' }, answerAfterMs: ringMs }),
  },
  {
    pattern: '0140',
    what: 'answers and echoes what it hears',
    make: () => ({ act: { is: 'echo', lossPercent: 0 }, answerAfterMs: ringMs }),
  },
  {
    pattern: '015N',
    what: 'answers after N seconds, then echoes',
    make: (digit) => ({ act: { is: 'echo', lossPercent: 0 }, answerAfterMs: digit * 1000 }),
  },
  {
    pattern: '016N',
    what: 'echoes, and loses N percent of the packets each way',
    make: (digit) => ({ act: { is: 'echo', lossPercent: digit }, answerAfterMs: ringMs }),
  },
  {
    pattern: '0170',
    what: 'an answering machine: greeting, beep, then silence',
    make: () => ({ act: { is: 'answeringMachine' }, answerAfterMs: ringMs }),
  },
  {
    pattern: '0171',
    what: 'a person: answers, says “Hello?”, and listens',
    make: () => ({ act: { is: 'listen' }, answerAfterMs: ringMs }),
  },
  {
    pattern: '0180',
    what: 'is busy (486)',
    make: () => ({ act: { is: 'refuse', sipStatus: 486 } }),
  },
  { pattern: '0181', what: 'rings and never answers', make: () => ({ act: { is: 'ring' } }) },
  {
    pattern: '0182',
    what: 'declines (603)',
    make: () => ({ act: { is: 'refuse', sipStatus: 603 } }),
  },
  {
    pattern: '0183',
    what: 'does not exist (404)',
    make: () => ({ act: { is: 'refuse', sipStatus: 404 } }),
  },
  {
    pattern: '0184',
    what: 'is out of service (503)',
    make: () => ({ act: { is: 'refuse', sipStatus: 503 } }),
  },
  {
    pattern: '0190',
    what: 'refuses (486), then calls the caller’s number back and speaks',
    make: () => ({ act: { is: 'callBack', offer: 'early' } }),
  },
  {
    pattern: '0191',
    what: 'the same, with its SDP only in the ACK (late offer)',
    make: () => ({ act: { is: 'callBack', offer: 'late' } }),
  },
]

const prefix = '+1500555'

/** What a dialled number does; undefined for one that is not in the plan. */
export function labNumber(dialled: string): LabNumber | undefined {
  const digits = dialled.replace(/^\+?1?500555/, '')
  if (!/^\d{4}$/.test(digits)) return undefined
  const digit = Number(digits[3])
  const found = plan.find(({ pattern }) =>
    /[KN]$/.test(pattern) ? pattern.slice(0, 3) === digits.slice(0, 3) : pattern === digits,
  )
  return found && { pattern: found.pattern, what: found.what, ...found.make(digit) }
}

/** The plan for people: full numbers and what they do. */
export const labDirectory: readonly { readonly number: string; readonly what: string }[] = plan.map(
  ({ pattern, what }) => ({ number: prefix + pattern, what }),
)
