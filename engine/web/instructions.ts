import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { InstructionRequest, OutgoingRequest, Web } from '../core/ports/web.ts'
import type { Fetch, GuardedFetch } from './fetch.ts'
import { addressSignature, fieldsOfForm, signatureOf, signedPartOf } from './signatures.ts'

const timeoutMs = 5_000
const maxBytes = 256 * 1024
const accept = 'application/json, application/xml, text/xml'
const formType = 'application/x-www-form-urlencoded'

/** Asks an application what a call is to do next. */
export function createInstructions(
  fetch: GuardedFetch,
  clock: Pick<Clock, 'nowMs'>,
): Web['instructions'] {
  return async (wanted, signal) => {
    const request = requestOf(wanted)
    const headersFor = signerOf(wanted, clock)
    const answer = await fetch({ ...request, headersFor, timeoutMs, maxBytes, signal })
    if (answer.status < 200 || answer.status > 299)
      throw new Failure('url_unreachable', `the application answered with status ${answer.status}`)
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? ''
    // What was added to the query is no part of where the document is.
    const isThere = answer.url === URL.parse(request.url)?.href
    return {
      url: isThere ? wanted.url : answer.url,
      type: type.trim().toLowerCase(),
      text: textOf(answer.body),
    }
  }
}

function requestOf({ url, method, format, fields }: InstructionRequest) {
  if (method === 'GET') {
    return { url: withQuery(url, fields), method, headers: { accept } } satisfies Partial<Fetch>
  }
  const isForm = format === 'form'
  return {
    url,
    method,
    headers: { accept, 'content-type': isForm ? formType : 'application/json' },
    body: isForm ? new URLSearchParams(textsOf(fields)).toString() : JSON.stringify(fields),
  } satisfies Partial<Fetch>
}

/**
 * Each request on the way has a signature of its own. The form that users of TwiML check is over an address and the
 * fields of a form: a JSON body can not have it.
 */
function signerOf(
  { format = 'json', secrets = [] }: InstructionRequest,
  clock: Pick<Clock, 'nowMs'>,
) {
  // It has room for one: the one before stays until its time is over.
  const oldest = secrets.at(-1)
  return (request: Pick<OutgoingRequest, 'url' | 'body'>): Record<string, string> => {
    if (oldest === undefined) return {}
    const { url, body } = request
    const own = signatureOf(signedPartOf(request), secrets, clock.nowMs())
    if (body !== undefined && format === 'json') return { 'x-ringdown-signature': own }
    const fields = body === undefined ? {} : fieldsOfForm(body)
    return {
      'x-ringdown-signature': own,
      'x-twilio-signature': addressSignature(url, fields, oldest),
    }
  }
}

type Fields = InstructionRequest['fields']

/** Fields that are null or undefined are left out, objects are JSON. */
function textsOf(fields: Fields): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === null || value === undefined) return []
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
  })
}

function withQuery(text: string, fields: Fields): string {
  const url = URL.parse(text)
  if (url === null) throw new Failure('url_not_allowed', 'not a URL')
  for (const [name, value] of textsOf(fields)) url.searchParams.set(name, value)
  return url.href
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (error) {
    const message = 'the application gave an answer that is no text in UTF-8'
    throw new Failure('invalid_json', message, undefined, { cause: error })
  }
}
