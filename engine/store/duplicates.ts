import { Failure } from '../core/failures.ts'

/** SQLSTATE unique_violation, and SQLite's extended codes for a primary key and a unique column. */
const postgresUnique = '23505'
const sqliteUnique: readonly unknown[] = [1555, 2067]

/** Turns a broken uniqueness rule into Failure `already_exists`, of the field if there is one that it is about. */
export async function refusingDuplicates<T>(
  what: string,
  write: () => Promise<T>,
  field?: string,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!isDuplicate(error)) throw error
    throw new Failure('already_exists', `${what} exists already`, field, { cause: error })
  }
}

function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown }
  return code === postgresUnique || sqliteUnique.includes(errcode)
}
