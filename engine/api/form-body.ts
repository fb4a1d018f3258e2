import { Failure } from '../core/failures.ts'
import type { BodyReader } from './dialect.ts'

/**
 * HTML form bodies: an object of texts. A name that stands there twice is Failure `invalid_request`, since
 * nobody could say which of the two was meant.
 */
export const formBody = {
  type: 'application/x-www-form-urlencoded',
  read(text: string): Record<string, string> {
    const fields = new Map<string, string>()
    for (const [name, value] of new URLSearchParams(text)) {
      if (fields.has(name)) {
        const field = name.slice(0, 100)
        throw new Failure('invalid_request', `${field} is given more than once`, field)
      }
      fields.set(name, value)
    }
    // Properties of the object itself, whatever their names are.
    return Object.fromEntries(fields)
  },
} satisfies BodyReader
