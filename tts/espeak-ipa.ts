import { primaryOf } from './ssml/wish.ts'

/** What espeak-ng 1.51 was found to say for its own codes, in English, German and French. */
const common: Readonly<Record<string, string>> = {
  ...{ p: 'p', b: 'b', t: 't', d: 'd', k: 'k', g: 'g', ɡ: 'g', f: 'f', v: 'v', s: 's', z: 'z' },
  ...{ ʃ: 'S', ʒ: 'Z', h: 'h', m: 'm', n: 'n', ŋ: 'N', ɲ: 'n^', l: 'l', ɫ: 'l', ʎ: 'l^', r: 'r' },
  ...{ ɹ: 'r', w: 'w', j: 'j', tʃ: 'tS', dʒ: 'dZ', ts: 'ts', x: 'x', ç: 'C', ʔ: '?', θ: 'T' },
  ...{ ð: 'D', i: 'i', iː: 'i:', ɪ: 'I', e: 'e', eː: 'e:', ɛ: 'E', ɛː: 'E:', a: 'a', ə: '@' },
  ...{ ɔ: 'O', ɔː: 'O:', o: 'o', oː: 'o:', u: 'u', uː: 'u:', eɪ: 'eI', aɪ: 'aI' },
  ...{ ˈ: "'", ˌ: ',', '.': '' },
}
const english: Readonly<Record<string, string>> = {
  ...{ æ: 'a', ɑ: 'A:', ɑː: 'A:', ɒ: 'O', ʌ: 'V', ʊ: 'U', u: 'u:', ɜ: '3:', ɜː: '3:', ɝ: '3:' },
  ...{ ɝː: '3:', ɚ: '3', ɾ: 't#', ɔɪ: 'OI', aʊ: 'aU', oʊ: 'oU', əʊ: 'oU', eə: 'e@', ɛə: 'e@' },
}
const german: Readonly<Record<string, string>> = {
  ...{ aː: 'a:', ʊ: 'U', y: 'y', yː: 'y:', œ: 'W', aʊ: 'aU', pf: 'pf', ʁ: 'r', ʀ: 'r' },
}
const french: Readonly<Record<string, string>> = { y: 'y', œ: 'W', ø: 'Y', ʁ: 'r', ʀ: 'r', œ̃: 'W~' }

const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  en: { ...common, ...english },
  de: { ...common, ...german },
  fr: { ...common, ...french },
}
/** Signs of a sound, at most. */
const LONGEST = 3

/**
 * What of the International Phonetic Alphabet the program says, in its own codes, which stand for each of its
 * languages' sounds; undefined where one of the sounds is not known to be right in that language.
 */
export function espeakCodes(ipa: string, language: string): string | undefined {
  const table = tables[primaryOf(language)] ?? common
  const words = ipa.normalize('NFC').trim().split(/\s+/)
  const codes = words.map((word) => codesOf(word, table))
  return codes.includes(undefined) ? undefined : codes.map((code) => `[[${code}]]`).join(' ')
}

function codesOf(word: string, table: Readonly<Record<string, string>>): string | undefined {
  // Ties join what is one sound here too.
  const signs = Array.from(word.replace(/[\u0361\u035c]/gu, ''))
  let codes = ''
  for (let at = 0; at < signs.length; ) {
    const found = longest(signs, at, table)
    if (!found) return undefined
    codes += found.code
    at += found.count
  }
  return /[a-z@]/i.test(codes) ? codes : undefined
}

function longest(
  signs: readonly string[],
  at: number,
  table: Readonly<Record<string, string>>,
): { code: string; count: number } | undefined {
  for (let count = LONGEST; count > 0; count--) {
    const sound = signs.slice(at, at + count).join('')
    const code = Object.hasOwn(table, sound) ? table[sound] : undefined
    if (code !== undefined && at + count <= signs.length) return { code, count }
  }
  return undefined
}
