import { type CallId, isUuid } from '../../../core/ids.ts'

/** 36^25 is the first power of 36 above 2^128, so 25 digits hold any UUID. */
const digits = 25

/** `call_` and the UUID as a number in base 36. */
export function renderCallId(id: CallId): string {
  const value = BigInt(`0x${id.replaceAll('-', '')}`)
  return `call_${value.toString(36).padStart(digits, '0')}`
}

/** Undefined for anything that `renderCallId` does not make. */
export function readCallId(text: string): CallId | undefined {
  const [, figures] = /^call_([0-9a-z]{25})$/.exec(text) ?? []
  if (figures === undefined) return undefined
  let value = 0n
  for (const figure of figures) value = value * 36n + BigInt(Number.parseInt(figure, 36))
  const hex = value.toString(16).padStart(32, '0')
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return isUuid(uuid) ? (uuid as CallId) : undefined
}
