import { type Entry, erase, type Lanes, symbolsOf } from './lanes.ts'

/** An allowed difference: `what` matches lines of `compare`, `because` says why ours is as it is. */
export interface Difference {
  readonly what: RegExp
  readonly because: string
  /** Depends on timing, so it need not show up in every run. */
  readonly sometimes?: boolean
}

/**
 * Every difference between two runs as one line: `missing`, `extra` (whole entries), `header`,
 * `repeats`, `symbol`. Entries of a lane are paired by longest common subsequence of their heads.
 */
export function compare(expected: Lanes, actual: Lanes): string[] {
  const lines: string[] = []
  const bonds = new Bonds(lines)
  for (const lane of new Set([...expected.keys(), ...actual.keys()])) {
    const pairs = align(expected.get(lane) ?? [], actual.get(lane) ?? [])
    for (const [left, right] of pairs) {
      if (left && right) comparePair(lane, left, right, lines, bonds)
      else if (left) lines.push(`missing ${lane}: ${erase(left.head)}`)
      else if (right) lines.push(`extra ${lane}: ${erase(right.head)}`)
    }
  }
  return lines
}

type Pair = readonly [Entry | undefined, Entry | undefined]

function align(left: readonly Entry[], right: readonly Entry[]): Pair[] {
  const same = (i: number, j: number): boolean =>
    erase(left[i]?.head ?? '') === erase(right[j]?.head ?? '')
  const best = longestTails(left.length, right.length, same)
  const pairs: Pair[] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && same(i, j)) {
      pairs.push([left[i++], right[j++]])
    } else if (j >= right.length || (i < left.length && at(best, i + 1, j) >= at(best, i, j + 1))) {
      pairs.push([left[i++], undefined])
    } else {
      pairs.push([undefined, right[j++]])
    }
  }
  return pairs
}

const at = (table: readonly (readonly number[])[], i: number, j: number): number =>
  table[i]?.[j] ?? 0

function longestTails(
  rows: number,
  columns: number,
  same: (i: number, j: number) => boolean,
): number[][] {
  const table = Array.from({ length: rows + 1 }, () => new Array<number>(columns + 1).fill(0))
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const row = table[i] ?? []
      row[j] = same(i, j)
        ? at(table, i + 1, j + 1) + 1
        : Math.max(at(table, i + 1, j), at(table, i, j + 1))
    }
  }
  return table
}

function comparePair(lane: string, left: Entry, right: Entry, lines: string[], bonds: Bonds): void {
  const where = `${lane}: ${erase(left.head)}`
  bonds.add(where, left.head, right.head)
  compareHeaders(where, left, right, lines, bonds)
  if (!closeCounts(left.repeats, right.repeats))
    lines.push(`repeats ${where}: expected ${left.repeats}, got ${right.repeats}`)
}

/** Timers of a loaded machine may lose or win one retransmission, or a few of many. */
function closeCounts(expected: number, actual: number): boolean {
  return Math.abs(expected - actual) <= Math.max(1, Math.ceil(expected / 4))
}

function compareHeaders(
  where: string,
  left: Entry,
  right: Entry,
  lines: string[],
  bonds: Bonds,
): void {
  const rest = [...right.headers]
  const unmatched: string[] = []
  for (const header of left.headers) {
    const index = rest.findIndex((other) => erase(other) === erase(header))
    const [match] = index < 0 ? [] : rest.splice(index, 1)
    if (match === undefined) unmatched.push(header)
    else bonds.add(where, header, match)
  }
  for (const header of unmatched) lines.push(`header ${where}: no "${erase(header)}"`)
  for (const header of rest) lines.push(`header ${where}: added "${erase(header)}"`)
}

/** The one-to-one mapping between the symbols of both runs. */
class Bonds {
  readonly #lines: string[]
  readonly #forward = new Map<string, string>()
  readonly #back = new Map<string, string>()

  constructor(lines: string[]) {
    this.#lines = lines
  }

  add(where: string, left: string, right: string): void {
    const others = symbolsOf(right)
    for (const [index, [kind, value]] of symbolsOf(left).entries()) {
      const other = others[index]?.[1] ?? ''
      const fits = bind(this.#forward, `${kind}:${value}`, other)
      const fitsBack = bind(this.#back, `${kind}:${other}`, value)
      if (!fits || !fitsBack) this.#lines.push(`symbol ${where}: ${kind} of another message`)
    }
  }
}

function bind(map: Map<string, string>, key: string, value: string): boolean {
  const known = map.get(key)
  if (known === undefined) map.set(key, value)
  return known === undefined || known === value
}

export interface Verdict {
  /** Differences that no rule allows. */
  readonly wrong: readonly string[]
  /** Rules that matched nothing, so they must go. */
  readonly unused: readonly Difference[]
}

export function judge(lines: readonly string[], allowed: readonly Difference[]): Verdict {
  const used = new Set<Difference>()
  const wrong = lines.filter((line) => {
    const rules = allowed.filter((rule) => rule.what.test(line))
    for (const rule of rules) used.add(rule)
    return rules.length === 0
  })
  return { wrong, unused: allowed.filter((rule) => !rule.sometimes && !used.has(rule)) }
}
