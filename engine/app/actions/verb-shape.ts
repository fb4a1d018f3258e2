import { type Static, Type } from 'typebox'
import type { ActionVerb } from '../../core/action-verbs.ts'
import { Failure } from '../../core/failures.ts'
import { type CallId, isUuid } from '../../core/ids.ts'
import { about, party, seconds, url } from '../verb-shapes/fields.ts'
import { mutables } from './mute.ts'

const slot = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$', description })

export const muteShape = Type.Object(
  {
    verb: Type.Literal('mute'),
    what: Type.Optional(
      Type.Unsafe<(typeof mutables)[number]>({
        ...{ type: 'string', enum: [...mutables], default: 'says' },
        description: "What the call's phone says, what it hears, or both",
      }),
    ),
    on: Type.Optional(Type.Boolean({ default: true, description: 'false ends it' })),
  },
  about('mute', 'From here on nobody hears the phone of the call, or it hears nobody.'),
)
export const parkShape = Type.Object(
  {
    verb: Type.Literal('park'),
    slot: Type.Optional(slot('If absent the lowest that is free from 701 on')),
    timeout: Type.Optional(seconds(1, 86_400, 300, 'How long it waits there')),
    music_url: Type.Optional(url('A WAV in place of the usual music on hold')),
  },
  about(
    'park',
    'Waits on a slot, with music, to be picked up, which ends this list; goes on when nobody came.',
  ),
)
export const pickUpShape = Type.Object(
  { verb: Type.Literal('pickup'), slot: slot('On which slot') },
  about('pickup', 'Talks to whoever is parked there, and hangs up then; goes on when nobody is.'),
)
export const bridgeShape = Type.Object(
  {
    verb: Type.Literal('bridge'),
    call_id: Type.String({ format: 'uuid', description: 'A call of yours that is up' }),
  },
  about('bridge', 'Talks to another call, out of whatever that does, and hangs up then.'),
)
export const transferShape = Type.Object(
  {
    verb: Type.Literal('transfer'),
    to: party("Whom to call: a number in E.164, a device's user name, or a SIP address"),
  },
  about(
    'transfer',
    'Calls somebody, talks to him, and hangs up then; goes on when he does not answer. Told by events as a transfer by the API is.',
  ),
)

type ActionDocument =
  | Static<typeof muteShape>
  | Static<typeof parkShape>
  | Static<typeof pickUpShape>
  | Static<typeof bridgeShape>
  | Static<typeof transferShape>

/** Failure `invalid_request`. */
export function readActionVerb(given: ActionDocument): ActionVerb {
  if (given.verb === 'bridge') {
    if (isUuid(given.call_id)) return { verb: 'bridge', callId: given.call_id as CallId }
    throw new Failure('invalid_request', 'bridge: call_id is not the id of a call', 'verbs')
  }
  if (given.verb !== 'park') return given
  const { timeout, music_url, ...rest } = given
  return {
    ...rest,
    ...(timeout !== undefined && { timeoutMs: Math.round(timeout * 1000) }),
    ...(music_url !== undefined && { musicUrl: music_url }),
  }
}

/** The reverse. */
export function writeActionVerb(verb: ActionVerb): Record<string, unknown> {
  if (verb.verb === 'bridge') return { verb: 'bridge', call_id: verb.callId }
  if (verb.verb !== 'park') return { ...verb }
  const { timeoutMs, musicUrl, ...rest } = verb
  return {
    ...rest,
    ...(timeoutMs !== undefined && { timeout: timeoutMs / 1000 }),
    ...(musicUrl !== undefined && { music_url: musicUrl }),
  }
}
