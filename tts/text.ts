import { Failure } from '../engine/core/failures.ts'

export const MAX_TEXT_CHARACTERS = 5000
// Tab and line ends are white space; every other control character is a mistake or an attack.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

const refuse = (why: string) => new Failure('invalid_request', why, 'text')

/**
 * Checks what is to be spoken and evens out its white space.
 * @throws Failure `invalid_request` on field `text`.
 */
export function checkText(text: string): string {
  if (text.length > MAX_TEXT_CHARACTERS) {
    throw refuse(
      `The text has ${text.length} characters; at most ${MAX_TEXT_CHARACTERS} are spoken`,
    )
  }
  refuseUnspeakable(text)
  const even = text.replace(/\s+/gu, ' ').trim()
  if (even === '') throw refuse('The text is empty')
  return even
}

/** @throws Failure `invalid_request` on field `text`, for what no voice has a sound for. */
export function refuseUnspeakable(text: string): void {
  if (CONTROL.test(text)) throw refuse('The text has control characters')
  if (!text.isWellFormed()) throw refuse('The text is not valid Unicode')
}
