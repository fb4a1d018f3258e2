import { Failure } from '../../core/failures.ts'
import type { DeckVersion, RateDeck } from '../../core/ports/money.ts'
import { shippedDeck, shippedRates } from '../../core/rates.ts'
import type { MoneyPorts } from './desk.ts'
import { rateHeadCsv, ratesCsv, readRates } from './rate-csv.ts'

export interface DeckWithVersions extends RateDeck {
  readonly versions: readonly DeckVersion[]
}

/** The price lists. The shipped one is always there, and is never changed. */
export interface DeckDesk {
  list(): Promise<DeckWithVersions[]>
  /** Failure `not_found`. */
  get(id: string): Promise<DeckWithVersions>
  /** Failures `already_exists`, and those of `addVersion` for its first rates. */
  create(deck: Omit<RateDeck, 'createdAtMs'>, csv?: string): Promise<DeckWithVersions>
  /** All of the rates or none; they are valid from then on, or now. Failures `not_found`, `invalid_request` with line and column. */
  addVersion(id: string, csv: string, validFromMs?: number): Promise<DeckVersion>
  /** The CSV, a part at a time; of the newest version unless one is named. Failure `not_found`. */
  export(id: string, version?: number): Promise<AsyncIterable<string>>
}

const exportedAtOnce = 1_000

const shipped: DeckWithVersions = {
  ...{ ...shippedDeck, createdAtMs: 0 },
  versions: [{ version: 1, validFromMs: 0, createdAtMs: 0, rates: shippedRates.length }],
}

export function deckDesk({ store, clock }: MoneyPorts): DeckDesk {
  const { rates } = store
  const withVersions = async (deck: RateDeck): Promise<DeckWithVersions> => ({
    ...deck,
    versions: await rates.versions(deck.id),
  })
  async function get(id: string): Promise<DeckWithVersions> {
    const deck = id === shipped.id ? shipped : await rates.deck(id)
    if (!deck) throw new Failure('not_found', `There is no rate deck ${id}`)
    return deck === shipped ? shipped : withVersions(deck)
  }
  return {
    get,
    list: async () => [shipped, ...(await Promise.all((await rates.decks()).map(withVersions)))],
    async create(wanted, csv) {
      if (wanted.id === shipped.id) throw new Failure('already_exists', 'it is shipped', 'id')
      // Before the deck is made: a fault in the rates makes nothing.
      const first = csv === undefined ? undefined : readRates(csv)
      const nowMs = clock.nowMs()
      await rates.insertDeck({ ...wanted, createdAtMs: nowMs })
      if (first) await rates.addVersion(wanted.id, nowMs, first)
      return get(wanted.id)
    },
    async addVersion(id, csv, validFromMs = clock.nowMs()) {
      const deck = await get(id)
      if (deck === shipped) throw new Failure('forbidden', 'The shipped rates are not changed')
      return rates.addVersion(id, validFromMs, readRates(csv))
    },
    async export(id, version) {
      const deck = await get(id)
      const found =
        version === undefined
          ? deck.versions.at(-1)
          : deck.versions.find((one) => one.version === version)
      if (!found) throw new Failure('not_found', `Rate deck ${id} has no such version`)
      return deck === shipped ? shippedCsv() : pages(rates, id, found.version)
    },
  }
}

async function* shippedCsv(): AsyncIterable<string> {
  yield rateHeadCsv() + ratesCsv(shippedRates)
}

async function* pages(
  { rates }: MoneyPorts['store']['rates'],
  deck: string,
  version: number,
): AsyncIterable<string> {
  yield rateHeadCsv()
  let page = await rates(deck, version, { limit: exportedAtOnce })
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield ratesCsv(page)
    page = await rates(deck, version, { after: last, limit: exportedAtOnce })
  }
}
