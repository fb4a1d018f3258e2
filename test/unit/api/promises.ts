/**
 * What an OpenAPI document promises to clients, without its words: routes, parameters, bodies and replies
 * with their types. Two documents are compared by that.
 */

type Json = Readonly<Record<string, unknown>>

export interface Shape {
  /** Of the component that it is, if it is one. */
  readonly name?: string
  /** Several are joined: `string or null`. */
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly maximum?: number
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
}

export interface Promised {
  readonly id: string
  /** By place and name: `query page`. */
  readonly parameters: Readonly<Record<string, Shape & { readonly mustBe: boolean }>>
  readonly body?: Shape & { readonly mustBe: boolean }
  /** By status; null where nothing is said about a body. `default` is left out. */
  readonly replies: Readonly<Record<string, Shape | null>>
}

/** By method and path below the base: `GET /calls`. */
export type Promises = Readonly<Record<string, Promised>>

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}
type Content = Readonly<Record<string, { readonly schema?: Json }>>
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Json }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

/** Reads a document; only the paths below `base` count, and are named without it. */
export function promisesOf(document: Document, base: string): Promises {
  const promises: Record<string, Promised> = {}
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith(base)) continue
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method.toUpperCase()} ${path.slice(base.length)}`
      promises[name] = promiseOf(operation, document)
    }
  }
  return promises
}

function promiseOf(operation: Operation, document: Document): Promised {
  const { operationId, parameters = [], requestBody, responses } = operation
  const shape = (schema: Json) => shapeOf(schema, document)
  const inJson = (content?: Content) => content?.['application/json']?.schema
  const body = inJson(requestBody?.content)
  const replies = Object.entries(responses).filter(([status]) => status !== 'default')
  return {
    id: operationId,
    parameters: Object.fromEntries(
      parameters.map(({ name, in: place, required = false, schema }) => {
        return [`${place} ${name}`, { ...shape(schema), mustBe: required }]
      }),
    ),
    ...(body && { body: { ...shape(body), mustBe: requestBody?.required ?? false } }),
    replies: Object.fromEntries(
      replies.map(([status, { content }]) => {
        const schema = inJson(content)
        return [status, schema ? shape(schema) : null]
      }),
    ),
  }
}

const kept = ['format', 'enum', 'maximum', 'default', 'required'] as const

function shapeOf(schema: Json, document: Document, name?: string): Shape {
  const { $ref, type, properties, items } = schema
  if (typeof $ref === 'string') {
    const target = $ref.slice($ref.lastIndexOf('/') + 1)
    const found = document.components.schemas[target]
    if (!found) throw new Error(`${$ref} leads nowhere`)
    return shapeOf(found, document, target)
  }
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type: [type].flat().join(' or ') }),
    ...Object.fromEntries(kept.flatMap((key) => (key in schema ? [[key, schema[key]]] : []))),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as Record<string, Json>).map(([key, part]) => [
          key,
          shapeOf(part, document),
        ]),
      ),
    }),
    ...(items !== undefined && { items: shapeOf(items as Json, document) }),
  }
}

/** Who fills it in decides what is less than promised: clients send requests, we send replies. */
type Sender = 'client' | 'engine'

/** A line for everything that was promised and is not so in ours; what ours has besides is no matter. */
export function differences(promised: Promises, ours: Promises): ReadonlySet<string> {
  const found = Object.entries(promised).flatMap(([name, promise]) => {
    const own = ours[name]
    return own ? ofPromise(name, promise, own) : [`${name}: absent`]
  })
  // A component is looked at wherever it is used.
  return new Set(found)
}

function ofPromise(name: string, promise: Promised, own: Promised): string[] {
  const found = promise.id === own.id ? [] : [`${name}: is called ${own.id}, not ${promise.id}`]
  for (const [key, shape] of Object.entries(promise.parameters)) {
    found.push(...ofInput(`${name} ${key}`, shape, own.parameters[key]))
  }
  for (const [key, { mustBe }] of Object.entries(own.parameters)) {
    if (mustBe && !(key in promise.parameters)) found.push(`${name} ${key}: must be given`)
  }
  if (promise.body) found.push(...ofInput(`${name} body`, promise.body, own.body))
  for (const [status, shape] of Object.entries(promise.replies)) {
    const reply = own.replies[status]
    if (reply === undefined) found.push(`${name} ${status}: absent`)
    else if (shape !== null) found.push(...ofShape(`${name} ${status}`, shape, reply, 'engine'))
  }
  return found
}

type Input = Shape & { readonly mustBe: boolean }

function ofInput(where: string, input: Input, own: Input | undefined): string[] {
  const found = ofShape(where, input, own, 'client')
  return own && own.mustBe !== input.mustBe
    ? [...found, `${where}: ${own.mustBe ? 'must' : 'need not'} be given`]
    : found
}

function ofShape(
  place: string,
  shape: Shape,
  own: Shape | null | undefined,
  sender: Sender,
): string[] {
  if (!own) return [`${place}: absent`]
  const where = shape.name ?? place
  const inside = where.includes(' ') ? `${where} ` : `${where}.`
  const properties = Object.entries(shape.properties ?? {}).flatMap(([key, part]) =>
    ofShape(inside + key, part, own.properties?.[key], sender),
  )
  const items = shape.items ? ofShape(`${where}[]`, shape.items, own.items, sender) : []
  return [
    ...ofValue(shape, own, sender).map((text) => `${where}: ${text}`),
    ...ofRequired(shape, own, sender).map((text) => `${inside}${text}`),
    ...properties,
    ...items,
  ]
}

function ofValue(shape: Shape, own: Shape, sender: Sender): string[] {
  const found: string[] = []
  if (shape.type !== own.type) found.push(`is ${own.type}, not ${shape.type}`)
  if (shape.format !== undefined && shape.format !== own.format) {
    found.push(`has the format ${own.format}, not ${shape.format}`)
  }
  if (shape.default !== undefined && shape.default !== own.default) {
    found.push(`is ${String(own.default)} by default, not ${String(shape.default)}`)
  }
  // The sender's list must not be the longer one.
  const [sent, taken] = sender === 'client' ? [shape.enum, own.enum] : [own.enum, shape.enum]
  if (taken && !(sent ?? [undefined]).every((value) => value === null || taken.includes(value))) {
    found.push(`is one of ${own.enum?.join(', ')}, not of ${shape.enum?.join(', ') ?? 'all'}`)
  }
  if (sender === 'client' && (own.maximum ?? Infinity) < (shape.maximum ?? Infinity)) {
    found.push(`is ${own.maximum} at most`)
  }
  if (shape.maximum !== undefined && (own.maximum ?? Infinity) > shape.maximum) {
    found.push(`may be more than ${shape.maximum}`)
  }
  return found
}

/** Clients need not send more than was promised; we send no less. */
function ofRequired(shape: Shape, own: Shape, sender: Sender): string[] {
  const promised = shape.required ?? []
  const actual = own.required ?? []
  const missing = promised.filter((key) => !actual.includes(key))
  const added = sender === 'client' ? actual.filter((key) => !promised.includes(key)) : []
  return [
    ...missing.map((key) => `${key}: need not be there`),
    ...added.map((key) => `${key}: must be given`),
  ]
}
