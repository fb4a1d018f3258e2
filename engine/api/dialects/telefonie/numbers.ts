import { Type } from 'typebox'
import {
  createNumber,
  getNumber,
  listNumbers,
  removeNumber,
  updateNumber,
} from '../../../app/directory/numbers.ts'
import type { NumberRecord } from '../../../core/ports/store.ts'
import { type HttpMethod, type Route, route } from '../../dialect.ts'
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
    date_created: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'Number' },
)
const newNumberSchema = Type.Object(
  { number: Type.String({ maxLength: 32, description: 'E.164' }), route: routeSchema },
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
const changeSchema = Type.Object(
  { route: routeSchema },
  {
    ...{ additionalProperties: false, 'x-name': 'NumberUpdate' },
    examples: [{ route: { device: '1001' } }],
  },
)
const listSchema = Type.Object({ numbers: Type.Array(numberSchema) })
const idSchema = Type.Object({ number_id: Type.String() })

const render = ({ id, number, route, createdAtMs }: NumberRecord) => ({
  id,
  number,
  route: renderNumberRoute(route),
  date_created: isoTime(createdAtMs),
})

const create = route({
  method: 'POST',
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
    const wanted = { number: body.number, route: readNumberRoute(body.route) }
    const number = await createNumber(directory, account.id, wanted)
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
    path: `${base}/:number_id`,
    params: idSchema,
    body: changeSchema,
    operation: {
      id,
      tag,
      summary: "Change a number's route",
      replies: { 200: { says: 'Number changed', schema: numberSchema } },
    },
    async run({ account, params, body }, { directory }) {
      const to = readNumberRoute(body.route)
      const number = await updateNumber(directory, account.id, params.number_id, to)
      return { status: 200, body: render(number) }
    },
  })

const remove = route({
  method: 'DELETE',
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
