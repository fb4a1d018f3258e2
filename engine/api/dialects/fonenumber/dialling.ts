import { Failure } from '../../../core/failures.ts'
import { isE164 } from '../../../core/numbers.ts'
import { isEmergency } from './emergency.ts'

/** What somebody wrote as `to`: a telephone number in E.164, or the 1 to 6 digits of a speed dial. */
export type Dialled =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'speedDial'; readonly code: string }

/**
 * A telephone number as this API writes it, in E.164: everything but digits is ignored. A plus before the
 * first digit means E.164 already; 011 means abroad; 10 digits, and 11 that begin with 1, are North
 * American; 7 are completed with the area code of `caller` (E.164). Failures `invalid_phone_number`, and
 * `target_not_allowed` for an emergency number.
 */
export function readNumber(text: string, field: string, caller = ''): string {
  const digits = digitsOf(text, field)
  const number = hasPlus(text) ? `+${digits}` : fromDigits(digits, caller)
  if (number !== undefined && isE164(number)) return number
  throw new Failure('invalid_phone_number', `${field} ${wantedOf(digits, text)}`, field)
}

/** Whether the short codes of emergency services may be speed dials like others. */
export interface EmergencyCodes {
  readonly mayBeSpeedDials: boolean
}

/** As `readNumber`, and 1 to 6 digits without a plus are a speed dial. */
export function readDialled(
  text: string,
  field: string,
  caller: string,
  { mayBeSpeedDials }: EmergencyCodes,
): Dialled {
  const digits = plainDigits(text, field)
  if (!hasPlus(text) && isSpeedDialCode(digits)) {
    if (!mayBeSpeedDials) refuseEmergency(digits, field)
    return { kind: 'speedDial', code: digits }
  }
  return { kind: 'number', number: readNumber(text, field, caller) }
}

/** The number of a speed dial: 1 to 6 digits. Failures `invalid_request`, `target_not_allowed`. */
export function readSpeedDialCode(
  text: string,
  field: string,
  { mayBeSpeedDials }: EmergencyCodes,
): string {
  const code = text.trim()
  if (!isSpeedDialCode(code)) {
    throw new Failure('invalid_request', `${field} must be 1 to 6 digits`, field)
  }
  if (!mayBeSpeedDials) refuseEmergency(code, field)
  return code
}

const isSpeedDialCode = (digits: string): boolean => /^\d{1,6}$/.test(digits)
/** Also behind a bracket or `tel:`, and the plus of full width: without it, another number would be called. */
const hasPlus = (text: string): boolean => /^\D*[+\uFF0B]/.test(text)
/** Digits of other scripts: a number without them is not the one that was meant. */
const otherDigit = /(?!\d)\p{Nd}/u

function digitsOf(text: string, field: string): string {
  const digits = plainDigits(text, field)
  refuseEmergency(digits, field)
  return digits
}

function plainDigits(text: string, field: string): string {
  if (otherDigit.test(text)) {
    throw new Failure('invalid_phone_number', `${field} must have no digits but 0 to 9`, field)
  }
  return text.replaceAll(/\D/g, '')
}

function refuseEmergency(digits: string, field: string): void {
  if (!isEmergency(digits)) return
  throw new Failure('target_not_allowed', `${field} is an emergency number`, field)
}

function fromDigits(digits: string, caller: string): string | undefined {
  if (digits.startsWith('011')) return `+${digits.slice(3)}`
  if (digits.length === 10) return `+1${digits}`
  if (digits.length === 11 && digits.startsWith('1')) return `+${digits}`
  const [, areaCode] = /^\+1(\d{3})\d{7}$/.exec(caller) ?? []
  return digits.length === 7 && areaCode !== undefined ? `+1${areaCode}${digits}` : undefined
}

function wantedOf(digits: string, text: string): string {
  if (digits.length === 7 && !hasPlus(text)) {
    return 'has 7 digits: that needs a North American fonenumber to take the area code from'
  }
  return 'is not a telephone number: 10 digits, 1 and 10 digits, 011 and 7 to 15 digits, or + and 7 to 15 digits'
}
