import type { SipMessage } from './message.ts'
import { type Field, printMessage } from './print.ts'
import { reasonPhrase } from './reasons.ts'

export interface ResponseParts {
  readonly status: number
  readonly reason?: string
  /** added to To if the request's To has none; never to a 100 */
  readonly toTag?: string
  readonly fields?: readonly Field[]
  readonly body?: string
}

const taggedTo = (request: SipMessage, toTag: string | undefined): string | undefined => {
  const to = request.header('to')
  return to === undefined || toTag === undefined || request.toTag !== undefined
    ? to
    : `${to};tag=${toTag}`
}

/**
 * Fields that every response copies from its request (RFC 3261 section 8.2.6.2). What the
 * request lacks, or what nobody could read, is left out.
 */
export const copiedFields = (request: SipMessage, toTag: string | undefined): Field[] => {
  const fields: Field[] = []
  for (const via of request.headers('via')) fields.push(['Via', via])
  const from = request.header('from')
  if (from !== undefined) fields.push(['From', from])
  const to = taggedTo(request, toTag)
  if (to !== undefined) fields.push(['To', to])
  if (request.callId !== '') fields.push(['Call-ID', request.callId])
  if (request.cseq !== undefined) fields.push(['CSeq', request.header('cseq') ?? ''])
  return fields
}

/** The text of a response to a request. */
export const responseText = (request: SipMessage, parts: ResponseParts): string => {
  const { status, reason = reasonPhrase(status), toTag, fields = [], body = '' } = parts
  const copied = copiedFields(request, status === 100 ? undefined : toTag)
  if (status === 100) {
    const timestamp = request.header('timestamp')
    if (timestamp !== undefined) copied.push(['Timestamp', timestamp])
  }
  return printMessage({
    start: `SIP/2.0 ${status} ${reason}`,
    fields: [...copied, ...fields],
    body,
  })
}
