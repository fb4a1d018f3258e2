import { Type } from 'typebox'
import {
  changeKey,
  createKey,
  type Giver,
  getKey,
  listKeys,
  revokeKey,
} from '../../../app/directory/keys.ts'
import { type ApiRequest, type Route, route } from '../../dialect.ts'
import {
  keyChangeSchema,
  keySchema,
  madeKeySchema,
  newKeySchema,
  readKeyWish,
  renderKey,
} from './key-schema.ts'

const base = '/v1/voice/keys'
const tag = 'Keys'
const byId = { path: `${base}/:key_id`, params: Type.Object({ key_id: Type.String() }) }
const notThere = { 404: { says: 'There is no such key' } }

/** Nobody gives more than he has. */
export const giverOf = ({
  account,
  scopes = null,
}: Pick<ApiRequest<unknown, unknown, unknown>, 'account' | 'scopes'>): Giver => ({
  scopes,
  isTest: account.isTest ?? false,
})

const create = route({
  method: 'POST',
  path: base,
  body: newKeySchema,
  bodyIsOptional: true,
  needs: 'manage',
  operation: {
    ...{ id: 'createKey', tag, summary: 'Make an API key' },
    description:
      'The key is shown in the answer and never again: only its SHA-256 is kept. It gets no scope that the key that asks has not.',
    replies: { 201: { says: 'Key made', schema: madeKeySchema } },
  },
  async run(request, { directory }) {
    const { account, body } = request
    const wish = { ...readKeyWish(body), isTest: body.test }
    const { key, text } = await createKey(directory, account, wish, giverOf(request))
    return {
      status: 201,
      headers: { location: `${base}/${key.id}` },
      body: { ...renderKey(key), key: text },
    }
  },
})

const list = route({
  method: 'GET',
  path: base,
  operation: {
    ...{ id: 'listKeys', tag, summary: 'List API keys' },
    description: 'The newest first; of the keys themselves only how they begin.',
    replies: {
      200: { says: 'List of keys', schema: Type.Object({ keys: Type.Array(keySchema) }) },
    },
  },
  async run({ account }, { directory }) {
    return { status: 200, body: { keys: (await listKeys(directory, account)).map(renderKey) } }
  },
})

const get = route({
  method: 'GET',
  ...byId,
  operation: {
    ...{ id: 'getKey', tag, summary: 'Get an API key' },
    replies: { 200: { says: 'The key', schema: keySchema }, ...notThere },
  },
  async run({ account, params }, { directory }) {
    return { status: 200, body: renderKey(await getKey(directory, account, params.key_id)) }
  },
})

const change = route({
  method: 'PATCH',
  ...byId,
  body: keyChangeSchema,
  needs: 'manage',
  operation: {
    ...{ id: 'updateKey', tag, summary: 'Change what an API key is for, or its end' },
    description: 'Counts at once, at open WebSockets too. Fields that are not given stay.',
    replies: { 200: { says: 'Key changed', schema: keySchema }, ...notThere },
  },
  async run(request, { directory }) {
    const { account, params, body } = request
    const wish = readKeyWish(body)
    const key = await changeKey(directory, account, params.key_id, wish, giverOf(request))
    return { status: 200, body: renderKey(key) }
  },
})

const revoke = route({
  method: 'DELETE',
  ...byId,
  needs: 'manage',
  operation: {
    ...{ id: 'revokeKey', tag, summary: 'Revoke an API key' },
    description:
      'At once: its WebSockets and sessions end, too. A key can not revoke itself. The key of the setting RINGDOWN_API_KEY is there again after the next start, as long as it is set.',
    replies: {
      204: { says: 'Key revoked' },
      403: { says: 'It is the key that asks' },
      ...notThere,
    },
  },
  async run({ account, params, key }, { directory }) {
    await revokeKey(directory, account, params.key_id, key)
    return { status: 204 }
  },
})

export const keyRoutes: readonly Route[] = [list, create, get, change, revoke]
