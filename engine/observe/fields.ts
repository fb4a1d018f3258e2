/**
 * Makes the fields of a log entry fit to be written: secrets out, errors with their stack, everything
 * bounded, nothing that could throw while it is written.
 */

const maxDepth = 5
const maxEntries = 100
const maxTextLength = 4_096
const hidden = '[hidden]'

/** Names of fields whose values are never written. */
const secretName =
  /pass(word|wd|phrase)?$|secret|authorization|api[-_]?key|^key$|token|cookie|^ha1|credential/i

/** Secrets inside texts: headers, query strings, the user part of a URL. */
const secretTexts: readonly [RegExp, string][] = [
  [
    /\b((?:proxy-)?authorization|x-api-key|cookie|set-cookie)(\s*[:=]\s*)[^\r\n]*/gi,
    `$1$2${hidden}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${hidden}`],
  [
    /\b(password|passwd|secret|api[-_]?key|token)(=|["']?\s*:\s*["']?)[^\s&"',;]+/gi,
    `$1$2${hidden}`,
  ],
  [/\/\/[^\s/@:]*:[^\s/@]*@/g, `//${hidden}@`],
]

/** pino's own fields: a second one of the name would hide the first from some readers. */
const reserved: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'v'])

export type Fields = Readonly<Record<string, unknown>>

export function cleanFields(fields: Fields): Record<string, unknown> {
  const clean = cleanObject(fields, 0, new Set())
  const named = Object.entries(clean).map(([name, value]) => [
    reserved.has(name) ? `${name}_` : name,
    value,
  ])
  return Object.fromEntries(named)
}

export function cleanText(text: string): string {
  const cut =
    text.length > maxTextLength
      ? `${text.slice(0, maxTextLength)}... (${text.length} characters)`
      : text
  return secretTexts.reduce((rest, [pattern, by]) => rest.replace(pattern, by), cut)
}

type Seen = Set<object>

function cleanValue(value: unknown, depth: number, seen: Seen): unknown {
  switch (typeof value) {
    case 'string':
      return cleanText(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
    case 'undefined':
      return value
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return '[function]'
    case 'object':
      return value === null ? null : cleanNested(value, depth + 1, seen)
  }
}

function cleanNested(value: object, depth: number, seen: Seen): unknown {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toJSON()
  if (depth > maxDepth) return '[too deep]'
  if (seen.has(value)) return '[circular]'
  seen.add(value)
  try {
    if (value instanceof Error) return cleanError(value, depth, seen)
    if (Array.isArray(value)) return cleanArray(value, depth, seen)
    const entries = value instanceof Map ? Object.fromEntries(value) : value
    return value instanceof Set
      ? cleanArray([...value], depth, seen)
      : cleanObject(entries, depth, seen)
  } finally {
    seen.delete(value)
  }
}

function cleanArray(values: readonly unknown[], depth: number, seen: Seen): unknown[] {
  const clean = values.slice(0, maxEntries).map((value) => cleanValue(value, depth, seen))
  if (values.length > maxEntries) clean.push(`... (${values.length} in all)`)
  return clean
}

function cleanError(error: Error, depth: number, seen: Seen): Record<string, unknown> {
  const { code } = error as Error & { code?: unknown }
  return {
    type: error.name,
    message: cleanText(error.message),
    ...(code === undefined ? {} : { code: cleanValue(code, depth, seen) }),
    stack: cleanText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: cleanValue(error.cause, depth, seen) }),
  }
}

function cleanObject(fields: object, depth: number, seen: Seen): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const name of Object.keys(fields).slice(0, maxEntries)) {
    clean[name] = secretName.test(name) ? hidden : cleanValue(read(fields, name), depth, seen)
  }
  return clean
}

/** A getter may throw; a log entry must not. */
function read(fields: object, name: string): unknown {
  try {
    return (fields as Record<string, unknown>)[name]
  } catch {
    return '[unreadable]'
  }
}
