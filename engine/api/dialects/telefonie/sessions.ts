import { Type } from 'typebox'
import { type Route, route } from '../../dialect.ts'
import { cookieFor, sessionKind } from '../../frame/session.ts'
import { isoTime } from './values.ts'

const path = '/v1/voice/sessions'
const tag = 'Keys'
const longestS = 8 * 3_600

const open = route({
  method: 'POST',
  forTestKeys: true,
  path,
  body: Type.Object(
    { key: Type.String({ minLength: 1, maxLength: 256, description: 'An API key' }) },
    {
      ...{ additionalProperties: false, 'x-name': 'NewSession' },
      examples: [{ key: 'your API key' }],
    },
  ),
  credentialIn: ({ key }) => key,
  needs: 'read',
  operation: {
    ...{ id: 'createSession', tag, summary: 'Log a browser in with an API key' },
    description: `For pages of this engine: a cookie that scripts can not read (HttpOnly, SameSite=Strict) stands for the key for ${longestS / 3_600} hours, or as long as the key is good. Requests that change something need the header X-Ringdown-Session (any value) or come from a page of the same origin by Sec-Fetch-Site.`,
    replies: {
      201: {
        says: 'The browser is logged in; Set-Cookie',
        schema: Type.Object({ expires_at: Type.String({ format: 'date-time' }) }),
      },
    },
  },
  async run({ account, key, endsAtMs, isSecure }, { tokens, directory }) {
    const nowMs = directory.clock.nowMs()
    const leftS = endsAtMs === undefined ? longestS : Math.floor((endsAtMs - nowMs) / 1000)
    const lifetimeS = Math.max(1, Math.min(longestS, leftS))
    const content = { accountId: account.id, kind: sessionKind, subject: null, keyId: key }
    const token = await tokens.issue({ ...content, businesses: undefined }, lifetimeS)
    return {
      status: 201,
      headers: { 'set-cookie': cookieFor(token, lifetimeS, isSecure) },
      body: { expires_at: isoTime(nowMs + lifetimeS * 1000) },
    }
  },
})

const close = route({
  method: 'DELETE',
  forTestKeys: true,
  path,
  needs: 'read',
  operation: {
    ...{ id: 'endSession', tag, summary: 'Log a browser out' },
    replies: { 204: { says: 'The cookie is taken away' } },
  },
  run: async ({ isSecure }) => ({
    status: 204,
    headers: { 'set-cookie': cookieFor('', 0, isSecure) },
  }),
})

export const sessionRoutes: readonly Route[] = [open, close]
