import type { TSchema } from 'typebox'
import type { Dialect, Route } from '../dialect.ts'
import { isForTestKeys, scopeOf } from '../frame/permit.ts'
import { Components, type Json } from './components.ts'
import { deviceSchemeNames, deviceSchemes, schemesOf } from './security.ts'

/** Where the document of a dialect is served. */
export const documentPath = ({ id }: Pick<Dialect, 'id'>): string => `/openapi/${id}.json`

/**
 * The OpenAPI 3.1 document of one dialect, made from the schemas that check its requests. `serverUrl` is
 * where clients reach the engine, without a slash at the end.
 */
export function openApi(
  dialect: Dialect,
  about: { readonly version: string; readonly serverUrl: string },
): Json {
  const components = new Components()
  const paths: Record<string, Json> = {}
  for (const route of dialect.routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operation(dialect, route, components)
  }
  const schemes = schemesOf(dialect.credentials)
  return {
    openapi: '3.1.0',
    info: {
      title: dialect.title,
      version: about.version,
      description: descriptionOf(dialect),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: about.serverUrl }],
    security: required(Object.keys(schemes)),
    tags: [...new Set(dialect.routes.map(({ operation: { tag } }) => tag))].map((name) => ({
      name,
    })),
    paths,
    components: {
      securitySchemes: { ...schemes, ...deviceSchemes(dialect.routes) },
      schemas: components.sorted(),
    },
  }
}

/** Any one of them will do. */
const required = (schemes: readonly string[]): Json[] => schemes.map((name) => ({ [name]: [] }))

/** What the dialect says of itself, and what the frame does for it. */
export function descriptionOf({ description, requestsPerSecond, needsHttps }: Dialect): string {
  return [
    description,
    ...(needsHttps ? ['It is served over HTTPS, unless the operator allows plain HTTP.'] : []),
    ...(requestsPerSecond
      ? [`An account may send ${requestsPerSecond} requests a second; more are answered 429.`]
      : []),
  ].join(' ')
}

function operation(dialect: Dialect, route: Route, components: Components): Json {
  const { id, summary, tag, description, replies, produces, alsoProduces = [] } = route.operation
  const own = Object.keys(schemesOf(dialect.credentials))
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
  ]
  return {
    operationId: id,
    summary,
    description: [description, needOf(route), testKeysOf(route), idempotencyOf(route)]
      .filter(Boolean)
      .join(' '),
    'x-scope': scopeOf(route),
    'x-test-keys': isForTestKeys(route),
    tags: [tag],
    // The credential of a log-in stands in its body.
    ...(route.credentialIn ? { security: [] } : {}),
    ...(route.ofDevice
      ? { security: required([...own, ...deviceSchemeNames(route.ofDevice)]) }
      : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body && {
      requestBody: bodyOf(dialect, route, route.body, components),
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, { says, schema }]) => {
          const shape = schema ?? (Number(status) >= 400 ? dialect.errorSchema : undefined)
          const content = {
            ...contentOf(shape, status, produces, components),
            ...(status.startsWith('2') ? contentOfTypes(alsoProduces) : {}),
          }
          return [
            status,
            { description: says, ...(Object.keys(content).length > 0 && { content }) },
          ]
        }),
      ),
      default: {
        description: 'A refusal',
        content: json(dialect.errorSchema, components),
      },
    },
  }
}

const needOf = (route: Route): string =>
  scopeOf(route) === 'operator'
    ? 'For the operator alone; others are answered 403.'
    : `Takes a key with the scope ${scopeOf(route)}.`

const testKeysOf = (route: Route): string =>
  isForTestKeys(route) ? '' : 'Test keys are answered 403.'

const idempotencyOf = ({ method, credentialIn, makesCall }: Route): string =>
  method === 'POST' && !credentialIn
    ? `With the header Idempotency-Key (1 to 255 characters) it is done once: the same request again within 24 hours is answered as before, with Idempotency-Replayed: true. Where the engine crashed or failed (500) before it answered, ${makesCall ? 'the call that was begun is found' : 'it is refused with 409 `outcome_unknown`, and what was made can be looked for'}.`
    : ''

/** One schema, in every content type that the dialect reads. */
function bodyOf(
  { bodies = [] }: Dialect,
  { bodyIsOptional, alsoReads = [] }: Route,
  body: TSchema,
  components: Components,
): Json {
  const schema = components.lift(body)
  const types = new Set(['application/json', ...bodies.map(({ type }) => type)])
  return {
    required: !bodyIsOptional,
    content: {
      ...Object.fromEntries([...types].map((type) => [type, { schema }])),
      ...contentOfTypes(alsoReads.map(({ type }) => type)),
    },
  }
}

function contentOf(
  schema: TSchema | undefined,
  status: string,
  produces: string | undefined,
  components: Components,
): Json {
  if (schema) return json(schema, components)
  return produces && status.startsWith('2') ? contentOfTypes([produces]) : {}
}

/** Bodies that no schema describes. */
const contentOfTypes = (types: readonly string[]): Json =>
  Object.fromEntries(types.map((type) => [type, {}]))

const json = (schema: TSchema, components: Components): Json => ({
  'application/json': { schema: components.lift(schema) },
})

function parametersOf(
  where: 'path' | 'query',
  schema: TSchema | undefined,
  components: Components,
): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: components.lift(rest),
  }))
}
