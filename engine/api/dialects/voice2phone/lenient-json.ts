import { Failure } from '../../../core/failures.ts'

/**
 * JSON; or JSON whose keys are bare names, as the API's document prints its sample. Nothing else is
 * forgiven: no trailing commas, no single quotes, no comments. Failure `invalid_json`.
 */
export function readLenientJson(text: string): unknown {
  const value = parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  refusePoison(value)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parseQuoted(text)
  }
}

function parseQuoted(text: string): unknown {
  try {
    return JSON.parse(quoteBareKeys(text))
  } catch (cause) {
    throw new Failure('invalid_json', 'The body is not valid JSON', undefined, { cause })
  }
}

const space = /[ \t\n\r]/
const nameStart = /[A-Za-z_$]/
const nameRest = /[A-Za-z0-9_$]/

/**
 * Puts quotes around bare names that stand where a key does: after `{` or `,` and before a colon. Strings
 * stay as they are. Each character is looked at twice at most.
 */
export function quoteBareKeys(text: string): string {
  const parts: string[] = []
  let copiedTo = 0
  let keyMayCome = false
  let at = 0
  while (at < text.length) {
    const char = text[at] ?? ''
    if (space.test(char)) {
      at++
      continue
    }
    if (keyMayCome && nameStart.test(char)) {
      const end = skip(text, at, nameRest)
      if (text[skip(text, end, space)] === ':') {
        parts.push(text.slice(copiedTo, at), '"', text.slice(at, end), '"')
        copiedTo = end
      }
      at = end
    } else {
      at = char === '"' ? endOfString(text, at) : at + 1
    }
    keyMayCome = char === '{' || char === ','
  }
  return parts.join('') + text.slice(copiedTo)
}

/** The first place from `at` on that holds no such character. */
function skip(text: string, at: number, such: RegExp): number {
  let end = at
  while (end < text.length && such.test(text[end] ?? '')) end++
  return end
}

/** Behind the quote that closes the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** As the JSON parser of all other bodies does: such keys are only ever meant to do harm. */
function refusePoison(root: unknown): void {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    if (Object.hasOwn(value, '__proto__') || hasPrototype(ownConstructor(value))) {
      throw new Failure('invalid_json', 'The body has a key that is not allowed')
    }
    for (const child of Object.values(value)) open.push(child)
  }
}

const ownConstructor = (value: object): unknown =>
  Object.hasOwn(value, 'constructor') ? value.constructor : undefined

const hasPrototype = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
