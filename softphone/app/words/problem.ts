import type { ErrorCode } from '../../device/types.ts'

/** What went wrong, and what to do about it. */
export interface Words {
  readonly title: string
  readonly detail: string
}

/** The words for each error of the SDK. */
export const deviceWords: Readonly<Record<ErrorCode, Words>> = {
  'microphone-missing': {
    title: 'No microphone found',
    detail: 'Plug one in, or choose another in Settings, then try again.',
  },
  'microphone-denied': {
    title: 'The microphone is blocked',
    detail: 'Allow it for this page: the icon beside the address has the switch. Then try again.',
  },
  'microphone-busy': {
    title: 'The microphone is in use',
    detail: 'Another program holds it. Close that program or choose another microphone.',
  },
  'wrong-credentials': {
    title: 'The server does not know this login',
    detail: 'The password may have changed. Sign in again.',
  },
  'token-expired': { title: 'Your login has run out', detail: 'Sign in again.' },
  'server-unreachable': {
    title: 'The server can not be reached',
    detail: 'Check your network. The phone keeps trying by itself.',
  },
  'connection-lost': {
    title: 'The connection was lost',
    detail: 'The phone is getting it back by itself.',
  },
  'call-failed': { title: 'The call failed', detail: 'Try again in a moment.' },
  'invalid-argument': {
    title: 'That can not be dialled',
    detail: 'Type a number, the name of a device, or a SIP address.',
  },
  'invalid-state': { title: 'That is not possible now', detail: 'The call is in another state.' },
}

/** Why the engine's HTTP API did not give what was asked for. */
export type EngineProblemKind =
  | 'wrong-credentials'
  | 'locked'
  | 'signed-out'
  | 'unreachable'
  | 'missing'
  | 'refused'

export class EngineProblem extends Error {
  readonly kind: EngineProblemKind
  /** Seconds after which another try is worth it, where the engine says so. */
  readonly retryAfterS: number | undefined
  constructor(kind: EngineProblemKind, message: string, retryAfterS?: number) {
    super(message)
    this.name = 'EngineProblem'
    this.kind = kind
    this.retryAfterS = retryAfterS
  }
}

/** The words for anything that was thrown. */
export function problemWords(error: unknown): Words {
  if (error instanceof EngineProblem) return engineWords(error)
  const code = codeOf(error)
  if (code === 'call-failed' || code === 'invalid-argument')
    return { title: deviceWords[code].title, detail: sentence(error) ?? deviceWords[code].detail }
  if (code !== undefined) return deviceWords[code]
  return { title: 'Something went wrong', detail: sentence(error) ?? 'Try again.' }
}

/** The code of an error of the SDK. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && Object.hasOwn(deviceWords, code)
    ? (code as ErrorCode)
    : undefined
}

const sentence = (error: unknown): string | undefined =>
  error instanceof Error && error.message !== '' ? error.message : undefined

function engineWords({ kind, message, retryAfterS }: EngineProblem): Words {
  switch (kind) {
    case 'wrong-credentials':
      return {
        title: 'Wrong name or password',
        detail: 'Check both: small and capital letters differ.',
      }
    case 'locked': {
      const wait = retryAfterS === undefined ? 'a while' : waitWords(retryAfterS)
      return { title: 'Too many wrong passwords', detail: `Wait ${wait}, then try again.` }
    }
    case 'signed-out':
      return { title: 'Your login has run out', detail: 'Sign in again.' }
    case 'unreachable':
      return {
        title: 'The server can not be reached',
        detail: 'Check your network, or ask whoever runs the server.',
      }
    case 'missing':
      return { title: 'That is not there any more', detail: message }
    case 'refused':
      return { title: 'The server refused', detail: message }
  }
}

/** `20 seconds`, `1 minute`, `15 minutes`. */
function waitWords(seconds: number): string {
  const [amount, unit] =
    seconds < 60 ? [Math.ceil(seconds), 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
