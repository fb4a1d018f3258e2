/** Amounts as people and programs write them: decimal text, at most six places, never a binary fraction. */

const shape = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/

/** Micro-units; undefined for a text that is no such amount. */
export function microOf(text: string): number | undefined {
  const [, sign, units = '', fraction = ''] = shape.exec(text) ?? []
  if (sign === undefined) return undefined
  const micro = Number(units) * 1_000_000 + Number(fraction.padEnd(6, '0'))
  // Not minus zero.
  return sign === '-' ? 0 - micro : micro
}

/** 80000 is `0.08`, 1500000 with two places at least `1.50`. */
export function decimalText(micro: number, places = 0): string {
  const digits = String(Math.abs(micro)).padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '').padEnd(places, '0')
  const sign = micro < 0 ? '-' : ''
  return `${sign}${digits.slice(0, -6)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Amounts of money have two places at least. */
export const amountText = (micro: number): string => decimalText(micro, 2)
