import { EngineProblem } from '../words/problem.ts'
import { readCalls, readContacts, readSession, readVoicemails } from './read.ts'
import type { ContactList, RecentCall, Session, Voicemail, VoicemailFolder } from './shapes.ts'
import { eventReader, type StreamEvent } from './sse.ts'

const base = '/v1/voice/devices'
const patienceMs = 10_000

/** The engine's HTTP API, as one device sees it. Every function fails with an `EngineProblem`. */
export interface Engine {
  signIn(username: string, password: string): Promise<Session>
  /** Another token for the one that is about to run out. */
  renew(session: Session): Promise<Session>
  contacts(session: Session): Promise<ContactList>
  calls(session: Session): Promise<readonly RecentCall[]>
  /** Without a folder new and saved ones. */
  voicemails(session: Session, folder?: VoicemailFolder): Promise<readonly Voicemail[]>
  voicemailAudio(session: Session, id: string): Promise<Blob>
  /** From `deleted` it can be had back for a while. */
  moveVoicemail(session: Session, id: string, folder: VoicemailFolder): Promise<void>
  /** For good. */
  deleteVoicemail(session: Session, id: string): Promise<void>
  /** A one-use token for `device.takeOver`. */
  takeover(session: Session, callId: string): Promise<string>
  /** Follows what happens, from after that event on, until the stream ends or `signal` ends it. */
  follow(
    session: Session,
    lastId: string,
    told: (event: StreamEvent) => void,
    signal: AbortSignal,
  ): Promise<void>
}

type Send = (path: string, init?: RequestInit) => Promise<Response>

/** `send` is `fetch` outside tests. */
export function createEngine(send: Send): Engine {
  const ask = async (session: Session, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { ...jsonHeaders(init), authorization: `Bearer ${session.token}` }
    return request(send, `${pathOf(session)}${path}`, { ...init, headers })
  }
  const json = async (session: Session, path: string, init?: RequestInit): Promise<unknown> =>
    (await ask(session, path, init)).json()
  return {
    async signIn(username, password) {
      const path = `${base}/${encodeURIComponent(username)}/tokens`
      const headers = { authorization: basic(username, password) }
      const init = { method: 'POST', headers: { ...headers, ...jsonType }, body: '{}' }
      return session(await request(send, path, init))
    },
    renew: async (old) => session(await ask(old, '/tokens', { method: 'POST', body: '{}' })),
    contacts: async (session) => readContacts(await json(session, '/contacts')),
    calls: async (session) => readCalls(await json(session, '/calls')),
    voicemails: async (session, folder) =>
      readVoicemails(
        await json(session, folder === undefined ? '/voicemails' : `/voicemails?folder=${folder}`),
      ),
    voicemailAudio: async (session, id) =>
      (await ask(session, `/voicemails/${encodeURIComponent(id)}/audio`)).blob(),
    async moveVoicemail(session, id, folder) {
      const body = JSON.stringify({ folder })
      await ask(session, `/voicemails/${encodeURIComponent(id)}`, { method: 'PATCH', body })
    },
    async deleteVoicemail(session, id) {
      await ask(session, `/voicemails/${encodeURIComponent(id)}`, { method: 'DELETE' })
    },
    async takeover(session, callId) {
      const body = JSON.stringify({ call_id: callId })
      const answer = await json(session, '/takeovers', { method: 'POST', body })
      const token = isObject(answer) ? answer['token'] : undefined
      if (typeof token !== 'string') throw new EngineProblem('refused', 'No token came back.')
      return token
    },
    follow: async (session, lastId, told, signal) => {
      const place = lastId === '' ? {} : { 'last-event-id': lastId }
      const bearer = { authorization: `Bearer ${session.token}` }
      const headers = { ...bearer, ...place, accept: 'text/event-stream' }
      const answer = await request(send, `${pathOf(session)}/feed`, { headers, signal }, false)
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
      const read = eventReader(told)
      for (;;) {
        const piece = await reader?.read()
        if (piece === undefined || piece.done) return
        read(piece.value)
      }
    },
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const pathOf = ({ username }: Session): string => `${base}/${encodeURIComponent(username)}`
const jsonType = { 'content-type': 'application/json' }
const jsonHeaders = ({ body }: RequestInit) => (typeof body === 'string' ? jsonType : {})

/** RFC 7617, in UTF-8. */
function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

async function session(response: Response): Promise<Session> {
  const read = readSession(await response.json().catch(() => undefined))
  if (read === undefined) throw new EngineProblem('refused', 'The answer was not understood.')
  return read
}

/** A good answer; everything else is thrown as what it means. */
async function request(
  send: Send,
  path: string,
  init: RequestInit,
  isShort = true,
): Promise<Response> {
  const limit = isShort ? { signal: AbortSignal.timeout(patienceMs) } : {}
  const response = await send(path, { cache: 'no-store', ...limit, ...init }).catch(() => undefined)
  if (response === undefined) throw new EngineProblem('unreachable', 'No answer came.')
  if (response.ok) return response
  throw await problemOf(response, new Headers(init.headers).get('authorization') ?? '')
}

async function problemOf(response: Response, authorization: string): Promise<EngineProblem> {
  const body: unknown = await response.json().catch(() => undefined)
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const said = typeof error['message'] === 'string' ? error['message'] : ''
  const message = said === '' ? `It answered ${response.status}.` : said
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterS = Number.isFinite(retryAfter) ? retryAfter : undefined
  switch (response.status) {
    case 401:
      return new EngineProblem(
        authorization.startsWith('Basic') ? 'wrong-credentials' : 'signed-out',
        message,
      )
    case 404:
      return new EngineProblem('missing', message)
    case 429:
      return new EngineProblem('locked', message, retryAfterS)
    case 502:
    case 503:
    case 504:
      return new EngineProblem('unreachable', message, retryAfterS)
    default:
      return new EngineProblem('refused', message)
  }
}
