// Numbers as people type and read them.

/** Letters on the keys of a dial pad (ITU-T E.161). */
export const keyLetters: Readonly<Record<string, string>> = {
  '2': 'ABC',
  '3': 'DEF',
  '4': 'GHI',
  '5': 'JKL',
  '6': 'MNO',
  '7': 'PQRS',
  '8': 'TUV',
  '9': 'WXYZ',
  '0': '+',
}

const digitOf = new Map(
  Object.entries(keyLetters).flatMap(([digit, letters]) =>
    [...letters].map((letter) => [letter, digit] as const),
  ),
)

/** The keys on which a word lies: `Ada` is 232. What is on no key is left out. */
export const keysOf = (word: string): string =>
  [...word.normalize('NFD').toUpperCase()]
    .map((letter) => (/\d/.test(letter) ? letter : /[A-Z]/.test(letter) ? digitOf.get(letter) : ''))
    .join('')

/**
 * What is dialled for a text that was typed or pasted. Names of devices and addresses stay as they are;
 * in numbers the marks between digits fall away, and phone words become digits (+1 800 FLOWERS).
 */
export function dialable(text: string, isName: (text: string) => boolean = () => false): string {
  const trimmed = text.trim().replace(/^tel:/i, '')
  if (isName(trimmed) || trimmed.includes('@') || /^sips?:/i.test(trimmed)) return trimmed
  if (!/^[+*#(\d]/.test(trimmed)) return trimmed
  return [...trimmed.toUpperCase()].map(dialKey).join('')
}

const dialKey = (letter: string, index: number): string => {
  if (/[\d*#]/.test(letter) || (letter === '+' && index === 0)) return letter
  return /[A-Z]/.test(letter) ? (digitOf.get(letter) ?? '') : ''
}

/** Country codes of two digits (ITU-T E.164); those of one are 1 and 7, all others have three. */
const twoDigitCodes = /^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/

/** `+15005550140` as `+1 500 555 0140`; what is no number in E.164 is left alone. */
export function formatNumber(number: string): string {
  const digits = /^\+([1-9]\d{5,14})$/.exec(number)?.[1]
  if (digits === undefined) return number
  const codeLength = /^[17]/.test(digits) ? 1 : twoDigitCodes.test(digits) ? 2 : 3
  const [code, rest] = [digits.slice(0, codeLength), digits.slice(codeLength)]
  return `+${code} ${grouped(rest)}`
}

/** Threes, and a last group of two to four. */
function grouped(digits: string): string {
  if (digits.length <= 4) return digits
  return `${digits.slice(0, 3)} ${grouped(digits.slice(3))}`
}

/** One or two letters for a round picture. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /^\p{L}/u.test(word))
  const [first, second] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  if (first === undefined) return '#'
  return `${[...first][0] ?? ''}${second === undefined ? '' : ([...second][0] ?? '')}`.toUpperCase()
}
