import { verbsSchema } from './verb-schema.ts'

type Json = Readonly<Record<string, unknown>>

/** As others read schemas: references as addresses within the document, and no names of typebox's own. */
function portable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(portable)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema as Json).flatMap(([name, value]): [string, unknown][] => {
    if (name === '$id') return []
    if (name === '$ref' && typeof value === 'string') return [[name, `#/$defs/${value}`]]
    return [[name, portable(value)]]
  })
  return Object.fromEntries(entries)
}

/** The JSON schema (2020-12) of a list of verbs, as it is published. */
export const verbsJsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Verbs',
  description:
    'What a call does: a list of verbs, as an application answers it, or as `verbs` of a call or a number.',
  ...(portable(verbsSchema) as Json),
}
