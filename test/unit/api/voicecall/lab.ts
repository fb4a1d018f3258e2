import type { InjectOptions } from 'fastify'
import { voiceCall } from '../../../../engine/api/dialects/voicecall/index.ts'
import type { VoiceCallOptions } from '../../../../engine/api/dialects/voicecall/words.ts'
import type { JournalEntry } from '../../../../engine/core/journal.ts'
import type { TokenClaims } from '../../../../engine/core/ports/tokens.ts'
import { type ApiLab, apiLab, ours } from '../api-lab.ts'

export const path = '/v3/communication/voice_calls'
export const business = 'd290f1ee-6c54-4b01-90e6-d701748f0851'
export const staff = { kind: 'staff', subject: 'staff-7', businesses: [business] }
export const app = { kind: 'app', subject: 'app-3', businesses: [business] }
export const directory = { kind: 'directory', subject: 'directory-1', businesses: undefined }

/** The document's own examples. */
export const body = {
  staff_uid: 'd290f1ee-6c54-4b01-90e6-d701748f0851',
  client_uid: 'd290f1ee-6c54-4b01-90e6-d701748f0851',
  from_number: '+14155550148',
  to_number: '+14155550901',
  direction: 'INBOUND',
  status: 'MISSED',
  rate: '0.05',
  provider: 'VONAGE',
  source_id: 'call-src-001',
  external_uuid: 'ext-call-001',
  business_uid: business,
}
export const another = (name: string, changes: object = {}) => ({
  ...{ ...body, source_id: `src-${name}`, external_uuid: `ext-${name}` },
  ...changes,
})

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, checked where it is used
  readonly body: any
  readonly headers: Readonly<Record<string, unknown>>
}

export interface VoiceCallLab extends ApiLab {
  /** Asks with a token that says so; `staff` unless told otherwise. */
  as(claims: Partial<TokenClaims>, method: string, url: string, payload?: unknown): Promise<Answer>
  post(payload: unknown, claims?: Partial<TokenClaims>): Promise<Answer>
  change(uid: string, payload: unknown, claims?: Partial<TokenClaims>): Promise<Answer>
  get(query?: string, claims?: Partial<TokenClaims>): Promise<Answer>
  token(claims: Partial<TokenClaims>): Promise<string>
  entries(): Promise<JournalEntry[]>
}

export async function voiceCallLab(options: Partial<VoiceCallOptions> = {}): Promise<VoiceCallLab> {
  const dialect = voiceCall({ providers: [], voicemailWord: 'VOICEMAIL_RECEIVED', ...options })
  const lab = await apiLab({ dialects: [dialect], limits: { requestsPerSecond: 1e9 } })
  const token = (claims: Partial<TokenClaims>) =>
    lab.options.services.tokens.issue(
      { accountId: ours.id, ...staff, ...claims } as TokenClaims,
      86_400,
    )
  const as: VoiceCallLab['as'] = async (claims, method, url, payload) => {
    const headers = {
      authorization: `Bearer ${await token(claims)}`,
      ...(typeof payload === 'string' && { 'content-type': 'application/json' }),
    }
    const answer = await lab.app.inject({
      ...{ method: method as NonNullable<InjectOptions['method']>, url, headers },
      ...(payload !== undefined && { payload: payload as object }),
    })
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
  }
  return {
    ...lab,
    as,
    token,
    post: (payload, claims = staff) => as(claims, 'POST', path, payload),
    change: (uid, payload, claims = staff) => as(claims, 'PUT', `${path}/${uid}`, payload),
    get: (query = '', claims = staff) => as(claims, 'GET', path + query),
    entries: async () =>
      (await lab.store.journal.list(ours.id, { page: 1, pageSize: 100, sort: [] })).entries,
  }
}
