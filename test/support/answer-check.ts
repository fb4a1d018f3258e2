import Schema from 'typebox/schema'
import type { Dialect } from '../../engine/api/dialect.ts'
import { openApi } from '../../engine/api/openapi/document.ts'

type Json = Readonly<Record<string, unknown>>

interface Asked {
  /** GET if not given. */
  readonly method?: string | undefined
  /** Path, with or without a query. */
  readonly url: string
}

/** As `ApiLab.ask` gives it: JSON parsed, anything else as it came; header names in small letters. */
interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/**
 * What is wrong with an answer by the OpenAPI document of its dialect; none if it keeps to it. The status
 * must be documented, the content type the one that is, and the body what the schema says, with no field
 * that it does not name.
 *
 *     expect(answerFaults(telefonie, { url }, await lab.ask({ url }))).toEqual([])
 */
export function answerFaults(dialect: Dialect, asked: Asked, answer: Answer): string[] {
  const operation = operationOf(dialect, asked)
  if (!operation) return [`no route for ${asked.method ?? 'GET'} ${asked.url}`]
  const { status } = answer
  const reply = operation.responses[status] ?? (status >= 400 ? operation.responses.default : null)
  if (!reply) return [`${status} is not documented`]
  return contentFaults(dialect, reply, answer)
}

interface Reply {
  readonly content?: Readonly<Record<string, { readonly schema?: Json }>>
}
interface Operation {
  readonly responses: Readonly<Record<string, Reply>> & { readonly default: Reply }
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Json
}

const documents = new WeakMap<Dialect, Document>()

/** With every object closed, so that a field that nobody wrote down is seen. */
function documentOf(dialect: Dialect): Document {
  const known = documents.get(dialect)
  if (known) return known
  const about = { version: '1', serverUrl: 'http://voice.example' }
  const made = closed(openApi(dialect, about)) as Document
  documents.set(dialect, made)
  return made
}

/** Parts of an `allOf` stay open: what one does not know, another may. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed)
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, key === 'allOf' ? part : closed(part)]),
  )
  const isObject = [copy['type']].flat().includes('object') && 'properties' in copy
  return isObject ? { additionalProperties: false, ...copy } : copy
}

/** A path that is spelt out wins over one with parameters. */
function operationOf(dialect: Dialect, { method = 'GET', url }: Asked): Operation | undefined {
  const [path = ''] = url.split('?', 1)
  const fits = Object.entries(documentOf(dialect).paths)
    .filter(([template]) => patternOf(template).test(path))
    .sort(([a], [b]) => a.split('{').length - b.split('{').length)
  return fits.map(([, item]) => item[method.toLowerCase()]).find((one) => one !== undefined)
}

const patternOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll(/[.+*]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)

function contentFaults(dialect: Dialect, { content }: Reply, answer: Answer): string[] {
  const { body, headers } = answer
  if (!content) return body === '' || body === undefined ? [] : ['a body, where none is documented']
  const type = String(headers['content-type'] ?? '').split(';', 1)[0] ?? ''
  const found = content[type]
  if (!found) return [`the content type ${type}, not ${Object.keys(content).join(', ')}`]
  if (!found.schema) return []
  const { components } = documentOf(dialect)
  const [fits, faults] = Schema.Compile({ components, allOf: [found.schema] }).Errors(body)
  return fits ? [] : faults.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
}
