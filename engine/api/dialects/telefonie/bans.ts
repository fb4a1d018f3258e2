import { Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import type { Ban } from '../../../core/ports/bans.ts'
import { type Route, route } from '../../dialect.ts'
import { isoTime } from './values.ts'

const base = '/v1/voice/bans'
const tag = 'Bans'

const banSchema = Type.Object(
  {
    address: Type.String({ description: 'IP address', examples: ['203.0.113.9'] }),
    reason: Type.Union(
      [Type.Literal('digests'), Type.Literal('malformed'), Type.Literal('scanner')],
      {
        description: 'Wrong passwords, messages that are no SIP, or a program that looks for prey',
      },
    ),
    since: Type.String({ format: 'date-time' }),
    until: Type.String({ format: 'date-time' }),
    count: Type.Integer({ description: 'How often by now; each time lasts twice as long' }),
  },
  { 'x-name': 'Ban' },
)

const render = ({ address, reason, sinceMs, untilMs, count }: Ban) => ({
  ...{ address, reason, count },
  since: isoTime(sinceMs),
  until: isoTime(untilMs),
})

const list = route({
  method: 'GET',
  needs: 'operator',
  path: base,
  operation: {
    id: 'listBans',
    tag,
    summary: 'List the addresses that nothing is taken from for now',
    replies: { 200: { says: 'Bans', schema: Type.Object({ bans: Type.Array(banSchema) }) } },
  },
  async run(_request, { bans }) {
    return { status: 200, body: { bans: bans.list().map(render) } }
  },
})

const lift = route({
  method: 'DELETE',
  needs: 'operator',
  path: `${base}/:address`,
  params: Type.Object({ address: Type.String() }),
  operation: {
    id: 'liftBan',
    tag,
    summary: 'Lift a ban',
    replies: { 204: { says: 'Ban lifted' } },
  },
  async run({ params }, { bans }) {
    if (!bans.lift(params.address))
      throw new Failure('not_found', 'There is no such ban', 'address')
    return { status: 204 }
  },
})

export const banRoutes: readonly Route[] = [list, lift]
