import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv4, SocketAddress } from 'node:net'

/** One DER element (X.690): tag, length, contents. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  const { length } = body
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body])
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...bytes]), body])
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents)
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const yes = der(0x01, Buffer.from([0xff]))

const ids = {
  ecdsaWithSha256: objectId('2a8648ce3d040302'),
  commonName: objectId('550403'),
  keyUsage: objectId('551d0f'),
  subjectAltName: objectId('551d11'),
  basicConstraints: objectId('551d13'),
  extendedKeyUsage: objectId('551d25'),
  serverAuth: objectId('2b06010505070301'),
}

/** Two digits of the year until 2049, four from then on (RFC 5280 section 4.1.2.5). */
function time(atMs: number): Buffer {
  const date = new Date(atMs)
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits))
}

function ipBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // written out by the system, with one gap of zeros at most
  const [head = '', tail] = new SocketAddress({ address, family: 'ipv6' }).address.split('::')
  const groups = (text: string | undefined): number[] =>
    (text ?? '')
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(tail)]
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

const altName = (name: string): Buffer =>
  isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, ipBytes(name))

const extension = (id: Buffer, value: Buffer, critical = false): Buffer =>
  sequence(id, ...(critical ? [yes] : []), der(0x04, value))

function pemOf(what: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${what}-----`, ...lines, `-----END ${what}-----`, ''].join('\n')
}

/**
 * A certificate that speaks for itself (RFC 5280): P-256, for a server, for host names and addresses.
 * @param names at least one; the first is the common name
 */
export function selfSigned(
  names: readonly string[],
  validity: { readonly fromMs: number; readonly toMs: number },
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(ids.ecdsaWithSha256)
  const common = der(0x0c, Buffer.from(names[0] ?? 'localhost'))
  const name = sequence(der(0x31, sequence(ids.commonName, common)))
  const serial = randomBytes(16)
  // positive, and without a leading zero
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(time(validity.fromMs), time(validity.toMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(
        extension(ids.basicConstraints, sequence(), true),
        // the one bit is digitalSignature
        extension(ids.keyUsage, der(0x03, Buffer.from([7, 0x80])), true),
        extension(ids.extendedKeyUsage, sequence(ids.serverAuth)),
        extension(ids.subjectAltName, sequence(...names.map(altName))),
      ),
    ),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const certificate = sequence(
    toBeSigned,
    algorithm,
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: pemOf('CERTIFICATE', certificate), key }
}
