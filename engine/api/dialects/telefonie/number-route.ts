import { type Static, Type } from 'typebox'
import { hasPassword } from '../../../app/check-verbs.ts'
import { readVerbs } from '../../../app/verb-document.ts'
import { verbsSchema } from '../../../app/verb-schema.ts'
import { Failure } from '../../../core/failures.ts'
import type { ConferenceRoute, NumberRoute } from '../../../core/ports/store.ts'
import type { Verb } from '../../../core/verbs.ts'
import { askingSchemas, readAsking, renderAsking } from './asking.ts'
import { methodSchema } from './call-schema.ts'
import { conferenceOptionFields } from './conference-schema.ts'
import { readNewConference, renderOptions } from './conference-values.ts'
import { readBox } from './forwarding.ts'
import { writeVerbs } from './write-verbs.ts'

const conferenceRouteSchema = Type.Object(
  {
    name: Type.String({
      ...{ minLength: 1, maxLength: 128 },
      description: 'The live conference of that name; where there is none it is made',
    }),
    ...conferenceOptionFields,
  },
  {
    ...{ additionalProperties: false, 'x-name': 'ConferenceRoute' },
    description: 'What it is made with. The PINs are not shown again',
  },
)

const { pin: _pin, moderator_pin: _moderatorPin, ...shownFields } = conferenceRouteSchema.properties
const shownConferenceSchema = Type.Object(
  { ...shownFields, has_pin: Type.Boolean(), has_moderator_pin: Type.Boolean() },
  { 'x-name': 'ShownConferenceRoute', description: 'What it is made with, but for the PINs' },
)

const destinations = {
  verbs: Type.Optional(Type.Unsafe<unknown>({ 'x-doc': verbsSchema })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  method: Type.Optional(methodSchema),
  ...askingSchemas,
  device: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  number: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  queue: Type.Optional(
    Type.String({
      ...{ minLength: 1, maxLength: 128 },
      description:
        'Name or id of a queue, where the caller waits; one of that name is made if there is none',
    }),
  ),
  voicemail: Type.Optional(
    Type.String({
      pattern: '^(own|VM[0-9]{10})$',
      description:
        "A voicemail box, where the caller leaves a message; own: the number's, which is made if need be",
    }),
  ),
}
const description =
  'One of verbs, url (with method, url_format and fallback_url), device (a user name), number (E.164), queue (a name or id), voicemail (a box) and conference'

/** Where calls to a number go: exactly one of verbs, url, device, number, queue, voicemail and conference. */
export const routeSchema = Type.Object(
  { ...destinations, conference: Type.Optional(conferenceRouteSchema) },
  { additionalProperties: false, 'x-name': 'NumberRoute', description },
)

/** The same as it is shown. */
export const shownRouteSchema = Type.Object(
  { ...destinations, conference: Type.Optional(shownConferenceSchema) },
  { 'x-name': 'ShownNumberRoute', description },
)

/** Failure `invalid_request`, `missing_parameter`. */
export function readNumberRoute(route: Static<typeof routeSchema>): NumberRoute {
  const { verbs, url, method, device, number, queue, voicemail, conference } = route
  const given = [verbs, url, device, number, queue, voicemail, conference].filter(
    (part) => part !== undefined,
  )
  if (given.length === 0) {
    const text = 'route needs one of verbs, url, device, number, queue, voicemail and conference'
    throw new Failure('missing_parameter', text, 'route')
  }
  if (given.length > 1) {
    throw new Failure('invalid_request', 'route can have one destination only', 'route')
  }
  const fault = (['method', 'url_format', 'fallback_url'] as const).find(
    (field) => route[field] !== undefined && url === undefined,
  )
  if (fault !== undefined) {
    throw new Failure('invalid_request', `${fault} goes with url`, `route.${fault}`)
  }
  if (url !== undefined) return { kind: 'url', url, method: method ?? 'POST', ...readAsking(route) }
  if (device !== undefined) return { kind: 'device', username: device }
  if (number !== undefined) return { kind: 'number', number }
  if (queue !== undefined) return { kind: 'queue', queue }
  if (voicemail !== undefined) return { kind: 'voicemail', box: readBox(voicemail) }
  if (conference !== undefined) return conferenceRoute(conference)
  return { kind: 'verbs', verbs: readKept(verbs) }
}

/** Whoever may look at numbers can read what is kept of them. */
function readKept(verbs: unknown): readonly Verb[] {
  const read = readVerbs(verbs)
  if (!hasPassword(read)) return read
  const text = 'the password of a callee is not kept with a number: have a url answer it'
  throw new Failure('invalid_request', text, 'route.verbs')
}

function conferenceRoute({ name, ...body }: Static<typeof conferenceRouteSchema>): ConferenceRoute {
  const { options, statusCallback } = readNewConference(body)
  return {
    ...{ kind: 'conference', name },
    ...(options !== undefined && { options }),
    ...(statusCallback !== undefined && { statusCallback }),
  }
}

export function renderNumberRoute(route: NumberRoute): Record<string, unknown> {
  switch (route.kind) {
    case 'verbs':
      return { verbs: writeVerbs(route.verbs) }
    case 'url':
      return { url: route.url, method: route.method, ...renderAsking(route) }
    case 'device':
      return { device: route.username }
    case 'number':
      return { number: route.number }
    case 'queue':
      return { queue: route.queue }
    case 'voicemail':
      return { voicemail: route.box }
    case 'conference': {
      const { name, options = {}, statusCallback } = route
      const callback = statusCallback === undefined ? {} : { status_callback: statusCallback }
      const pins = {
        has_pin: typeof options.pin === 'string',
        has_moderator_pin: typeof options.moderatorPin === 'string',
      }
      return { conference: { name, ...callback, ...pins, ...renderOptions(options) } }
    }
  }
}
