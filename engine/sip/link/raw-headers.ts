/** A message as the library holds it. */
export interface HeaderSource {
  readonly headers?: Readonly<Record<string, string>>
  get(name: string): string | undefined
}

/**
 * Names under which the library keeps nothing else: it has them in lower case and in their long form.
 * Those of extensions it keeps as they came.
 */
const plain: ReadonlySet<string> = new Set([
  'authorization',
  'call-id',
  'contact',
  'cseq',
  'expires',
  'from',
  'path',
  'require',
  'supported',
  'to',
  'user-agent',
  'via',
])

/** What `get` finds, which reads the environment and walks over all names of the message each time. */
export function headerOf(message: HeaderSource, name: string): string | undefined {
  const { headers } = message
  if (headers === undefined || !plain.has(name)) return message.get(name)
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}
