import { type Static, Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { ApiKeyRecord } from '../../../core/ports/keys.ts'
import { scopes } from '../../../core/scopes.ts'
import { nullable } from './nullable.ts'
import { isoTime, readTime } from './values.ts'

const scopeList = nullable(
  Type.Array(Type.Enum([...scopes]), {
    ...{ minItems: 1, uniqueItems: true },
    description:
      'What it is for: read (every GET), calls (make and control calls), manage (devices, numbers, keys, the account), money, operator (only of the operator). Null = all that the account may',
  }),
)
const expiresAt = nullable(
  Type.String({ description: 'ISO 8601; from then on it is refused. Null = never' }),
)
const name = Type.String({ maxLength: 100 })

const fields = {
  id: Type.String({ format: 'uuid' }),
  name,
  hint: Type.String({ description: 'How it begins', examples: ['sk_live_Ab3x…'] }),
  scopes: scopeList,
  test: Type.Boolean({ description: 'Its calls reach the lab carrier alone' }),
  date_created: Type.String({ format: 'date-time' }),
  expires_at: nullable(Type.String({ format: 'date-time' })),
  last_used: nullable(Type.String({ format: 'date-time', description: 'To the minute' })),
}
export const keySchema = Type.Object(fields, { 'x-name': 'ApiKey' })
export const madeKeySchema = Type.Object(
  { ...fields, key: Type.String({ description: 'Shown here and never again' }) },
  { 'x-name': 'NewApiKeyMade' },
)
export const newKeySchema = Type.Object(
  {
    name: Type.Optional(name),
    scopes: Type.Optional(scopeList),
    expires_at: Type.Optional(expiresAt),
    test: Type.Optional(Type.Boolean({ description: 'A test key, sk_test_…' })),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'NewApiKey' },
    examples: [{ name: 'reports', scopes: ['read'] }],
  },
)
export const keyChangeSchema = Type.Partial(
  Type.Object({ name, scopes: scopeList, expires_at: expiresAt }),
  {
    ...{ additionalProperties: false, minProperties: 1, 'x-name': 'ApiKeyChange' },
    examples: [{ scopes: ['read', 'calls'] }],
  },
)

export const renderKey = (key: ApiKeyRecord) => ({
  ...{ id: key.id, name: key.name, hint: key.hint, test: key.isTest },
  scopes: key.scopes === null ? null : [...key.scopes],
  date_created: isoTime(key.createdAtMs),
  expires_at: isoTime(key.expiresAtMs),
  last_used: isoTime(key.lastUsedAtMs),
})

/** Failure `invalid_request`. */
export function readKeyWish(body: Static<typeof keyChangeSchema>) {
  return { name: body.name, scopes: body.scopes, expiresAtMs: readExpiry(body.expires_at) }
}

function readExpiry(text: string | null | undefined): number | null | undefined {
  if (text === null || text === undefined) return text
  const atMs = readTime(text)
  if (atMs !== undefined) return atMs
  throw new Failure('invalid_request', 'expires_at must be an ISO 8601 time', 'expires_at')
}
