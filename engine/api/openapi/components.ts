export type Json = Record<string, unknown>

/** The named schemas of a document, gathered while its parts are written. */
export class Components {
  readonly #schemas = new Map<string, unknown>()

  /** By name. */
  sorted(): Json {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => a.localeCompare(b)))
  }

  /**
   * Copies a schema with its named parts moved to the components: those with `x-name`, and the `$defs` of
   * a recursive one. `x-doc` stands in for a part that is checked by other means.
   */
  lift(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((part) => this.lift(part))
    if (typeof schema !== 'object' || schema === null) return schema
    const { 'x-name': name, 'x-doc': doc, $defs, $id, ...rest } = schema as Json
    for (const [key, part] of Object.entries($defs ?? {})) this.#define(key, part)
    if (doc !== undefined) return { ...rest, ...(this.lift(doc) as Json) }
    if (typeof name === 'string') return this.#define(name, rest)
    const copied: Json = {}
    for (const [key, part] of Object.entries(rest)) copied[key] = this.#part(key, part)
    return nullable(typed(copied))
  }

  /** What stands behind a keyword. Names of properties are no keywords, whatever they are called. */
  #part(key: string, part: unknown): unknown {
    if (key === '$ref') return `#/components/schemas/${String(part)}`
    if (key === 'default' || key === 'const' || key === 'enum' || key === 'examples') return part
    if (key !== 'properties' && key !== 'patternProperties') return this.lift(part)
    const entries = Object.entries(part as Json)
    return Object.fromEntries(entries.map(([name, schema]) => [name, this.lift(schema)]))
  }

  #define(name: string, schema: unknown): Json {
    if (!this.#schemas.has(name)) {
      // Known before it is written: it may name itself.
      this.#schemas.set(name, undefined)
      this.#schemas.set(name, this.lift(schema))
    }
    return { $ref: `#/components/schemas/${name}` }
  }
}

/** Some readers of the document want to be told what an enumeration is made of. */
function typed(schema: Json): Json {
  const { enum: values } = schema
  if (!Array.isArray(values) || 'type' in schema) return schema
  return values.every((value) => typeof value === 'string') ? { type: 'string', ...schema } : schema
}

/** `X or null` as one schema of two types: it says the same and is easier to read. */
function nullable(schema: Json): Json {
  const { anyOf, ...around } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema
  const [one, other] = anyOf as [Json, Json]
  if (other['type'] !== 'null' || typeof one['type'] !== 'string' || 'const' in one) return schema
  const { type, enum: values, ...rest } = one
  const orNull = Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}
  return { type: [type, 'null'], ...orNull, ...rest, ...around }
}
