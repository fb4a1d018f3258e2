// The configuration: a frozen value that is made once, from an environment, with all faults at once.

import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { type SettingName, type SettingValues, settingNames, settings } from './settings.ts'
import type { Target } from './values.ts'

const prefix = 'RINGDOWN_'

/** What the engine runs by. Secrets are in `secrets` alone: the rest may be logged. */
export interface Config {
  readonly http: { readonly host: string; readonly port: number }
  /** On the host of HTTP, if there is a certificate. */
  readonly https: {
    /** Undefined: there is none. */
    readonly port: number | undefined
    /** Somebody named the port, and so waits for it. */
    readonly isAskedFor: boolean
  }
  readonly sip: {
    readonly host: string
    readonly port: number
    readonly tlsPort: number
    readonly wsPort: number | undefined
    readonly wssPort: number | undefined
    /** Origins of pages that may open WebSockets, besides our own; `*`: all. */
    readonly wsOrigins: readonly string[]
  }
  readonly tls: {
    /** PEM files. Absolute paths. */
    readonly files: { readonly certFile: string; readonly keyFile: string } | undefined
    /** Whose certificates are taken where we connect; a PEM file has an absolute path. */
    readonly trust: 'system' | 'any' | { readonly caFile: string }
  }
  readonly rtp: {
    /** Both ends are included. */
    readonly ports: { readonly first: number; readonly last: number }
    readonly plain: 'sockets' | 'mediasoup'
    /** That carry audio; undefined: as many as the machine has room for. */
    readonly threads: number | undefined
    readonly inbandDtmf: 'auto' | 'always' | 'off'
    /** Without a packet of the phone; 0: never. */
    readonly silence: { readonly lostMs: number; readonly endMs: number }
  }
  /** What browsers are told of servers that relay; the secret is among the secrets. */
  readonly relays: { readonly turnUrls: readonly string[]; readonly stunUrls: readonly string[] }
  readonly webRtc: {
    /** UDP and TCP; 0: the system chooses. */
    readonly port: number
    /** Told to browsers, best first; none: `publicAddress`, and those of the network cards. */
    readonly addresses: readonly string[]
  }
  /** IP address that other SIP parties are told to send signalling and audio to. */
  readonly publicAddress: string
  /** `address` or `address:port`; none: those of the system. */
  readonly nameServers: readonly string[]
  /** Absolute path. */
  readonly dataDir: string
  readonly drachtio:
    | { readonly kind: 'embedded' }
    | { readonly kind: 'external'; readonly host: string; readonly port: number }
  readonly trunk:
    | {
        readonly host: string
        readonly port: number
        readonly transport: 'udp' | 'tcp' | 'tls'
        readonly user: string | undefined
      }
    | undefined
  /** Whether the SIP messages of the last calls are kept. */
  readonly sipTrace: boolean
  /** Where SIP messages are sent as HEPv3; the host is a name or an address. */
  readonly hep:
    | { readonly host: string; readonly port: number; readonly captureId: number }
    | undefined
  /** Whether the lab carrier runs. */
  readonly lab: boolean
  /** E.164, with its plus sign. */
  readonly defaultNumber: string | undefined
  readonly allowedSipTargets: readonly Target[]
  readonly allowedUrlTargets: readonly Target[]
  /** Where clients reach the HTTP server, without a slash at the end; undefined: where it listens. */
  readonly publicUrl: string | undefined
  /** PEM file of an RSA public key. Absolute path. */
  readonly jwtPublicKeyFile: string | undefined
  /** IP addresses and networks (CIDR) of reverse proxies. */
  readonly trustedProxies: readonly string[]
  /** Which APIs answer over plain HTTP: all, none, or those whose documents do not demand HTTPS. */
  readonly plainHttp: 'allow' | 'refuse' | 'by-dialect'
  readonly recordTriggerCalls: boolean
  /** Begins with `/v2/`. */
  readonly foneNumberCallPath: string
  /** Of the VoiceCall API: providers besides its own, and its word for a voicemail. */
  readonly callProviders: readonly string[]
  readonly voicemailStatus: 'VOICEMAIL_RECEIVED' | 'VOICEMAIL'
  /** WAV file. Absolute path. */
  readonly parkMs: number
  readonly holdMusicFile: string | undefined
  /** Of this machine; the device is named as the recorder program does. */
  readonly microphone: {
    readonly device: string | undefined
    readonly recorder: 'auto' | 'sox' | 'rec' | 'arecord' | 'parecord'
  }
  /** 0: phones are not pinged. */
  readonly devicePingMs: number
  /** Over them calls are refused. */
  readonly callLimits: {
    readonly maxCalls: number
    readonly maxCallsPerSecond: number | undefined
    readonly maxCallsPerDevice: number
  }
  /** IP addresses and networks (CIDR). */
  readonly neverBan: readonly string[]
  readonly drainMs: number
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  readonly secrets: {
    readonly apiKey: string | undefined
    /** Undefined: the one in the data folder. */
    readonly jwt: string | undefined
    /** Set when `drachtio.kind` is 'external'. */
    readonly drachtio: string | undefined
    readonly trunkPassword: string | undefined
    /** Set when there are TURN servers. */
    readonly turn: string | undefined
    readonly hepPassword: string | undefined
  }
}

/** The environment asks for something that cannot be; `faults` has a line for each such thing. */
export class ConfigFault extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(['the settings are not usable:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
    this.name = 'ConfigFault'
    this.faults = faults
  }
}

/** An environment, as `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the configuration.
 * @param env the variables; those that do not begin with RINGDOWN_ are none of our business
 * @param cwd folder that a relative data folder is relative to
 * @throws ConfigFault naming everything that is wrong
 */
export function readConfig(env: Environment = process.env, cwd: string = process.cwd()): Config {
  const faults = unknownVariables(env)
  const found: Partial<Record<SettingName, unknown>> = {}
  for (const name of settingNames) {
    const { schema, byDefault, isSecret } = settings[name]
    // An empty variable is an absent one: compose files pass on what is not set that way.
    const text = env[name]?.trim() || byDefault
    if (text === undefined) continue
    const result = schema.safeParse(text)
    if (result.success) found[name] = result.data
    else faults.push(faultLine(name, isSecret ? undefined : text, result.error.issues[0]?.message))
  }
  if (faults.length === 0) faults.push(...contradictions(found as SettingValues))
  if (faults.length > 0) throw new ConfigFault(faults)
  return freeze(shape(found as SettingValues, cwd))
}

function faultLine(name: string, text: string | undefined, message = 'is not usable'): string {
  return text === undefined ? `${name} ${message}` : `${name} ${message}, not "${text}"`
}

/** A line for every variable with our prefix that is no setting: most likely a misspelt one. */
function unknownVariables(env: Environment): string[] {
  const known = new Set<string>(settingNames)
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .map((name) => `${name} is not a setting${suggestion(name)}`)
}

/** A setting whose name differs in a few letters: one in four at most, without the prefix that all have. */
function suggestion(name: string): string {
  const nearest = settingNames
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const most = Math.min(3, Math.ceil((name.length - prefix.length) / 4))
  return nearest && nearest.distance <= most ? `; did you mean ${nearest.candidate}?` : ''
}

/** Levenshtein distance: how many letters must be added, removed or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

/** Settings that are right one by one but not together. */
function contradictions(v: SettingValues): string[] {
  const faults: string[] = []
  const { first, last } = v.RINGDOWN_RTP_PORTS
  const port = v.RINGDOWN_SIP_PORT
  const isOurs = v.RINGDOWN_DRACHTIO.kind === 'embedded'
  if (isOurs && port >= first && port <= last)
    faults.push(`RINGDOWN_SIP_PORT ${port} lies inside RINGDOWN_RTP_PORTS ${first}-${last}`)
  if (isOurs) faults.push(...sharedPorts(v))
  if ((v.RINGDOWN_TLS_CERT === undefined) !== (v.RINGDOWN_TLS_KEY === undefined))
    faults.push('RINGDOWN_TLS_CERT and RINGDOWN_TLS_KEY belong together: one of them is not set')
  if ((v.RINGDOWN_TURN_URLS === undefined) !== (v.RINGDOWN_TURN_SECRET === undefined))
    faults.push(
      'RINGDOWN_TURN_URLS and RINGDOWN_TURN_SECRET belong together: one of them is not set',
    )
  return [...faults, ...faultsOfHttps(v)]
}

function faultsOfHttps(v: SettingValues): string[] {
  const { port, isAskedFor } = httpsOf(v)
  if (port === undefined) return []
  if (v.RINGDOWN_TLS_CERT === undefined && !hasLab(v)) {
    const text =
      'RINGDOWN_HTTPS_PORT needs a certificate: set RINGDOWN_TLS_CERT and RINGDOWN_TLS_KEY'
    return isAskedFor ? [text] : []
  }
  const others = v.RINGDOWN_DRACHTIO.kind === 'embedded' ? listeners : []
  return (['RINGDOWN_HTTP_PORT', ...others] as const)
    .filter((name) => port !== 0 && v[name] === port)
    .map((name) => `RINGDOWN_HTTPS_PORT ${port} is ${name} too`)
}

/** The lab carrier runs when it is asked for, and when no other carrier is set. */
const hasLab = (v: SettingValues): boolean =>
  v.RINGDOWN_LAB === 'on' || (v.RINGDOWN_LAB === 'auto' && v.RINGDOWN_TRUNK === undefined)

const usualHttpsPort = 8443

function httpsOf({ RINGDOWN_HTTPS_PORT: port }: SettingValues): Config['https'] {
  if (typeof port === 'number') return { port, isAskedFor: true }
  return { port: port === 'off' ? undefined : usualHttpsPort, isAskedFor: false }
}

/** All of these are TCP, on one address. */
const listeners = [
  'RINGDOWN_SIP_PORT',
  'RINGDOWN_SIP_TLS_PORT',
  'RINGDOWN_SIP_WS_PORT',
  'RINGDOWN_SIP_WSS_PORT',
] as const

function sharedPorts(v: SettingValues): string[] {
  return listeners.flatMap((name, index) => {
    const other = listeners.slice(0, index).find((earlier) => v[earlier] === v[name])
    const isShared = other !== undefined && v[name] !== undefined && v[name] !== 0
    return isShared ? [`${name} ${v[name]} is ${other} too`] : []
  })
}

function tlsOf(v: SettingValues, cwd: string): Config['tls'] {
  const [cert, key, trust] = [v.RINGDOWN_TLS_CERT, v.RINGDOWN_TLS_KEY, v.RINGDOWN_TLS_TRUST]
  return {
    files: cert && key ? { certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) } : undefined,
    trust: trust === 'system' || trust === 'any' ? trust : { caFile: resolve(cwd, trust) },
  }
}

function sipOf(v: SettingValues): Config['sip'] {
  return {
    host: v.RINGDOWN_SIP_HOST,
    port: v.RINGDOWN_SIP_PORT,
    tlsPort: v.RINGDOWN_SIP_TLS_PORT,
    wsPort: v.RINGDOWN_SIP_WS_PORT,
    wssPort: v.RINGDOWN_SIP_WSS_PORT,
    // a reverse proxy may tell us another host than the one that the page is of
    wsOrigins: [
      ...(v.RINGDOWN_WS_ORIGINS ?? []),
      ...(v.RINGDOWN_PUBLIC_URL ? [v.RINGDOWN_PUBLIC_URL] : []),
    ],
  }
}

function shape(v: SettingValues, cwd: string): Config {
  const drachtio = v.RINGDOWN_DRACHTIO
  const trunk = v.RINGDOWN_TRUNK
  const lab = hasLab(v)
  return {
    http: { host: v.RINGDOWN_HTTP_HOST, port: v.RINGDOWN_HTTP_PORT },
    https: httpsOf(v),
    sip: sipOf(v),
    tls: tlsOf(v, cwd),
    rtp: rtpOf(v),
    relays: relaysOf(v),
    webRtc: webRtcOf(v),
    publicAddress: v.RINGDOWN_PUBLIC_ADDRESS ?? addressOf(v.RINGDOWN_SIP_HOST),
    nameServers: v.RINGDOWN_DNS ?? [],
    dataDir: resolve(cwd, v.RINGDOWN_DATA_DIR),
    drachtio:
      drachtio.kind === 'embedded'
        ? drachtio
        : { kind: 'external', host: drachtio.host, port: drachtio.port },
    trunk: trunk && {
      host: trunk.host,
      port: trunk.port,
      transport: trunk.transport,
      user: trunk.user,
    },
    sipTrace: v.RINGDOWN_SIP_TRACE === 'on',
    hep: hepOf(v),
    lab,
    defaultNumber: v.RINGDOWN_DEFAULT_NUMBER,
    allowedSipTargets: v.RINGDOWN_ALLOWED_SIP_TARGETS ?? [],
    allowedUrlTargets: v.RINGDOWN_ALLOWED_URL_TARGETS ?? [],
    publicUrl: v.RINGDOWN_PUBLIC_URL,
    jwtPublicKeyFile: v.RINGDOWN_JWT_PUBLIC_KEY && resolve(cwd, v.RINGDOWN_JWT_PUBLIC_KEY),
    trustedProxies: v.RINGDOWN_TRUSTED_PROXIES ?? [],
    plainHttp: plainHttpOf(v.RINGDOWN_PLAIN_HTTP, lab),
    recordTriggerCalls: v.RINGDOWN_RECORD_TRIGGER_CALLS,
    foneNumberCallPath: v.RINGDOWN_FONENUMBER_CALL_PATH,
    callProviders: v.RINGDOWN_CALL_PROVIDERS ?? [],
    voicemailStatus: v.RINGDOWN_VOICEMAIL_STATUS,
    parkMs: v.RINGDOWN_PARK_S * 1000,
    holdMusicFile: v.RINGDOWN_HOLD_MUSIC && resolve(cwd, v.RINGDOWN_HOLD_MUSIC),
    microphone: microphoneOf(v),
    devicePingMs: v.RINGDOWN_DEVICE_PING * 1000,
    callLimits: {
      maxCalls: v.RINGDOWN_MAX_CALLS,
      maxCallsPerSecond: v.RINGDOWN_MAX_CALLS_PER_SECOND,
      maxCallsPerDevice: v.RINGDOWN_MAX_CALLS_PER_DEVICE,
    },
    neverBan: v.RINGDOWN_NEVER_BAN,
    drainMs: v.RINGDOWN_DRAIN_S * 1000,
    logLevel: v.RINGDOWN_LOG_LEVEL,
    secrets: {
      apiKey: v.RINGDOWN_API_KEY,
      jwt: v.RINGDOWN_JWT_SECRET,
      drachtio: drachtio.kind === 'external' ? drachtio.secret : undefined,
      trunkPassword: trunk?.password,
      turn: v.RINGDOWN_TURN_SECRET,
      hepPassword: v.RINGDOWN_HEP_PASSWORD,
    },
  }
}

function microphoneOf(v: SettingValues): Config['microphone'] {
  return { device: v.RINGDOWN_MICROPHONE_DEVICE, recorder: v.RINGDOWN_MICROPHONE_RECORDER }
}

const relaysOf = (v: SettingValues): Config['relays'] => ({
  turnUrls: v.RINGDOWN_TURN_URLS ?? [],
  stunUrls: v.RINGDOWN_STUN_URLS ?? [],
})

function rtpOf(v: SettingValues): Config['rtp'] {
  const silence = {
    lostMs: v.RINGDOWN_MEDIA_LOST_S * 1000,
    endMs: v.RINGDOWN_MEDIA_END_S * 1000,
  }
  const inbandDtmf = v.RINGDOWN_INBAND_DTMF
  const { RINGDOWN_RTP_PORTS: ports, RINGDOWN_PLAIN_RTP: plain } = v
  return { ports, plain, threads: v.RINGDOWN_MEDIA_THREADS, inbandDtmf, silence }
}

function webRtcOf(v: SettingValues): Config['webRtc'] {
  return { port: v.RINGDOWN_WEBRTC_PORT, addresses: v.RINGDOWN_WEBRTC_ADDRESSES ?? [] }
}

function hepOf({ RINGDOWN_HEP: at, RINGDOWN_HEP_ID: captureId }: SettingValues): Config['hep'] {
  return at && { ...at, captureId }
}

function plainHttpOf(setting: 'auto' | 'allow' | 'refuse', lab: boolean): Config['plainHttp'] {
  if (setting !== 'auto') return setting
  return lab ? 'allow' : 'by-dialect'
}

/** The address that peers can reach when this one is listened on. */
function addressOf(listening: string): string {
  if (listening !== '0.0.0.0' && listening !== '::') return listening
  const outward = Object.values(networkInterfaces())
    .flatMap((card) => card ?? [])
    .find((at) => at.family === 'IPv4' && !at.internal)
  return outward?.address ?? '127.0.0.1'
}

function freeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freeze(inner)
  }
  return Object.freeze(value)
}
