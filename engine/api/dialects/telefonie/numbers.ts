import { type Static, Type } from 'typebox'
import {
  createNumber,
  getNumber,
  listNumbers,
  removeNumber,
  updateNumber,
} from '../../../app/directory/numbers.ts'
import { Failure } from '../../../core/failures.ts'
import type { NumberRecord, NumberRoute } from '../../../core/ports/store.ts'
import { type HttpMethod, type Route, route } from '../../dialect.ts'
import { methodSchema } from './call-schema.ts'
import { forwardingSchema, readForwarding, renderForwarding } from './forwarding.ts'
import { nullable } from './nullable.ts'
import {
  readNumberRoute,
  renderNumberRoute,
  routeSchema,
  shownRouteSchema,
} from './number-route.ts'
import { isoTime } from './values.ts'

const base = '/v1/voice/numbers'
const tag = 'Numbers'

const numberSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    number: Type.String({ description: 'E.164' }),
    route: shownRouteSchema,
    forwarding: forwardingSchema,
    voice_url: nullable(Type.String({ description: 'The url of the route; null without one' })),
    voice_method: nullable(methodSchema),
    date_created: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Number' },
)
/** Where calls go: `route`, or in its place the two fields that other APIs of this kind have. */
const whereSchemas = {
  route: Type.Optional(routeSchema),
  voice_url: Type.Optional(
    Type.String({
      ...{ minLength: 1, maxLength: 2048 },
      description: 'Instead of route: the same as a route with this url',
    }),
  ),
  voice_method: Type.Optional(methodSchema),
  forwarding: Type.Optional(forwardingSchema),
}
const newNumberSchema = Type.Object(
  { number: Type.String({ maxLength: 32, description: 'E.164' }), ...whereSchemas },
  {
    ...{ additionalProperties: false, 'x-name': 'NewNumber' },
    examples: [
      {
        number: '+15005550101',
        route: { verbs: [{ verb: 'say', text: 'We are closed. Goodbye.' }] },
      },
    ],
  },
)
const whereSchema = Type.Object(whereSchemas, {
  ...{ additionalProperties: false, 'x-name': 'NumberUpdate' },
  examples: [{ route: { device: '1001' } }],
})
const listSchema = Type.Object({ numbers: Type.Array(numberSchema) })
const idSchema = Type.Object({ number_id: Type.String() })

/** Failures `missing_parameter`, `invalid_request`. */
function readWhere({ route, voice_url, voice_method }: Static<typeof whereSchema>): NumberRoute {
  if (voice_url === undefined) {
    if (voice_method !== undefined) {
      throw new Failure('invalid_request', 'voice_method goes with voice_url', 'voice_method')
    }
    if (route !== undefined) return readNumberRoute(route)
    throw new Failure('missing_parameter', 'Give route or voice_url', 'route')
  }
  if (route !== undefined) {
    throw new Failure('invalid_request', 'Give route or voice_url, not both', 'voice_url')
  }
  return { kind: 'url', url: voice_url, method: voice_method ?? 'POST' }
}

/** The rules alone may be changed. */
function readChange({ forwarding, ...where }: Static<typeof whereSchema>) {
  if (forwarding === undefined) return { route: readWhere(where) }
  const rules = { forwarding: readForwarding(forwarding) }
  return Object.keys(where).length === 0 ? rules : { route: readWhere(where), ...rules }
}

/** A fault of the address is told by the name under which it was given. */
async function inWordsOf<Made>(
  { voice_url }: Static<typeof whereSchema>,
  work: Promise<Made>,
): Promise<Made> {
  try {
    return await work
  } catch (error) {
    const isOfUrl = error instanceof Failure && error.field === 'route.url'
    if (voice_url === undefined || !isOfUrl) throw error
    throw new Failure(error.code, error.message.replace('route.url', 'voice_url'), 'voice_url')
  }
}

const render = ({ id, number, route, forwarding, createdAtMs }: NumberRecord) => ({
  id,
  number,
  route: renderNumberRoute(route),
  voice_url: route.kind === 'url' ? route.url : null,
  voice_method: route.kind === 'url' ? route.method : null,
  forwarding: renderForwarding(forwarding ?? {}),
  date_created: isoTime(createdAtMs),
})

const create = route({
  method: 'POST',
  needs: 'manage',
  path: base,
  body: newNumberSchema,
  operation: {
    id: 'createNumber',
    tag,
    summary: 'Take a number into service',
    description: 'Calls to it go where its route says; calls to unknown numbers are refused.',
    replies: { 201: { says: 'Number created', schema: numberSchema } },
  },
  async run({ account, body }, { directory }) {
    const forwarding = body.forwarding && readForwarding(body.forwarding)
    const route = readWhere(body)
    const wanted = { number: body.number, route, ...(forwarding && { forwarding }) }
    const number = await inWordsOf(body, createNumber(directory, account.id, wanted))
    return {
      status: 201,
      headers: { location: `${base}/${number.id}` },
      body: render(number),
    }
  },
})

const list = route({
  method: 'GET',
  path: base,
  operation: {
    id: 'listNumbers',
    tag,
    summary: 'List numbers',
    replies: { 200: { says: 'List of numbers', schema: listSchema } },
  },
  async run({ account }, { directory }) {
    const numbers = await listNumbers(directory, account.id)
    return { status: 200, body: { numbers: numbers.map(render) } }
  },
})

const get = route({
  method: 'GET',
  path: `${base}/:number_id`,
  params: idSchema,
  operation: {
    id: 'getNumber',
    tag,
    summary: 'Get a number',
    replies: { 200: { says: 'The number', schema: numberSchema } },
  },
  async run({ account, params }, { directory }) {
    return { status: 200, body: render(await getNumber(directory, account.id, params.number_id)) }
  },
})

/** POST as for calls, and PATCH for those who expect it. */
const update = (method: HttpMethod, id: string) =>
  route({
    method,
    needs: 'manage',
    path: `${base}/:number_id`,
    params: idSchema,
    body: whereSchema,
    operation: {
      id,
      tag,
      summary: "Change a number's route, or where calls go that are not taken there",
      replies: { 200: { says: 'Number changed', schema: numberSchema } },
    },
    async run({ account, params, body }, { directory }) {
      const to = readChange(body)
      const number = await inWordsOf(
        body,
        updateNumber(directory, account.id, params.number_id, to),
      )
      return { status: 200, body: render(number) }
    },
  })

const remove = route({
  method: 'DELETE',
  needs: 'manage',
  path: `${base}/:number_id`,
  params: idSchema,
  operation: {
    id: 'deleteNumber',
    tag,
    summary: 'Take a number out of service',
    replies: { 204: { says: 'Number deleted' } },
  },
  async run({ account, params }, { directory }) {
    await removeNumber(directory, account.id, params.number_id)
    return { status: 204 }
  },
})

export const numberRoutes: readonly Route[] = [
  list,
  create,
  get,
  update('POST', 'updateNumber'),
  update('PATCH', 'patchNumber'),
  remove,
]
