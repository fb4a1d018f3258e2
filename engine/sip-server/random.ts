import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/** Identifiers and chance as a port. */
export interface Random {
  /** letters and digits, not guessable */
  token(chars: number): string
  uuid(): string
  /** an integer from 0 to `limit` - 1 */
  below(limit: number): number
}

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789abcdefgh'

const poolBytes = 4096
let pool = Buffer.alloc(0)
let used = 0

const nextByte = (): number => {
  if (used === pool.length) {
    pool = randomBytes(poolBytes)
    used = 0
  }
  return pool[used++]!
}

export const systemRandom: Random = {
  token: (chars) => {
    let out = ''
    for (let i = 0; i < chars; i++) out += letters[nextByte() & 63]
    return out
  },
  uuid: () => randomUUID(),
  below: (limit) => randomInt(limit),
}
