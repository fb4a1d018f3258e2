import fc from 'fast-check'
import type { Target } from './target.ts'

const span = 65_535

/** One change of a text; `at` and `length` are shares of it. */
interface Edit {
  readonly is: 'cut' | 'put' | 'overwrite' | 'double' | 'flood' | 'splice' | 'flip' | 'keep'
  readonly at: number
  readonly length: number
  readonly text: string
  readonly times: number
}

/** Bytes that end, open or separate something in one of the formats. */
const usual = [
  ...['\r\n', '\n', '\r', '\r\n\r\n', '\r\n ', '\0', '\t', ' ', '"', '\\', '<', '>', ';', ',', ':'],
  ...[
    '=',
    '@',
    '?',
    '%',
    '%00',
    '*',
    '#',
    '|',
    '/',
    '(',
    '[',
    ']',
    '{',
    '\x7f',
    '\xff',
    '\xc3\xa9',
  ],
  ...[
    '0',
    '-1',
    '1',
    '65536',
    '4294967296',
    '99999999999999999999',
    '1e9',
    '__proto__',
    'constructor',
  ],
]

const editOf = (target: Target): fc.Arbitrary<Edit> =>
  fc.record({
    is: fc.constantFrom(
      'cut',
      'put',
      'put',
      'overwrite',
      'double',
      'flood',
      'splice',
      'flip',
      'keep',
    ),
    at: fc.nat(span),
    length: fc.oneof(fc.nat(300), fc.nat(span)),
    text: fc.oneof(
      fc.constantFrom(...usual),
      fc.constantFrom(...target.pieces),
      fc.constantFrom(...target.seeds),
      fc.string({ maxLength: 12, unit: 'binary-ascii' }),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    times: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: span })),
  })

/** `text` so often that it fits. */
const flooded = (text: string, times: number, room: number): string =>
  text.repeat(Math.min(times, Math.floor(Math.max(room, 0) / Math.max(text.length, 1))))

function edited(input: string, { is, at, length, text, times }: Edit, mostBytes: number): string {
  const from = Math.floor((at / (span + 1)) * (input.length + 1))
  const to = Math.min(input.length, from + length)
  const [head, tail] = [input.slice(0, from), input.slice(from)]
  switch (is) {
    case 'cut':
      return head + input.slice(to)
    case 'put':
      return head + text + tail
    case 'overwrite':
      return head + text + input.slice(from + text.length)
    case 'double':
      return (
        head + flooded(input.slice(from, to), Math.min(times, 50), mostBytes - input.length) + tail
      )
    case 'flood':
      return head + flooded(text, times, mostBytes - input.length) + tail
    case 'splice':
      return head + text.slice(Math.floor((at / (span + 1)) * text.length))
    case 'flip': {
      const code = input.charCodeAt(from) ^ (1 << (times & 7))
      return from < input.length ? head + String.fromCharCode(code & 255) + tail.slice(1) : input
    }
    case 'keep':
      return head
  }
}

/** Inputs of a target: a seed with some damage, and now and then plain noise. */
export const inputsOf = (target: Target): fc.Arbitrary<string> => {
  const { seeds, mostBytes } = target
  const damaged = fc
    .tuple(fc.constantFrom(...seeds), fc.array(editOf(target), { minLength: 1, maxLength: 6 }))
    .map(([seed, edits]) =>
      edits.reduce((text, edit) => edited(text, edit, mostBytes), seed).slice(0, mostBytes),
    )
  const noise = fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
  return fc.oneof({ arbitrary: damaged, weight: 20 }, { arbitrary: noise, weight: 1 })
}

/** What costs most where reading is not linear: one thing over and over, up to the limit. */
export function giantsOf({ seeds, pieces, mostBytes }: Target): string[] {
  const found: string[] = []
  for (const piece of new Set([...usual, ...pieces])) {
    for (const seed of [seeds[0] ?? '', seeds[1] ?? '']) {
      for (const share of [0, 0.15, 0.3, 0.5, 0.7, 0.8, 0.9, 1]) {
        const at = Math.floor(seed.length * share)
        found.push(
          seed.slice(0, at) + flooded(piece, span, mostBytes - seed.length) + seed.slice(at),
        )
      }
    }
  }
  return found
}
