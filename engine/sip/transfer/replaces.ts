import type { CallId } from '../../core/ids.ts'
import { type Context, dialogIdOf } from '../context.ts'
import type { RequestIn } from '../link/link.ts'

/** A dialog as the header Replaces names it (RFC 3891): the tags are seen from whoever receives it. */
export interface Replaces {
  readonly sipCallId: string
  readonly toTag: string
  readonly fromTag: string
  readonly earlyOnly: boolean
}

const maxLength = 512

/** Undefined for what is not `call-id;to-tag=..;from-tag=..[;early-only]`, each of them once. */
export function parseReplaces(text: string): Replaces | undefined {
  if (text.length > maxLength || /[,\s]/.test(text.trim())) return undefined
  const [sipCallId = '', ...params] = text.trim().split(';')
  const values = (name: string): string[] =>
    params
      .map((param) => param.split('='))
      .filter(([key = '']) => key.toLowerCase() === name)
      .map(([, value = '']) => value)
  const [toTag = '', ...moreTo] = values('to-tag')
  const [fromTag = '', ...moreFrom] = values('from-tag')
  if (sipCallId === '' || toTag === '' || fromTag === '') return undefined
  if (moreTo.length > 0 || moreFrom.length > 0) return undefined
  return { sipCallId, toTag, fromTag, earlyOnly: values('early-only').length > 0 }
}

/** The Replaces that a URI brings along, as in Refer-To; undefined: none, null: one that can't be read. */
export function replacesOfUri(uri: string): Replaces | null | undefined {
  const query = uri.slice(0, 2048).split('?')[1]
  const found = (query ?? '').split('&').filter((header) => /^replaces=/i.test(header))
  if (found.length === 0) return undefined
  if (found.length > 1) return null
  try {
    return parseReplaces(decodeURIComponent(found[0]!.slice('replaces='.length))) ?? null
  } catch {
    return null
  }
}

/** The call whose confirmed dialog is meant. Early ones are matched by nobody (RFC 3891 section 3). */
export function replacedCall({ legs }: Context, wanted: Replaces): CallId | undefined {
  const { sipCallId, toTag, fromTag } = wanted
  // Dialogs are known by the tag of whoever called: the other side, or we.
  for (const caller of [fromTag, toTag]) {
    const callId = legs.dialog(dialogIdOf(sipCallId, caller))?.callOf?.(toTag, fromTag)
    if (callId !== undefined) return callId
  }
  return undefined
}

/**
 * The call whose place an INVITE wants to take, if any, or the status that refuses it. Tags of calls travel
 * through many hands: only devices, who have proved who they are, can use them.
 */
export function placeWanted(
  ctx: Context,
  request: RequestIn,
  isDevice: boolean,
): { readonly replaces?: CallId } | { readonly refuse: number } {
  const header = request.header('replaces')
  if (header === undefined) return {}
  const wanted = parseReplaces(header)
  if (!wanted) return { refuse: 400 }
  if (!isDevice) return { refuse: 403 }
  const replaces = replacedCall(ctx, wanted)
  if (replaces === undefined) return { refuse: 481 }
  return wanted.earlyOnly ? { refuse: 486 } : { replaces }
}
