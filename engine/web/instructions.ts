import { Failure } from '../core/failures.ts'
import type { Web } from '../core/ports/web.ts'
import type { Fetch, GuardedFetch } from './fetch.ts'

const timeoutMs = 5_000
const maxBytes = 256 * 1024

/** Asks an application what a call is to do next. */
export function createInstructions(fetch: GuardedFetch): Web['instructions'] {
  return async ({ url, method, fields }, signal) => {
    const answer = await fetch({ ...requestOf(url, method, fields), timeoutMs, maxBytes, signal })
    if (answer.status < 200 || answer.status > 299)
      throw new Failure('url_unreachable', `the application answered with status ${answer.status}`)
    return parse(answer.body)
  }
}

type Fields = Readonly<Record<string, unknown>>

function requestOf(url: string, method: 'GET' | 'POST', fields: Fields) {
  const headers = { accept: 'application/json' }
  if (method === 'GET')
    return { url: withQuery(url, fields), method, headers } satisfies Partial<Fetch>
  return {
    url,
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(fields),
  } satisfies Partial<Fetch>
}

/** Fields that are null or undefined are left out, objects are JSON. */
function withQuery(text: string, fields: Fields): string {
  const url = URL.parse(text)
  if (url === null) throw new Failure('url_not_allowed', 'not a URL')
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    const isObject = typeof value === 'object'
    url.searchParams.set(name, isObject ? JSON.stringify(value) : String(value))
  }
  return url.href
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    const why = body.length === 0 ? 'an empty answer' : 'an answer that is no JSON'
    const message = `the application gave ${why}`
    throw new Failure('invalid_json', message, undefined, { cause: error })
  }
}
