import { param } from './message/params.ts'
import { bareHost, parseUri } from './message/uri.ts'
import type { SipServerOptions } from './server.ts'
import type { CertificateFiles } from './transport/certificate.ts'

const valueless = new Set(['--disable-nat-detection', '--noconfig', '--daemon'])

type Plain = 'udp' | 'tcp'

const isPlain = (text: string): text is Plain => text === 'udp' || text === 'tcp'

interface Bound {
  readonly host: string
  readonly port: number
  readonly transports: Plain[]
}

/** `sip:127.0.0.1:5060;transport=udp,tcp` */
const readContact = (contact: string): Bound => {
  const uri = parseUri(contact.replace(/^sip:\*/, 'sip:0.0.0.0'))
  if (uri === undefined) throw new Error(`--contact is not a SIP URI: ${contact}`)
  const transports = (param(uri.params, 'transport') ?? 'udp,tcp').split(',').filter(isPlain)
  return { host: bareHost(uri.host), port: uri.port ?? 5060, transports }
}

const pairs = (args: readonly string[]): Map<string, string> => {
  const flags = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!
    if (!name.startsWith('-') || valueless.has(name)) continue
    const value = args[i + 1]
    if (value === undefined || value.startsWith('--')) continue
    flags.set(name, value)
    i++
  }
  return flags
}

/** `tcp://127.0.0.1:3050`: the one kind of handler that there is. */
const readHandler = (handler: string): { readonly host: string; readonly port: number } => {
  const [, host, port] = /^tcp:\/\/([^/]+):(\d{1,5})$/.exec(handler) ?? []
  if (host === undefined || Number(port) > 65_535) {
    throw new Error(`--http-handler is not tcp://host:port: ${handler}`)
  }
  return { host: bareHost(host), port: Number(port) }
}

const portOf = (flags: ReadonlyMap<string, string>, name: string): number | undefined => {
  const text = flags.get(name)
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Error(`${name} is not a port: ${text}`)
  }
  return Number(text)
}

/** `--cert-file cert.pem --key-file key.pem`, one pair for everything over TLS */
const readFiles = (flags: ReadonlyMap<string, string>, neededBy: string): CertificateFiles => {
  const [certFile, keyFile] = [flags.get('--cert-file'), flags.get('--key-file')]
  if (certFile === undefined || keyFile === undefined) {
    throw new Error(`${neededBy} needs --cert-file and --key-file`)
  }
  return { certFile, keyFile }
}

/** `--tls-port 9023`: applications over TLS */
const readControlTls = (
  flags: ReadonlyMap<string, string>,
): Pick<SipServerOptions, 'controlTls'> => {
  const port = portOf(flags, '--tls-port')
  return port === undefined ? {} : { controlTls: { port, ...readFiles(flags, '--tls-port') } }
}

/** `--sip-tls-port 5061 --wss-port 8443 --ws-port 8080`: phones over TLS and WebSockets */
const readSecure = (flags: ReadonlyMap<string, string>): Pick<SipServerOptions, 'tls' | 'ws'> => {
  const [port, wssPort, wsPort] = ['--sip-tls-port', '--wss-port', '--ws-port'].map((name) =>
    portOf(flags, name),
  )
  if (port === undefined && wssPort !== undefined)
    throw new Error('--wss-port needs --sip-tls-port')
  return {
    ...(port !== undefined && {
      tls: {
        port,
        ...readFiles(flags, '--sip-tls-port'),
        ...(wssPort !== undefined && { wssPort }),
      },
    }),
    ...(wsPort !== undefined && { ws: { port: wsPort } }),
  }
}

/**
 * Settings from a command line: our own flags, and those of a drachtio server (`--contact`,
 * `--address`, `--port`, `--secret`, `--external-ip`, `--http-handler tcp://host:port`); flags that mean nothing here
 * are ignored. Throws with one line for what cannot be read.
 */
export const readFlags = (args: readonly string[]): SipServerOptions => {
  const flags = pairs(args)
  const contact = flags.get('--contact')
  const bound: Bound =
    contact === undefined
      ? { host: '0.0.0.0', port: 5060, transports: ['udp', 'tcp'] }
      : readContact(contact)
  const publicAddress = flags.get('--external-ip') ?? flags.get('--public-address')
  const handler = flags.get('--http-handler')
  return {
    host: flags.get('--sip-host') ?? bound.host,
    port: portOf(flags, '--sip-port') ?? bound.port,
    transports: bound.transports,
    controlHost: flags.get('--address') ?? flags.get('--control-host') ?? '127.0.0.1',
    controlPort: portOf(flags, '--port') ?? portOf(flags, '--control-port') ?? 9022,
    secret: flags.get('--secret') ?? 'cymru',
    ...readControlTls(flags),
    ...readSecure(flags),
    ...(handler === undefined ? {} : { application: readHandler(handler) }),
    ...(publicAddress === undefined
      ? {}
      : { publicAddress, publicFor: flags.has('--external-ip') ? 'all' : 'outside' }),
  }
}
