/** Rows of one insert, keys of one search: below what a statement takes of values, on either database, and soon done. */
const rowsAtOnce = 500

/** Rows as they are inserted: all of them, in their order, so many at a time. */
export function* portionsOf<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    yield rows.slice(from, from + rowsAtOnce)
  }
}
