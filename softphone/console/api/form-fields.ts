import { isObject, type Json, objectOf } from './json.ts'

/** One input of a form, made of a property of a schema. */
export interface FormField {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly kind:
    | 'text'
    | 'lines'
    | 'secret'
    | 'number'
    | 'switch'
    | 'choice'
    | 'choices'
    | 'route'
    | 'words'
    | 'json'
  readonly isRequired: boolean
  readonly isNullable: boolean
  readonly choices: readonly string[]
  readonly isWhole: boolean
  readonly least: number | undefined
  readonly most: number | undefined
  /** As it is typed in. */
  readonly otherwise: string
}

/** The inputs of a body; required ones first, each group in the schema's order. */
export function formFields(schema: Json | undefined): readonly FormField[] {
  const required = Array.isArray(schema?.['required']) ? schema['required'] : []
  const fields = Object.entries(objectOf(schema?.['properties']))
    .filter(([, part]) => isObject(part))
    .map(([name, part]) => fieldOf(name, objectOf(part), required.includes(name)))
  return [...fields.filter((one) => one.isRequired), ...fields.filter((one) => !one.isRequired)]
}

function fieldOf(name: string, part: Json, isRequired: boolean): FormField {
  const types = typesOf(part)
  const choices = [...choicesOf(part), ...choicesOf(objectOf(part['items']))]
  return {
    ...{ name, isRequired, choices },
    label: labelOf(name),
    hint: typeof part['description'] === 'string' ? part['description'] : '',
    kind: kindOf(name, types, choices, part),
    isNullable: types.includes('null'),
    isWhole: types.includes('integer'),
    least: numberIn(part['minimum']),
    most: numberIn(part['maximum']),
    otherwise: part['default'] === undefined ? '' : shownValue(part['default']),
  }
}

const choicesOf = (part: Json): readonly string[] =>
  (Array.isArray(part['enum']) ? part['enum'] : []).filter((one) => typeof one === 'string')

/** `max_calls` is "Max calls", and `webhook_url` "Webhook URL". */
export function labelOf(name: string): string {
  const words = name
    .replaceAll('_', ' ')
    .replace(/\b(?:csv|pin|url)\b/g, (word) => word.toUpperCase())
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const numberIn = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined

function typesOf(part: Json): readonly string[] {
  const type = part['type']
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((one) => typeof one === 'string')
  const either = part['anyOf'] ?? part['oneOf']
  if (Array.isArray(either)) return either.flatMap((one) => typesOf(objectOf(one)))
  return part['properties'] === undefined ? ['any'] : ['object']
}

function kindOf(
  name: string,
  types: readonly string[],
  choices: readonly string[],
  part: Json,
): FormField['kind'] {
  const real = types.filter((type) => type !== 'null')
  const [type] = real
  if (new Set(real).size !== 1) return 'json'
  if (choices.length > 0 && type === 'string') return 'choice'
  if (type === 'string') return kindOfText(name, part)
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'switch'
  const isWords = type === 'array' && typesOf(objectOf(part['items'])).join() === 'string'
  if (isWords) return choices.length > 0 ? 'choices' : 'words'
  return name === 'route' && type === 'object' ? 'route' : 'json'
}

/** What has a media type of its own, as a CSV has, is of several lines, which an input of one would run together. */
function kindOfText(name: string, part: Json): FormField['kind'] {
  if (/password|secret/.test(name)) return 'secret'
  return part['contentMediaType'] === undefined ? 'text' : 'lines'
}

/** A value as it stands in an input. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

/** What was typed in as it is sent. Undefined: it is left out. Throws an Error in words for people. */
export function readField(field: FormField, typed: string): unknown {
  const trimmed = field.kind === 'secret' ? typed : typed.trim()
  if (field.kind === 'words') return wordsIn(trimmed)
  if (trimmed === '') return field.isNullable ? null : undefined
  return readValue(field, trimmed)
}

function readValue({ kind, label }: FormField, typed: string): unknown {
  switch (kind) {
    case 'switch':
      return typed === 'true'
    case 'choices':
      return wordsIn(typed)
    case 'number': {
      const value = Number(typed)
      if (Number.isFinite(value)) return value
      throw new Error(`${label} must be a number`)
    }
    case 'json':
    case 'route':
      return readJson(label, typed)
    default:
      return typed
  }
}

function readJson(label: string, typed: string): unknown {
  try {
    return JSON.parse(typed) as unknown
  } catch {
    throw new Error(`${label} must be JSON`)
  }
}

const wordsIn = (text: string): readonly string[] =>
  text
    .split(/[\s,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '')

/**
 * The body of a form. A new object leaves out what was not touched; a change sends only what differs from `before`.
 */
export function bodyOf(
  fields: readonly FormField[],
  typed: Readonly<Record<string, string>>,
  before: Json | undefined,
): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const field of fields) {
    const now = typed[field.name] ?? ''
    const was = before === undefined ? field.otherwise : shownValue(before[field.name])
    if (now === was && !(before === undefined && field.isRequired)) continue
    const value = readField(field, now)
    if (value !== undefined && !(before === undefined && value === null)) body[field.name] = value
  }
  return body
}
