// Wraps libphonenumber-js. Its smallest data (`min`: 83 kB, `max`: 157 kB) has what is asked of it here:
// each region's prefixes and the lengths that a number there can have.
import {
  type CountryCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/min'
import { Failure } from '../../../core/failures.ts'
import { isE164 } from '../../../core/numbers.ts'

const numberField = 'Phone.Number'
const countryField = 'Phone.CountryCode'

/**
 * A number as people of that country write it, in E.164. A plus or the country's own international
 * prefix makes it a number of the whole world. That it is possible is enough: which possible numbers are
 * in use changes faster than a copy of the numbering plans, and the carrier knows. Failures
 * `invalid_request` (no such country), `invalid_phone_number`.
 */
export function readPhoneNumber(number: string, countryCode: string): string {
  const country = countryCode.toUpperCase()
  if (!/^[A-Za-z]{2}$/.test(countryCode) || !isSupportedCountry(country)) {
    throw new Failure(
      'invalid_request',
      `${countryField} must be an ISO 3166 code of two letters, e.g. US`,
      countryField,
    )
  }
  const parsed = parse(number, country)
  if (!parsed?.isPossible() || !isE164(parsed.number)) {
    throw invalid(`is not a phone number, neither of ${country} nor in international format`)
  }
  if (parsed.ext !== undefined) throw invalid('has an extension, which cannot be dialed')
  return parsed.number
}

function parse(text: string, defaultCountry: CountryCode): PhoneNumber | undefined {
  // The library takes the plus of full width for nothing, and so the number for a national one.
  const plain = text.replaceAll('\uFF0B', '+').trim()
  try {
    // Without `extract` a number in the middle of a sentence is none.
    return parsePhoneNumberWithError(plain, { defaultCountry, extract: false })
  } catch {
    return undefined
  }
}

const invalid = (why: string): Failure =>
  new Failure('invalid_phone_number', `${numberField} ${why}`, numberField)
