import type { Sound } from '../../core/ports/media.ts'
import type { VoicemailBox } from '../../core/ports/voicemail.ts'
import type { LeavingWords } from '../phrases/phrases.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { hear, soundOfGreeting, soundOfWords } from './speak.ts'

export const greetingWishes = ['unavailable', 'busy', 'none'] as const
export type GreetingWish = (typeof greetingWishes)[number]

/** What the caller wants by a key: `beep` goes on to the message. */
export type GreetingKey = 'beep' | 'operator' | 'owner' | 'gone'

/** The sounds of the greeting, the box's own ones first. */
export async function greetingSounds(
  ports: Ports,
  box: VoicemailBox,
  wish: GreetingWish,
): Promise<readonly Sound[]> {
  if (wish === 'none') return []
  const { greetings } = box
  // Whoever has said something of his own wants it heard rather than words of ours.
  const own = greetings[wish] ?? greetings.unavailable
  const sound = own && (await soundOfGreeting(ports, box, own))
  if (sound) return [sound]
  return defaultGreeting(ports, box, wish)
}

async function defaultGreeting(
  ports: Ports,
  box: VoicemailBox,
  wish: 'unavailable' | 'busy',
): Promise<readonly Sound[]> {
  const name = box.greetings.name && (await soundOfGreeting(ports, box, box.greetings.name))
  const text = await soundOfWords(ports, box, (words) => {
    const first = firstWords(words, wish, name !== undefined)
    const operator = box.options.operator === null ? '' : ` ${words.operator}`
    return `${first} ${words.leaveMessage}${operator}`
  })
  return name ? [name, text] : [text]
}

function firstWords(words: LeavingWords, wish: 'unavailable' | 'busy', isNamed: boolean): string {
  if (wish === 'busy') return isNamed ? words.isBusy : words.busy
  return isNamed ? words.isNotAvailable : words.notAvailable
}

/** Until it is heard, or a key says where the caller wants to go. Other keys do nothing. */
export async function greet(run: Run, box: VoicemailBox, wish: GreetingWish): Promise<GreetingKey> {
  const sounds = await greetingSounds(run.ports, box, wish)
  const over = new AbortController()
  const signal = AbortSignal.any([run.signal, over.signal])
  const pressed = keyFor(run, box, signal).then((key) => {
    if (key !== undefined) over.abort()
    return key
  })
  await hear(run, sounds, signal)
  over.abort()
  const key = await pressed
  if (run.signal.aborted) return 'gone'
  return key ?? 'beep'
}

async function keyFor(
  run: Run,
  { options, pinHash }: VoicemailBox,
  signal: AbortSignal,
): Promise<GreetingKey | undefined> {
  for (;;) {
    const key = await run.call.digits.next(signal)
    if (key === undefined) return undefined
    if (key === '#' || key === '1') return 'beep'
    if (key === '0' && options.operator !== null) return 'operator'
    if (key === '*' && pinHash !== null) return 'owner'
  }
}
