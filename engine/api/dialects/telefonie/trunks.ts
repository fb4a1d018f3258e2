import { Type } from 'typebox'
import type { DirectoryPorts } from '../../../app/directory/ports.ts'
import {
  createTrunk,
  getTrunk,
  listTrunks,
  removeTrunk,
  updateTrunk,
} from '../../../app/directory/trunks.ts'
import type { TrunkRecord } from '../../../core/ports/sip.ts'
import { type HttpMethod, type Route, route } from '../../dialect.ts'
import {
  newTrunkSchema,
  readTrunk,
  renderTrunk,
  trunkChangeSchema,
  trunkSchema,
} from './trunk-schema.ts'

const base = '/v1/voice/trunks'
const tag = 'Trunks'
const idSchema = Type.Object({ trunk_id: Type.String() })

const shown = ({ sipTrunks }: Pick<DirectoryPorts, 'sipTrunks'>, trunk: TrunkRecord) =>
  renderTrunk(trunk, sipTrunks.trunkStatus(trunk.id))

const create = route({
  method: 'POST',
  needs: 'operator',
  path: base,
  body: newTrunkSchema,
  operation: {
    id: 'createTrunk',
    tag,
    summary: 'Add a SIP trunk',
    replies: { 201: { says: 'Trunk added', schema: trunkSchema } },
  },
  async run({ body }, { directory }) {
    const { name, host } = body
    const trunk = await createTrunk(directory, { ...readTrunk(body), name, host })
    return {
      status: 201,
      headers: { location: `${base}/${trunk.id}` },
      body: shown(directory, trunk),
    }
  },
})

const list = route({
  method: 'GET',
  needs: 'operator',
  path: base,
  operation: {
    id: 'listTrunks',
    tag,
    summary: 'List SIP trunks',
    replies: {
      200: { says: 'List of trunks', schema: Type.Object({ trunks: Type.Array(trunkSchema) }) },
    },
  },
  async run(_request, { directory }) {
    const all = await listTrunks(directory)
    return { status: 200, body: { trunks: all.map((trunk) => shown(directory, trunk)) } }
  },
})

const get = route({
  method: 'GET',
  needs: 'operator',
  path: `${base}/:trunk_id`,
  params: idSchema,
  operation: {
    id: 'getTrunk',
    tag,
    summary: 'Get a SIP trunk',
    replies: { 200: { says: 'The trunk', schema: trunkSchema } },
  },
  async run({ params }, { directory }) {
    return { status: 200, body: shown(directory, await getTrunk(directory, params.trunk_id)) }
  },
})

const update = (method: HttpMethod, id: string) =>
  route({
    method,
    needs: 'operator',
    path: `${base}/:trunk_id`,
    params: idSchema,
    body: trunkChangeSchema,
    operation: {
      id,
      tag,
      summary: 'Change a SIP trunk',
      description: 'Fields that are not given stay; null takes one away.',
      replies: { 200: { says: 'Trunk changed', schema: trunkSchema } },
    },
    async run({ params, body }, { directory }) {
      const trunk = await updateTrunk(directory, params.trunk_id, readTrunk(body))
      return { status: 200, body: shown(directory, trunk) }
    },
  })

const remove = route({
  method: 'DELETE',
  needs: 'operator',
  path: `${base}/:trunk_id`,
  params: idSchema,
  operation: {
    id: 'deleteTrunk',
    tag,
    summary: 'Delete a SIP trunk',
    replies: { 204: { says: 'Trunk deleted' } },
  },
  async run({ params }, { directory }) {
    await removeTrunk(directory, params.trunk_id)
    return { status: 204 }
  },
})

export const trunkRoutes: readonly Route[] = [
  list,
  create,
  get,
  update('POST', 'updateTrunk'),
  update('PATCH', 'patchTrunk'),
  remove,
]
