// What a setting's text may look like, and the value that it becomes.

import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'

/** A network in CIDR notation, such as 10.0.0.0/8 or fd00::/8. */
export interface Network {
  readonly kind: 'network'
  readonly address: string
  readonly prefixBits: number
}

/** A host name or IP address, with a port when only that one is meant. */
export interface Host {
  readonly kind: 'host'
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number | undefined
}

/** Somewhere that a call or a request may go. */
export type Target = Host | Network

/** A carrier to which calls are sent. */
export interface TrunkAddress {
  readonly host: string
  /** 0: DNS says */
  readonly port: number
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly user: string | undefined
  readonly password: string | undefined
}

/** Which SIP server stands behind the control protocol. */
export type Drachtio =
  | { readonly kind: 'embedded' }
  | {
      readonly kind: 'external'
      readonly host: string
      readonly port: number
      readonly secret: string
    }

const hostName = /^(?!-)[a-z\d-]{1,63}(?<!-)(\.(?!-)[a-z\d-]{1,63}(?<!-))*$/i

const isHost = (text: string) => isIP(text) !== 0 || (hostName.test(text) && !looksLikeIp(text))

/** 10.1.2 and 300.1.1.1 are mistyped addresses, not host names. */
const looksLikeIp = (text: string) => /^[\d.]+$/.test(text)

function toPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Splits host[:port] or [IPv6]:port; undefined when it is neither. */
function toHostAndPort(text: string): Host | undefined {
  if (isIP(text) === 6) return { kind: 'host', host: text.toLowerCase(), port: undefined }
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = match?.[3] === undefined ? undefined : toPort(match[3])
  const isFaulty = !isHost(host) || (match?.[3] !== undefined && port === undefined)
  return isFaulty ? undefined : { kind: 'host', host: host.toLowerCase(), port }
}

function toNetwork(text: string): Network | undefined {
  const [address = '', bits = ''] = text.split('/')
  const longest = isIPv4(address) ? 32 : 128
  const isFaulty = isIP(address) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > longest
  return isFaulty ? undefined : { kind: 'network', address, prefixBits: Number(bits) }
}

const toTarget = (text: string) => (text.includes('/') ? toNetwork(text) : toHostAndPort(text))

/** A schema from a function that gives undefined for text it cannot use. */
export function parsed<T>(parse: (text: string) => T | undefined, wanted: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', message: `must be ${wanted}`, input: text })
    return z.NEVER
  })
}

export const port = parsed(
  (text) => (text === '0' ? 0 : toPort(text)),
  'a port number from 0 to 65535 (0 lets the system choose)',
)

/** Off, or wherever it is usual if there is what it needs. */
export const portOrWord = parsed(
  (text) => (text === 'auto' || text === 'off' ? text : text === '0' ? 0 : toPort(text)),
  'a port number from 0 to 65535 (0 lets the system choose), `auto` or `off`',
)

export const portRange = parsed((text) => {
  const [first, last, ...rest] = text.split('-').map(toPort)
  if (first === undefined || last === undefined || rest.length > 0 || last <= first)
    return undefined
  return { first, last }
}, 'two port numbers, the lower one first, such as 10000-19999')

/** Without a slash at the end. */
export const origin = parsed((text) => {
  const url = URL.parse(text)
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  return url && isWeb && text.replace(/\/$/, '').toLowerCase() === url.origin
    ? url.origin
    : undefined
}, 'an http or https address without a path, such as https://voice.example.com')

export const origins = parsed((text) => {
  const items = text.split(',').map((item) => item.trim().toLowerCase())
  const isRight = (item: string) => item === '*' || URL.parse(item)?.origin === item
  return items.every(isRight) ? items : undefined
}, 'a comma-separated list of origins, such as https://voice.example.com, or *')

const relayUrls = (schemes: string) => {
  const shape = new RegExp(
    `^(?:${schemes}):(?:[a-z0-9.-]+|\\[[0-9a-f:.]+\\])(?::\\d{1,5})?(?:\\?transport=(?:udp|tcp))?$`,
  )
  return (text: string) => {
    const items = text.split(',').map((item) => item.trim().toLowerCase())
    return items.every((item) => shape.test(item)) ? items : undefined
  }
}

export const turnUrls = parsed(
  relayUrls('turns?'),
  'a comma-separated list of TURN servers, such as turn:turn.example.com:3478?transport=udp',
)

export const stunUrls = parsed(
  relayUrls('stuns?'),
  'a comma-separated list of STUN servers, such as stun:stun.example.com:3478',
)

/** Shared with a TURN server. */
export const turnSecret = parsed(
  (text) => (/^[\x21-\x7e]{16,512}$/.test(text) ? text : undefined),
  '16 to 512 visible ASCII characters without spaces',
)

export const address = parsed(
  (text) => (isIP(text) === 0 ? undefined : text),
  'an IPv4 or IPv6 address',
)

export const addresses = parsed((text) => {
  const items = text.split(',').map((item) => item.trim())
  return items.every((item) => isIP(item) !== 0) ? items : undefined
}, 'a comma-separated list of IPv4 or IPv6 addresses')

export const oneOf = <const T extends string>(...words: readonly T[]) =>
  parsed((text) => words.find((word) => word === text), `one of: ${words.join(', ')}`)

export const yesOrNo = parsed(
  (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  'true or false',
)

/** A whole number from 1 on. */
export const count = parsed(
  (text) => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined),
  'a whole number from 1 to 999999',
)

export const threads = parsed(
  (text) => (/^[1-9]\d?$/.test(text) && Number(text) <= 64 ? Number(text) : undefined),
  'a whole number from 1 to 64',
)

export const seconds = parsed(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 86_400 ? Number(text) : undefined),
  'a whole number of seconds from 0 to 86400',
)

export const days = parsed(
  (text) => (/^\d{1,4}$/.test(text) && Number(text) <= 3_650 ? Number(text) : undefined),
  'a whole number of days from 0 to 3650',
)

export const folder = parsed((text) => (text.includes('\0') ? undefined : text), 'a folder')

export const database = parsed(
  (text) => (/^postgres(?:ql)?:\/\/\S+$/.test(text) && !text.includes('\0') ? text : undefined),
  'the address of a PostgreSQL database, such as postgres://user:password@host/database',
)

/** Publishable keys are for pages that anybody can read: the API takes none of them. */
export const apiKey = parsed(
  (text) => (/^(?!pk_)[\x21-\x7e]{8,256}$/.test(text) ? text : undefined),
  '8 to 256 visible ASCII characters without spaces, and must not begin with pk_',
)

/** An URL path of fixed steps below another one, which ends with a slash. */
export const pathBelow = (base: string) =>
  parsed((text) => {
    const steps = text.startsWith(base) ? text.slice(base.length) : ''
    return /^[\w.~-]+(\/[\w.~-]+)*$/.test(steps) && text.length <= 200 ? text : undefined
  }, `a path of letters, digits and - . _ ~ below ${base}`)

/** Names as the VoiceCall API writes them. */
export const words = parsed((text) => {
  const items = text.split(',').map((item) => item.trim())
  const isRight = (item: string) => /^[A-Z][A-Z0-9_]{0,31}$/.test(item)
  return items.length <= 50 && items.every(isRight) ? items : undefined
}, 'a comma-separated list of words in capitals, such as ONPREM')

/** As long as the hash that it keys (RFC 7518 section 3.2). */
export const jwtSecret = parsed(
  (text) => (/^[\x21-\x7e]{32,512}$/.test(text) ? text : undefined),
  '32 to 512 visible ASCII characters without spaces',
)

export const e164 = parsed(
  (text) => (/^\+[1-9]\d{6,14}$/.test(text) ? text : undefined),
  'a telephone number in E.164 form, such as +15005550100',
)

export const targets = parsed((text) => {
  const items = text.split(',').map((item) => toTarget(item.trim()))
  return items.every((item) => item !== undefined) ? items : undefined
}, 'a comma-separated list of host, host:port or network (10.0.0.0/8)')

export const networks = parsed((text) => {
  const items = text.split(',').map((item) => item.trim())
  const isRight = (item: string) => isIP(item) !== 0 || toNetwork(item) !== undefined
  return items.every(isRight) ? items : undefined
}, 'a comma-separated list of IP addresses or networks (10.0.0.0/8)')

export const nameServers = parsed((text) => {
  const items = text.split(',').map((item) => toHostAndPort(item.trim()))
  return items.every((item) => item !== undefined && isIP(item.host) !== 0)
    ? items.map((item) => nameServerText(item!))
    : undefined
}, 'a comma-separated list of name servers, IP addresses with or without a port')

/** As Node's resolver takes it. */
function nameServerText({ host, port }: Host): string {
  if (port === undefined) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

export const drachtio = parsed((text): Drachtio | undefined => {
  if (text === 'embedded') return { kind: 'embedded' }
  const match = /^(.+):(\d+):([^:]+)$/.exec(text)
  const host = match && toHostAndPort(`${match[1]}:${match[2]}`)
  const isWhole = host?.port !== undefined && match?.[3] !== undefined
  return isWhole
    ? { kind: 'external', host: host.host, port: host.port!, secret: match[3]! }
    : undefined
}, 'embedded, or host:port:secret of a drachtio-server')

export const hep = parsed((text) => {
  const host = text.startsWith('udp:') ? toHostAndPort(text.slice('udp:'.length)) : undefined
  return host?.port === undefined ? undefined : { host: host.host, port: host.port }
}, 'udp:host:port of a Homer server')

/** 32 bits. */
export const captureId = parsed(
  (text) => (/^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined),
  'a whole number from 0 to 4294967295',
)

export const visibleText = parsed(
  (text) => (/^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined),
  '1 to 256 visible ASCII characters without spaces',
)

export const bucketName = parsed(
  (text) => (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) ? text : undefined),
  'the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
)

/** LUFS. */
export const loudness = parsed((text): number | 'off' | undefined => {
  if (text === 'off') return 'off'
  const lufs = /^-\d{2}(\.\d)?$/.test(text) ? Number(text) : 0
  return lufs >= -40 && lufs <= -10 ? lufs : undefined
}, 'a loudness from -40 to -10 (LUFS), or off')

/** Of a disk: a share of it, or bytes. */
export const diskSpace = parsed((text): { bytes: number; share: number } | undefined => {
  if (text === 'off') return { bytes: 0, share: 0 }
  const [, number, unit] = /^(\d{1,7})(%|MB)$/.exec(text) ?? []
  const amount = Number(number)
  if (unit === 'MB') return { bytes: amount * 1_000_000, share: 0 }
  return unit === '%' && amount <= 90 ? { bytes: 0, share: amount / 100 } : undefined
}, 'a share such as 10% (90% at most), an amount such as 500MB, or off')

/** What people are told. */
export const spokenText = parsed(
  (text) => (/^[^\p{Cc}]{1,1000}$/u.test(text) ? text : undefined),
  'a text of 1 to 1000 characters',
)

/** As a program names it, so that it may hold spaces. */
export const deviceName = parsed(
  (text) => (/^[^\p{Cc}]{1,256}$/u.test(text) ? text : undefined),
  'a name of 1 to 256 characters',
)

const trunkForm =
  /^sip:(?:([^:@;]+):([^@;]*)@)?(\[[^\]]+\](?::\d+)?|[^@;]+)(?:;transport=(udp|tcp|tls))?$/i

export const trunk = parsed((text): TrunkAddress | undefined => {
  const [, user, password, where = '', named = 'udp'] = trunkForm.exec(text) ?? []
  const transport = named.toLowerCase() as TrunkAddress['transport']
  const host = toHostAndPort(where)
  const [name, secret] = [user, password].map(unescaped)
  if (!host || name === null || secret === null) return undefined
  return {
    host: host.host,
    port: host.port ?? (isIP(host.host) === 0 ? 0 : transport === 'tls' ? 5061 : 5060),
    transport,
    user: name,
    password: secret,
  }
}, 'sip:[user:password@]host[:port][;transport=udp|tcp|tls]; write @ : ; in a password as %40 %3A %3B')

/** Undoes percent escapes; null when one is malformed. */
function unescaped(text: string | undefined): string | null | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return null
  }
}
