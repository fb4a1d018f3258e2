import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'
import { orAborted } from './abort.ts'
import type { Guard } from './guard.ts'
import { type Answer, type Method, type Outgoing, requestOnce } from './request.ts'

const maxRedirects = 3

export interface Fetch {
  readonly url: string
  readonly method: Method
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For everything together: names, redirects, the whole body. */
  readonly timeoutMs: number
  /** 0 = the body is not wanted. */
  readonly maxBytes: number
  /** A webhook that becomes a GET would say nothing: then only 307 and 308 are followed. */
  readonly keepsMethod?: boolean
  /** Headers that depend on where each request goes and what it says there. */
  headersFor?(request: Pick<OutgoingRequest, 'url' | 'body'>): Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** `url`: what answered in the end. */
export type GuardedFetch = (fetch: Fetch) => Promise<Answer & { readonly url: string }>

interface Hop {
  readonly url: URL
  readonly method: Method
}

/**
 * HTTP with a limit on everything. At most 3 redirects, each checked like the first URL, none from https
 * to http. Any final status is an answer; rejects with `url_not_allowed` or `url_unreachable`.
 */
export function createFetch(guard: Guard, clock: Clock): GuardedFetch {
  return async (fetch) => {
    const url = guard.check(fetch.url)
    const { signal, release } = timeLimit(clock, fetch.timeoutMs, fetch.signal)
    try {
      return await follow(guard, fetch, { url, method: fetch.method }, signal)
    } finally {
      release()
    }
  }
}

async function follow(guard: Guard, fetch: Fetch, first: Hop, signal: AbortSignal) {
  let hop = first
  let { headers = {} } = fetch
  for (let redirects = 0; ; redirects++) {
    // A name server that does not answer must not outlast the time limit.
    const addresses = await orAborted(guard.resolve(hop.url), signal)
    const isFirstMethod = hop.method === fetch.method
    const body = isFirstMethod ? fetch.body : undefined
    const said = { url: hop.url.href, ...(body !== undefined && { body }) }
    const outgoing = {
      method: hop.method,
      headers: { ...headers, ...fetch.headersFor?.(said) },
      body,
      maxBytes: fetch.maxBytes,
    }
    const answer = await requestOnce(hop.url, addresses, outgoing, signal)
    const next = nextHop(guard, fetch, hop, answer)
    if (next === undefined) return { ...answer, url: hop.url.href }
    if (redirects === maxRedirects)
      throw new Failure('url_unreachable', `more than ${maxRedirects} redirects`)
    if (next.url.origin !== hop.url.origin) headers = withoutCredentials(headers)
    hop = next
  }
}

/**
 * Credentials are for the host that they were given for (RFC 9110 section 15.4); who was sent elsewhere and
 * back does not bring them.
 */
function withoutCredentials({ authorization: _, ...others }: Outgoing['headers']) {
  return others
}

/** RFC 9110 section 15.4: 307 and 308 keep the method, after the others a POST becomes a GET. */
function nextHop(guard: Guard, fetch: Fetch, from: Hop, answer: Answer): Hop | undefined {
  const keeps = answer.status === 307 || answer.status === 308
  const isRedirect = keeps || [301, 302, 303].includes(answer.status)
  const location = answer.headers['location']
  if (!isRedirect || location === undefined) return undefined
  if (!keeps && fetch.keepsMethod === true && from.method !== 'GET') return undefined
  const target = URL.parse(location, from.url.href)
  if (target === null)
    throw new Failure('url_unreachable', 'redirected to something that is no URL')
  const url = guard.check(target.href)
  if (from.url.protocol === 'https:' && url.protocol === 'http:')
    throw new Failure('url_not_allowed', 'redirected from https to http')
  return { url, method: keeps ? from.method : 'GET' }
}

/** Aborts with `url_unreachable` when that time is over, or with the outer signal. */
export function timeLimit(clock: Clock, timeoutMs: number, outer: AbortSignal | undefined) {
  const controller = new AbortController()
  const disarm = clock.after(timeoutMs, () => {
    controller.abort(new Failure('url_unreachable', `no whole answer within ${timeoutMs} ms`))
  })
  const onOuter = (): void => controller.abort()
  if (outer?.aborted === true) onOuter()
  outer?.addEventListener('abort', onOuter)
  const release = (): void => {
    disarm()
    outer?.removeEventListener('abort', onOuter)
  }
  return { signal: controller.signal, release }
}
