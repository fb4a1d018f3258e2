import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto'
import { SealFault, type WrappedKey } from './format.ts'

/** A key that recordings can't be encrypted for. Its message is for whoever gave it. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault'
}

const leastRsaBits = 2048
const mostRsaBits = 8192
const info = 'ringdown recording key 1'
/** The wrapping key is used once. */
const zeroNonce = Buffer.alloc(12)

/**
 * The public key in a PEM text.
 * @throws KeyFault for anything but one of RSA (2048 to 8192 bits) or X25519; a private key too, which must not be sent about.
 */
export function publicKeyOf(pem: string): KeyObject {
  if (/PRIVATE KEY/.test(pem))
    throw new KeyFault('this is a private key: give the public one alone')
  if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) throw new KeyFault('not a PEM public key')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (error) {
    throw new KeyFault('the PEM text cannot be read', { cause: error })
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'x25519') return key
  if (type !== 'rsa')
    throw new KeyFault(`a key of ${type ?? 'no known kind'}: RSA or X25519 is taken`)
  const bits = details?.modulusLength ?? 0
  if (bits < leastRsaBits || bits > mostRsaBits)
    throw new KeyFault(`an RSA key of ${bits} bits: ${leastRsaBits} to ${mostRsaBits} are taken`)
  return key
}

/** By which a private key is found again: of its public key. */
export function keyIdOf(key: KeyObject): string {
  const shared = key.type === 'private' ? createPublicKey(key) : key
  const der = shared.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 32)
}

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const

/** Wraps the key of a recording, 32 bytes. */
export function wrapKey(key: Buffer, recipient: KeyObject): WrappedKey {
  const kid = keyIdOf(recipient)
  if (recipient.asymmetricKeyType === 'rsa') {
    const wrapped = publicEncrypt({ key: recipient, ...oaep }, key)
    return { alg: 'RSA-OAEP-256', kid, wrapped: wrapped.toString('base64') }
  }
  const pair = generateKeyPairSync('x25519')
  const ephemeral = rawOf(pair.publicKey)
  const secret = diffieHellman({ privateKey: pair.privateKey, publicKey: recipient })
  const cipher = createCipheriv(
    'aes-256-gcm',
    derived(secret, ephemeral, rawOf(recipient)),
    zeroNonce,
  )
  const wrapped = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()])
  return {
    ...{ alg: 'X25519-HKDF-SHA256-A256GCM', kid, wrapped: wrapped.toString('base64') },
    ephemeral: ephemeral.toString('base64'),
  }
}

/**
 * The key of a recording.
 * @throws SealFault when it was wrapped for another key, or is not whole.
 */
export function unwrapKey(wrapped: WrappedKey, holder: KeyObject): Buffer {
  try {
    const bytes = Buffer.from(wrapped.wrapped, 'base64')
    const key =
      wrapped.alg === 'RSA-OAEP-256'
        ? privateDecrypt({ key: holder, ...oaep }, bytes)
        : agreedKey(bytes, Buffer.from(wrapped.ephemeral ?? '', 'base64'), holder)
    if (key.length !== 32) throw new Error('not 32 bytes')
    return key
  } catch (error) {
    throw new SealFault('the key of the recording does not open with this private key', {
      cause: error,
    })
  }
}

function agreedKey(bytes: Buffer, ephemeral: Buffer, holder: KeyObject): Buffer {
  const der = Buffer.concat([x25519Prefix, ephemeral])
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  const secret = diffieHellman({ privateKey: holder, publicKey })
  const key = derived(secret, ephemeral, rawOf(createPublicKey(holder)))
  const decipher = createDecipheriv('aes-256-gcm', key, zeroNonce)
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
}

/** SubjectPublicKeyInfo of X25519 up to the 32 bytes of the key (RFC 8410). */
const x25519Prefix = Buffer.from('302a300506032b656e032100', 'hex')

const rawOf = (key: KeyObject): Buffer =>
  key.export({ type: 'spki', format: 'der' }).subarray(x25519Prefix.length)

const derived = (secret: Buffer, ephemeral: Buffer, recipient: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.concat([ephemeral, recipient]), info, 32))

/**
 * The private key in a PEM text, without a password.
 * @throws KeyFault
 */
export function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw new KeyFault('not a PEM private key without a password', { cause: error })
  }
}
