import type { Context } from '../context.ts'
import type { Headers } from '../link/link.ts'

/** Tells people why: 399 is for what has no code of its own (RFC 3261 section 20.43). */
export function warningOf(
  { publicAddress }: Pick<Context, 'publicAddress'>,
  text: string,
): Headers {
  const plain = text.replace(/[^ -~]|["\\]/g, ' ').slice(0, 200)
  return { Warning: `399 ${publicAddress} "${plain}"` }
}
