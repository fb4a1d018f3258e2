import type { TSchema } from 'typebox'
import type { Dialect, Route } from '../dialect.ts'

type Json = Record<string, unknown>

/**
 * The OpenAPI 3.1 document of all routes, made from the schemas that check the requests.
 */
export function openApi(
  dialects: readonly Dialect[],
  about: { readonly version: string; readonly serverUrl: string },
): Json {
  const components = new Map<string, unknown>()
  const paths: Record<string, Json> = {}
  for (const dialect of dialects) {
    for (const route of dialect.routes) {
      const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
      paths[path] ??= {}
      paths[path][route.method.toLowerCase()] = operation(dialect, route, components)
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringdown voice API',
      version: about.version,
      description: 'Make and receive phone calls, control them, record them.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: about.serverUrl }],
    security: [{ ApiKey: [] }, { Bearer: [] }],
    tags: tagsOf(dialects),
    paths,
    components: {
      securitySchemes: {
        ApiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        Bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b))),
    },
  }
}

function tagsOf(dialects: readonly Dialect[]): Json[] {
  const names = dialects.flatMap(({ routes }) => routes.map(({ operation: { tag } }) => tag))
  return [...new Set(names)].map((name) => ({ name }))
}

function operation(dialect: Dialect, route: Route, components: Map<string, unknown>): Json {
  const { id, summary, tag, description, replies, produces } = route.operation
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
  ]
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body && { requestBody: { required: true, content: json(route.body, components) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, { says, schema }]) => [
          status,
          { description: says, ...contentOf(schema, status, produces, components) },
        ]),
      ),
      default: {
        description: 'A refusal',
        content: json(dialect.errorSchema, components),
      },
    },
  }
}

function contentOf(
  schema: TSchema | undefined,
  status: string,
  produces: string | undefined,
  components: Map<string, unknown>,
): Json {
  if (schema) return { content: json(schema, components) }
  if (produces && status.startsWith('2')) return { content: { [produces]: {} } }
  return {}
}

const json = (schema: TSchema, components: Map<string, unknown>): Json => ({
  'application/json': { schema: lift(schema, components) },
})

function parametersOf(
  where: 'path' | 'query',
  schema: TSchema | undefined,
  components: Map<string, unknown>,
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
    schema: lift(rest, components),
  }))
}

/**
 * Copies a schema with its named parts moved to the components: those with `x-name`, and the `$defs` of a
 * recursive one. `x-doc` stands in for a part that is checked by other means.
 */
function lift(schema: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((part) => lift(part, components))
  if (typeof schema !== 'object' || schema === null) return schema
  const { 'x-name': name, 'x-doc': doc, $defs, $id, ...rest } = schema as Json
  for (const [key, part] of Object.entries($defs ?? {})) define(key, part, components)
  if (doc !== undefined) return { ...rest, ...(lift(doc, components) as Json) }
  if (typeof name === 'string') return define(name, rest, components)
  const copied = Object.entries(rest).map(([key, part]) => [
    key,
    key === '$ref' ? `#/components/schemas/${String(part)}` : lift(part, components),
  ])
  // All our enumerations are of texts; some readers of the document want to be told.
  return { ...('enum' in rest ? { type: 'string' } : {}), ...Object.fromEntries(copied) }
}

function define(name: string, schema: unknown, components: Map<string, unknown>): Json {
  if (!components.has(name)) {
    components.set(name, undefined)
    components.set(name, lift(schema, components))
  }
  return { $ref: `#/components/schemas/${name}` }
}
