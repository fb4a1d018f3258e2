import { findOutside, param } from './params.ts'
import { trimmedSlice } from './text.ts'

/** A name-addr or addr-spec (RFC 3261 section 20.10) taken apart without judging the URI. */
export interface Address {
  /** as written, with quotes; empty if none */
  readonly display: string
  readonly uri: string
  /** header parameters `;a=b` as written, empty if none */
  readonly params: string
}

/** Undefined if brackets or quotes do not close or there is no URI. */
export const parseAddress = (value: string): Address | undefined => {
  const open = findOutside(value, '<')
  if (open < 0) {
    // addr-spec form: parameters belong to the header (RFC 3261 section 20)
    const semicolon = value.indexOf(';')
    const uri = trimmedSlice(value, 0, semicolon < 0 ? value.length : semicolon)
    if (uri === '' || uri.includes('"') || uri.includes(' ')) return undefined
    return { display: '', uri, params: semicolon < 0 ? '' : value.slice(semicolon) }
  }
  const close = value.indexOf('>', open)
  if (close < 0) return undefined
  const semicolon = value.indexOf(';', close)
  const uri = trimmedSlice(value, open + 1, close)
  if (uri === '') return undefined
  return {
    display: trimmedSlice(value, 0, open),
    uri,
    params: semicolon < 0 ? '' : value.slice(semicolon),
  }
}

/** The tag parameter of a From or To value, or undefined. */
export const tagOf = (value: string): string | undefined => {
  const address = parseAddress(value)
  if (address === undefined || address.params === '') return undefined
  return param(address.params, 'tag')
}
