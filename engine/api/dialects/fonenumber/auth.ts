import { Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import { route } from '../../dialect.ts'
import { sessionKind } from './session.ts'

const byDefaultS = 3_600
const longestS = 86_400

const logInSchema = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 256, description: 'Any name' }),
    password: Type.String({ minLength: 1, maxLength: 256, description: 'An API key' }),
    expires: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ maxLength: 10 })], {
        description: `Seconds that the token is good for, 1 to ${longestS}; ${byDefaultS} when absent`,
      }),
    ),
  },
  { 'x-name': 'FoneNumberLogIn', examples: [{ username: 'me', password: 'your API key' }] },
)

const authSchema = Type.Object({
  token: Type.String({ description: 'JSON Web Token for the header `token`' }),
  expires: Type.String({ format: 'date-time' }),
})
const loggedInSchema = Type.Object(
  { auth: authSchema, authorization: authSchema },
  { 'x-name': 'FoneNumberAuthorization' },
)

export const auth = route({
  method: 'POST',
  forTestKeys: true,
  path: '/v2/auth',
  body: logInSchema,
  credentialIn: ({ password }) => password,
  needs: 'read',
  operation: {
    id: 'createAuthToken',
    tag: 'FoneNumber',
    summary: 'Get a token for the header token',
    description:
      'The password is an API key of the account; the user name may be any, it is only kept in the token. The token may what the key may, and ends with it. `auth` and `authorization` are the same object under both of the names that clients look for.',
    replies: { 201: { says: 'A token', schema: loggedInSchema } },
  },
  async run({ account, body, key: keyId }, { tokens, directory }) {
    const lifetimeS = lifetimeOf(body.expires)
    const claims = { accountId: account.id, kind: sessionKind, subject: body.username }
    const token = await tokens.issue({ ...claims, businesses: undefined, keyId }, lifetimeS)
    const expires = new Date(directory.clock.nowMs() + lifetimeS * 1000).toISOString()
    const made = { token, expires }
    return { status: 201, body: { auth: made, authorization: made } }
  },
})

function lifetimeOf(expires: number | string = byDefaultS): number {
  const seconds = /^\d{1,5}$/.test(`${expires}`) ? Number(expires) : 0
  if (seconds >= 1 && seconds <= longestS) return seconds
  const message = `expires must be 1 to ${longestS} seconds`
  throw new Failure('invalid_request', message, 'expires')
}
