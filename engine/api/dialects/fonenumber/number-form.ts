import type { BodyReader } from '../../dialect.ts'
import { formBody } from '../../form-body.ts'
import { isNumberKind } from './service.ts'

/**
 * Forms. A plus that was not written as %2B reads as a space: before a number it comes back, since
 * without it a number abroad of ten digits would be taken for a North American one.
 */
export const numberForm: BodyReader = {
  type: formBody.type,
  read(text) {
    const fields = formBody.read(text)
    const { service_type: serviceType, type } = fields
    const numbers = ['fonenumber', 'to']
    if (isNumberKind(serviceType ?? type ?? '')) numbers.push('service_id')
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        numbers.includes(name) ? withPlus(value) : value,
      ]),
    )
  },
}

/** A space and then a digit, of seven at least: fewer are a speed dial. */
const withPlus = (value: string): string =>
  /^ \d/.test(value) && value.replaceAll(/\D/g, '').length >= 7 ? `+${value.slice(1)}` : value
