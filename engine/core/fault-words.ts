import { languagePattern } from './spoken-in.ts'
import { streamUrlForm, streamUrlPattern } from './stream-verbs.ts'

/** What must be of a pattern that tells people little. */
const patternWords: Readonly<Record<string, string>> = {
  [streamUrlPattern]: `must be an address that ${streamUrlForm}`,
  [languagePattern]: 'must be a language tag (BCP 47), such as de-AT',
}

/** A fault as the schema library tells it, as far as its words need it. */
interface SchemaFault {
  readonly message: string
  readonly params: object
}

/** What is wrong with a value, with the values that there are where only some may be. */
export function faultWords({ message, params }: SchemaFault): string {
  const { allowedValues: allowed, pattern } = params as {
    readonly allowedValues?: unknown
    readonly pattern?: unknown
  }
  if (Array.isArray(allowed)) return `must be one of ${allowed.join(', ')}`
  return (typeof pattern === 'string' ? patternWords[pattern] : undefined) ?? message
}
