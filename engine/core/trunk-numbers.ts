// Wraps libphonenumber-js: its smallest data knows the prefixes by which each country dials.
import {
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/min'
import { isE164 } from './numbers.ts'
import type { NumberRule, TrunkNumbers } from './trunk-options.ts'

/** A country by whose numbering plan numbers can be read: ISO 3166, two capital letters. */
export const isCountry = (text: string): boolean => isSupportedCountry(text)

/** A number as the trunk wants it. What is not in E.164 goes as it is, unless a rule fits. */
export function numberOut(number: string, numbers: TrunkNumbers): string {
  const ruled = byRule(number, numbers.rulesOut)
  if (ruled !== undefined) return ruled
  if (!isE164(number)) return number
  switch (numbers.format) {
    case 'plus-e164':
      return number
    case 'e164':
      return number.slice(1)
    case 'national':
      return national(number, numbers.country)
  }
}

/** A number from the trunk, in E.164 where it can be read as one; otherwise as it came. */
export function numberIn(number: string, numbers: TrunkNumbers): string {
  const plain = byRule(number, numbers.rulesIn) ?? number
  if (isE164(plain) || !/^\d+$/.test(plain)) return plain
  if (numbers.format === 'e164' && isE164(`+${plain}`)) return `+${plain}`
  const read = numbers.country === null ? undefined : parse(plain, numbers.country)
  return read?.isPossible() && isE164(read.number) ? read.number : plain
}

function byRule(number: string, rules: readonly NumberRule[]): string | undefined {
  const rule = rules.find(({ match }) => number.startsWith(match))
  return rule && `${rule.prepend}${number.slice(rule.strip)}`
}

/** As it is dialled in that country; abroad with its international prefix, or a plus where it has none. */
function national(number: string, country: string | null): string {
  const read = country === null ? undefined : parse(number, country)
  if (!read || country === null || !isSupportedCountry(country)) return number
  const isThere = read.countryCallingCode === getCountryCallingCode(country)
  const text = isThere ? read.formatNational() : read.format('IDD', { fromCountry: country })
  return text.replace(/[^\d*#]/g, '') || number
}

function parse(text: string, country: string): PhoneNumber | undefined {
  if (!isSupportedCountry(country)) return undefined
  try {
    return parsePhoneNumberWithError(text, { defaultCountry: country, extract: false })
  } catch {
    return undefined
  }
}
