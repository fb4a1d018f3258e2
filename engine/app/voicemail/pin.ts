import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { Failure } from '../../core/failures.ts'
import type { VoicemailBox } from '../../core/ports/voicemail.ts'

/** 16 MiB and some 30 ms each: a stolen hash of four digits still takes minutes, and a guess by phone nothing. */
const cost = { N: 16_384, r: 8, p: 1 }
const saltBytes = 16
const keyBytes = 32

export const isPin = (text: string): boolean => /^\d{4,10}$/.test(text)

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. Failure `invalid_request` for what is no PIN. */
export async function hashPin(pin: string): Promise<string> {
  if (!isPin(pin)) throw new Failure('invalid_request', 'A PIN is 4 to 10 digits', 'pin')
  const salt = randomBytes(saltBytes)
  const key = await derived(pin, salt, cost)
  const { N, r, p } = cost
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/** False for any PIN where there is no hash, or one that nobody here has written. */
export async function pinFits(hash: string | null, pin: string): Promise<boolean> {
  const [kind, n, r, p, salt = '', key = ''] = (hash ?? '').split('$')
  if (kind !== 'scrypt' || !key || !isPin(pin)) return false
  const wanted = Buffer.from(key, 'base64url')
  const options = { N: Number(n), r: Number(r), p: Number(p) }
  const found = await derived(pin, Buffer.from(salt, 'base64url'), options)
  return found.length === wanted.length && timingSafeEqual(found, wanted)
}

const derived = (pin: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(pin, salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })

/** By which way somebody comes: a box that is locked for strangers is not for its own phones. */
export const entrances = ['own', 'outside'] as const
export type Entrance = (typeof entrances)[number]

/** Whose wrong PINs are counted together, as `PinGuard` wants it. */
export const triesAt = (
  { accountId, id }: Pick<VoicemailBox, 'accountId' | 'id'>,
  by: Entrance,
): string => `${by} ${accountId} ${id}`
