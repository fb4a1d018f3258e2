import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../../core/failures.ts'

/** A signed token of this kind is a session of a browser: it stands in the cookie and nowhere else. */
export const sessionKind = 'session'
export const sessionCookie = 'ringdown_session'
/** Pages of other sites can not send it. */
export const sessionHeader = 'x-ringdown-session'
/** Where the cookie is sent. */
export const sessionPath = '/v1/voice'

/**
 * The token in the cookie of a session; undefined without one. The browser adds the cookie by itself, so besides
 * SameSite=Strict it counts only for requests of our own pages: those that say so (Sec-Fetch-Site, W3C Fetch
 * Metadata), or that have a header which other sites can not send. Failure `forbidden`.
 */
export function sessionOf(headers: IncomingHttpHeaders, method: string): string | undefined {
  const token = cookieIn(headers.cookie ?? '')
  if (token === undefined) return undefined
  const site = headers['sec-fetch-site']
  const isOwn = site === 'same-origin' || headers[sessionHeader] !== undefined
  const changesNothing = method === 'GET' || method === 'HEAD'
  if (isOwn || (changesNothing && (site === undefined || site === 'none'))) return token
  throw new Failure('forbidden', 'A session counts for our own pages: send X-Ringdown-Session')
}

/** The same for a WebSocket: the page must be of the very host and port that are asked. Failure `forbidden`. */
export function sessionOfSocket({ cookie, origin, host }: IncomingHttpHeaders): string | undefined {
  const token = cookieIn(cookie ?? '')
  if (token === undefined) return undefined
  if (origin !== undefined && URL.parse(origin)?.host === host?.toLowerCase()) return token
  throw new Failure('forbidden', 'A session counts for our own pages alone')
}

function cookieIn(cookies: string): string | undefined {
  for (const one of cookies.split(';')) {
    const [name, value] = one.trim().split('=', 2)
    if (name === sessionCookie && value !== undefined && value !== '') return value
  }
  return undefined
}

/** Set-Cookie; empty and 0 seconds to take it away. */
export const cookieFor = (token: string, lifetimeS: number, isSecure: boolean): string =>
  `${sessionCookie}=${token}; Path=${sessionPath}; Max-Age=${lifetimeS}; HttpOnly; SameSite=Strict` +
  (isSecure ? '; Secure' : '')
