import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

/** How a database server is reached: what the operator's `postgres://` address says. */
export interface Place {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  /** `prefer`: TLS when the server offers it, whoever it is. */
  readonly tls: 'off' | 'prefer' | ConnectionOptions
  /** Connections for reading, besides the one that writes. */
  readonly readers: number
  /** Settings of the session, as the program psql takes them in `options`. */
  readonly options: string | undefined
  /** Without the password: for messages. */
  readonly shown: string
}

export const isPostgres = (text: string): boolean => /^postgres(ql)?:\/\//.test(text)

const known = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'readers', 'options']
const usualReaders = 3
const mostReaders = 50

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`. What its parameters mean is what they mean
 * to PostgreSQL's own programs (libpq); `readers` is ours. Throws an Error of one line that shows no password.
 */
export function placeOf(text: string): Place {
  const url = URL.parse(
    text
      // A scheme whose addresses are read in the same way.
      .replace(/^postgres(ql)?:/, 'ftp:')
      .replace(/^(ftp:\/\/)(?=\/|\?|$)|(?<=@)(?=\/)/, '$1unix.invalid'),
  )
  if (url === null) throw new Error('the address of the database is no postgres:// URL')
  const parameters = url.searchParams
  for (const name of parameters.keys()) {
    if (!known.includes(name)) {
      throw new Error(`the address of the database has an unknown parameter: ${name}`)
    }
  }
  const host = parameters.get('host') ?? plainHost(url)
  if (host === '') throw new Error('the address of the database names no host')
  const user = decodeURIComponent(url.username) || 'postgres'
  const port = Number(url.port || 5432)
  const database = decodeURIComponent(url.pathname.slice(1)) || user
  return {
    ...{ host, port, user, database },
    password: decodeURIComponent(url.password) || undefined,
    tls: tlsOf(parameters, host),
    readers: readersOf(parameters.get('readers')),
    options: parameters.get('options') ?? undefined,
    shown: `postgres://${user}@${host}:${port}/${database}`,
  }
}

const plainHost = ({ hostname }: URL): string =>
  hostname === 'unix.invalid' ? '' : decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1')

function readersOf(text: string | null): number {
  if (text === null) return usualReaders
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= mostReaders) return count
  throw new Error(`readers of the database's address: a number from 1 to ${mostReaders}`)
}

function tlsOf(parameters: URLSearchParams, host: string): Place['tls'] {
  const mode = parameters.get('sslmode') ?? 'prefer'
  const files: ConnectionOptions = {
    ...pem('ca', parameters.get('sslrootcert')),
    ...pem('cert', parameters.get('sslcert')),
    ...pem('key', parameters.get('sslkey')),
  }
  const isSocket = host.startsWith('/')
  switch (mode) {
    case 'disable':
      return 'off'
    case 'prefer':
      return isSocket ? 'off' : 'prefer'
    case 'require':
      return { ...files, rejectUnauthorized: files.ca !== undefined, ...anyName }
    case 'verify-ca':
      return { ...files, rejectUnauthorized: true, ...anyName }
    case 'verify-full':
      return { ...files, rejectUnauthorized: true }
    default:
      throw new Error(
        "sslmode of the database's address: disable, prefer, require, verify-ca or verify-full",
      )
  }
}

/** The certificate is looked at, the name in it is not. */
const anyName: ConnectionOptions = { checkServerIdentity: () => undefined }

function pem(name: 'ca' | 'cert' | 'key', path: string | null): ConnectionOptions {
  if (path === null) return {}
  try {
    return { [name]: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`cannot read ${path}, which the address of the database names: ${code}`, {
      cause: error,
    })
  }
}
