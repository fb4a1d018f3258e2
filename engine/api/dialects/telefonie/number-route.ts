import { type Static, Type } from 'typebox'
import { readVerbs } from '../../../app/verb-document.ts'
import { verbsSchema } from '../../../app/verb-schema.ts'
import { Failure } from '../../../core/failures.ts'
import type { NumberRoute } from '../../../core/ports/store.ts'
import { methodSchema } from './call-schema.ts'
import { writeVerbs } from './write-verbs.ts'

/** Where calls to a number go: exactly one of verbs, url, device and number. */
export const routeSchema = Type.Object(
  {
    verbs: Type.Optional(Type.Unsafe<unknown>({ 'x-doc': verbsSchema })),
    url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
    method: Type.Optional(methodSchema),
    device: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    number: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  },
  {
    additionalProperties: false,
    'x-name': 'NumberRoute',
    description: 'One of verbs, url (with method), device (a user name) and number (E.164)',
  },
)

/** Failure `invalid_request`, `missing_parameter`. */
export function readNumberRoute(route: Static<typeof routeSchema>): NumberRoute {
  const { verbs, url, method, device, number } = route
  const given = [verbs, url, device, number].filter((part) => part !== undefined)
  if (given.length === 0) {
    const text = 'route needs one of verbs, url, device and number'
    throw new Failure('missing_parameter', text, 'route')
  }
  if (given.length > 1) {
    throw new Failure('invalid_request', 'route can have one destination only', 'route')
  }
  if (method !== undefined && url === undefined) {
    throw new Failure('invalid_request', 'method goes with url', 'route.method')
  }
  if (url !== undefined) return { kind: 'url', url, method: method ?? 'POST' }
  if (device !== undefined) return { kind: 'device', username: device }
  if (number !== undefined) return { kind: 'number', number }
  return { kind: 'verbs', verbs: readVerbs(verbs) }
}

export function renderNumberRoute(route: NumberRoute): Record<string, unknown> {
  switch (route.kind) {
    case 'verbs':
      return { verbs: writeVerbs(route.verbs) }
    case 'url':
      return { url: route.url, method: route.method }
    case 'device':
      return { device: route.username }
    case 'number':
      return { number: route.number }
  }
}
