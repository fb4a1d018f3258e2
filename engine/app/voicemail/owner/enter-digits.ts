import { keyDuring, type Session, spoken } from './session.ts'

const firstKeyMs = 10_000
const nextKeyMs = 5_000
const most = 16

/** What is entered after a text, without the hash key that ends it; empty: nothing, or he has gone. */
export async function enterDigits(session: Session, text: string): Promise<string> {
  let digits = ''
  let key = await keyDuring(session, [await spoken(session, text)], firstKeyMs)
  while (key !== undefined && key !== '#' && digits.length < most) {
    digits += key
    key = await keyDuring(session, [], nextKeyMs)
  }
  return digits
}
