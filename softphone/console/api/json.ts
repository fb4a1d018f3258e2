// From the engine's JSON to what a page shows. What is missing or of another kind is "not known": one odd row never takes a list away.

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

export const text = (row: Json, name: string): string => {
  const value = row[name]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

export const number = (row: Json, name: string): number | undefined => {
  const value = row[name]
  return typeof value === 'number' ? value : undefined
}

export const isTrue = (row: Json, name: string): boolean => row[name] === true

export const rows = (body: unknown, name: string): readonly Json[] => {
  const list = isObject(body) ? body[name] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** Milliseconds since 1970 of an ISO time; undefined when there is none. */
export const timeMs = (row: Json, name: string): number | undefined => {
  const ms = Date.parse(text(row, name))
  return Number.isNaN(ms) ? undefined : ms
}
