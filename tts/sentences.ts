/** Behind these a full stop does not end a sentence. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof st mt jr sr vs etc no nos inc ltd co corp dept approx est ext fig vol ' +
    'jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ' +
    'bzw usw ca evtl inkl bspw nr str tel hr fr'
  ).split(' '),
)
/** A full stop of these scripts needs no white space behind it: Chinese and Japanese; of India, Burma, Khmer, Ethiopia. */
const END = /[。！？｡]+[」』）]*\s*|[।॥။។።]+\s*|(?<![.!?…؟۔])[.!?…؟۔]+["'”’»)\]]*\s+/gu
const SOFT_END = /[、，；：،؛]\s*|[,;:—]\s+|\s+/gu

/**
 * Sentences of a text; `together`: as many as have no more than `most` characters. Longer ones are parted where there is
 * a comma, or a space; between words where there is neither; and anywhere where there is but one. Where it is not sure
 * that a sentence ends, it goes on.
 */
export function sentencesOf(text: string, most: number, together: boolean): readonly string[] {
  const sentences = parted(text, END, isEnd).flatMap((sentence) =>
    sentence.length > most
      ? joined(
          parted(sentence, SOFT_END, () => true).flatMap((part) => words(part, most)),
          most,
        )
      : [sentence],
  )
  return (together ? joined(sentences, most) : spoken(sentences, most))
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Marks alone (`...`, a smile) go with what is before them: a voice may have no sound for them. */
function spoken(sentences: readonly string[], most: number): readonly string[] {
  const whole: string[] = []
  for (const sentence of sentences) {
    const last = whole.at(-1)
    const fits = last !== undefined && last.length + sentence.length <= most
    if (fits && !/[\p{L}\p{N}]/u.test(sentence)) whole[whole.length - 1] = last + sentence
    else whole.push(sentence)
  }
  return whole
}

function parted(
  text: string,
  ends: RegExp,
  mayEnd: (text: string, at: number, next: number) => boolean,
): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(ends)) {
    const next = match.index + match[0].length
    if (!mayEnd(text, match.index, next)) continue
    parts.push(text.slice(from, next))
    from = next
  }
  return [...parts, text.slice(from)]
}

function isEnd(text: string, at: number, next: number): boolean {
  // Small letters go on with what was begun.
  if (/^\p{Ll}/u.test(text.slice(next, next + 2))) return false
  if (text[at] !== '.') return true
  const word = /[\p{L}\p{N}.]*$/u.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? ''
  // An initial, `e.g.`, a number that counts (`the 3. May`).
  const isShort = /^\p{L}$/u.test(word) || word.includes('.') || /^\d{1,2}$/.test(word)
  return !isShort && !ABBREVIATIONS.has(word.toLowerCase())
}

/** As languages know them that write without spaces; a part that is short enough stays whole. */
function words(part: string, most: number): readonly string[] {
  if (part.length <= most) return [part]
  const found = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(part)]
  return found.flatMap(({ segment }) => (segment.length > most ? letters(segment, most) : segment))
}

/** What a reader takes for one stays together, as far as that may be as long. */
function letters(word: string, most: number): readonly string[] {
  const found = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word)]
  return joined(
    found.flatMap(({ segment }) =>
      segment.length > most
        ? (segment.match(new RegExp(`.{1,${Math.floor(most / 2)}}`, 'gsu')) ?? [])
        : segment,
    ),
    most,
  )
}

function joined(parts: readonly string[], most: number): readonly string[] {
  const whole: string[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (last !== undefined && last.length + part.length <= most)
      whole[whole.length - 1] = last + part
    else whole.push(part)
  }
  return whole
}
