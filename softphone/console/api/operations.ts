import { isObject, isTrue, type Json, objectOf, text } from './json.ts'

/** A route of the API, by the id of its operation. */
export interface Operation {
  readonly id: string
  readonly method: string
  /** With parameters as `{name}`. */
  readonly path: string
  readonly summary: string
  /** Of the key that asks. */
  readonly scope: string
  /** A test key may ask it. */
  readonly isForTestKeys: boolean
  /** Resolved; undefined: it takes no body. */
  readonly body: Json | undefined
}

export type Operations = ReadonlyMap<string, Operation>

const methods: readonly string[] = ['get', 'post', 'put', 'patch', 'delete']

/** Reads an OpenAPI document; what is odd in it is passed over. */
export function operationsOf(document: unknown): Operations {
  const schemas = objectOf(objectOf(objectOf(document)['components'])['schemas'])
  const found = new Map<string, Operation>()
  for (const [path, item] of Object.entries(objectOf(objectOf(document)['paths']))) {
    for (const [method, one] of Object.entries(objectOf(item))) {
      if (!methods.includes(method) || !isObject(one)) continue
      const id = one['operationId']
      if (typeof id !== 'string') continue
      const summary = typeof one['summary'] === 'string' ? one['summary'] : id
      const body = bodySchema(one)
      found.set(id, {
        ...{ id, method: method.toUpperCase(), path, summary },
        scope: text(one, 'x-scope'),
        isForTestKeys: isTrue(one, 'x-test-keys'),
        body: body && resolved(body, schemas),
      })
    }
  }
  return found
}

/** Whether the key that asked for its account may ask an operation of this id. */
export function mayAsk(operations: Operations, account: Json, id: string): boolean {
  const operation = operations.get(id)
  const key = objectOf(account['key'])
  if (operation === undefined || (isTrue(key, 'test') && !operation.isForTestKeys)) return false
  return hasScope(account, operation.scope)
}

export function hasScope(account: Json, scope: string): boolean {
  const { scopes } = objectOf(account['key'])
  return Array.isArray(scopes) && scopes.includes(scope)
}

function bodySchema(operation: Json): Json | undefined {
  const content = objectOf(objectOf(operation['requestBody'])['content'])
  const schema = objectOf(content['application/json'])['schema']
  return isObject(schema) ? schema : undefined
}

/** What a `$ref` stands for, with the words beside it. */
export function resolved(schema: Json, schemas: Json): Json {
  const ref = schema['$ref']
  if (typeof ref !== 'string') return withParts(schema, schemas)
  const { $ref: _, ...beside } = schema
  const target = schemas[ref.slice(ref.lastIndexOf('/') + 1)]
  return withParts({ ...objectOf(target), ...beside }, schemas)
}

/** Properties one level down, which is as far as forms go. */
function withParts(schema: Json, schemas: Json): Json {
  const properties = schema['properties']
  if (!isObject(properties)) return schema
  const parts = Object.entries(properties).map(([name, part]) => {
    const ref = objectOf(part)['$ref']
    if (typeof ref !== 'string') return [name, part]
    return [name, { ...objectOf(schemas[ref.slice(ref.lastIndexOf('/') + 1)]), ...objectOf(part) }]
  })
  return { ...schema, properties: Object.fromEntries(parts) }
}

/** The address of an operation. Parameters of the path that are missing stay as they are, and are answered 404. */
export function addressOf(
  { path }: Operation,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    params[name] === undefined ? whole : encodeURIComponent(params[name]),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? filled : `${filled}?${search}`
}
