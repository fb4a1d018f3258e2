import { parseNameAddress, parseSipUri, splitList } from '../address.ts'
import { sdpType } from '../context.ts'
import type { RequestIn, ResponseOut } from '../link/link.ts'

export type Refusal = readonly [status: number, options?: ResponseOut]

/** 420 if Require names an option that is not understood (RFC 3261 section 8.2.2.3). */
export function badExtension(
  request: RequestIn,
  understood: ReadonlySet<string>,
): Refusal | undefined {
  const unknown = splitList(request.header('require') ?? '').filter(
    (option) => !understood.has(option.toLowerCase()),
  )
  return unknown.length === 0 ? undefined : [420, { headers: { Unsupported: unknown.join(', ') } }]
}

/** 416 if the request is for a kind of address that nobody here could have (section 8.2.2.1). */
export const badScheme = (request: RequestIn): Refusal | undefined =>
  /^(?:sips?|tel):/i.test(request.uri) ? undefined : [416]

const takesSdp = new Set([sdpType, 'application/*', '*/*'])

/** 406 if whoever calls could not read our answer (sections 20.1 and 21.4.7). */
export function unreadable(request: RequestIn): Refusal | undefined {
  const accept = request.header('accept')
  if (accept === undefined) return undefined
  const types = splitList(accept).map((each) => each.split(';')[0]!.trim().toLowerCase())
  return types.some((each) => takesSdp.has(each)) ? undefined : [406]
}

/** 400 if what is to be registered could never be called by SIP (section 10.3, step 5). */
export const notCallable = (request: RequestIn): Refusal | undefined => {
  const to = parseNameAddress(request.header('to') ?? '')
  return to !== undefined && parseSipUri(to.uri) !== undefined
    ? undefined
    : [400, { reason: 'Bad To' }]
}
