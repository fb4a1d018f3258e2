/**
 * The abstract form of a recording, in which two runs of one scenario are equal.
 *
 * A lane is one direction between two parties (`srv > p0`, `APP1 > srv`). Only the order within a
 * lane counts: how lanes interleave depends on the machine. Values that a run picks freely are
 * symbols, written `‹kind:value›`; two lanes match when their symbols can be renamed one-to-one.
 */
export interface Entry {
  /** A control frame's first line and SIP start line, or a SIP start line with its CSeq method. */
  readonly head: string
  /** Headers of a SIP message from the server, sorted by name; empty for what others sent. */
  readonly headers: readonly string[]
  /** How often the same message was sent again. */
  repeats: number
}

export type Lanes = Map<string, Entry[]>

export const symbol = (kind: string, value: string): string => `‹${kind}:${value}›`

const symbolPattern = /‹([a-z]+):([^›]*)›/g

/** The text with every symbol reduced to its kind. */
export const erase = (text: string): string => text.replace(symbolPattern, '‹$1›')

export function symbolsOf(text: string): [kind: string, value: string][] {
  return [...text.matchAll(symbolPattern)].map((match) => [match[1] ?? '', match[2] ?? ''])
}

/** Numbers the symbols in order of appearance, which is how fixtures are kept. */
export function renumber(lanes: Lanes): Lanes {
  const numbers = new Map<string, string>()
  const counts = new Map<string, number>()
  const rename = (text: string): string =>
    text.replace(symbolPattern, (whole, kind: string) => {
      const known = numbers.get(whole)
      if (known !== undefined) return known
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      const fresh = symbol(kind, String(count))
      numbers.set(whole, fresh)
      return fresh
    })
  const out: Lanes = new Map()
  for (const [lane, entries] of lanes) {
    out.set(
      lane,
      entries.map(({ head, headers, repeats }) => ({
        head: rename(head),
        headers: headers.map(rename),
        repeats,
      })),
    )
  }
  return out
}
