import { expect } from 'vitest'
import type { Schema } from './documents.ts'

/** Forms that texts have. A value has to have each form that the printed value has. */
const forms: Readonly<Record<string, RegExp>> = {
  'a UUID': /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'a call_ id': /^call_[0-9a-z]{13,}$/,
  'a time without a zone, with milliseconds': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/,
  'a number in E.164': /^\+[1-9]\d{6,14}$/,
  'a key of a telephone': /^[0-9*#]$/,
  'a number of seconds': /^\d+(-\d+)? seconds?$/,
}

/**
 * The answer has the printed names and no others (but `more`), values of the printed types, texts of the
 * printed forms.
 */
export function expectPrinted(
  answer: unknown,
  printed: Readonly<Record<string, unknown>>,
  more: readonly string[] = [],
): void {
  expect(typeof answer).toBe('object')
  const found = answer as Record<string, unknown>
  expect(new Set(Object.keys(found))).toEqual(new Set([...Object.keys(printed), ...more]))
  for (const [name, value] of Object.entries(printed)) {
    expect([name, typeof found[name]]).toEqual([name, typeof value])
    for (const [what, form] of Object.entries(forms)) {
      if (typeof value !== 'string' || !form.test(value)) continue
      expect(form.test(String(found[name])), `${name}: ${String(found[name])} is ${what}`).toBe(
        true,
      )
    }
  }
}

/** What is wrong with a value by a printed schema; empty = nothing. Unknown optional values may be null. */
export function faultsBySchema(
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  at = '',
): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    const named = schemas[name]
    return named ? faultsBySchema(value, named, schemas, at) : [`${at}: no schema ${name}`]
  }
  const fault = scalarFault(value, schema)
  if (fault !== undefined) return [`${at}: ${JSON.stringify(value)} ${fault}`]
  if (Array.isArray(value)) {
    const { items = {} } = schema
    return value.flatMap((item, n) => faultsBySchema(item, items, schemas, `${at}[${n}]`))
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const found = (value as Record<string, unknown>)[name]
    if (found === undefined) return [`${at}.${name} is not there`]
    if (found === null && !schema.required?.includes(name)) return []
    return faultsBySchema(found, inner, schemas, `${at}.${name}`)
  })
}

function scalarFault(value: unknown, { type, enum: words, format }: Schema): string | undefined {
  const isOf: Record<string, boolean> = {
    string: typeof value === 'string',
    integer: Number.isInteger(value),
    boolean: typeof value === 'boolean',
    array: Array.isArray(value),
    object: typeof value === 'object' && value !== null && !Array.isArray(value),
  }
  if (type !== undefined && isOf[type] !== true) return `is not of type ${type}`
  if (words && !words.includes(String(value))) return `is not one of ${words.join(', ')}`
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(String(value))
  if (format === 'date-time' && !isDate) return 'is not a date-time (RFC 3339)'
  return undefined
}
