// The configuration: a frozen value that is made once, from an environment, with all faults at once.

import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import type { MailServerAddress } from './mail-server.ts'
import { unknownVariables } from './misspelt.ts'
import { type SettingName, type SettingValues, settingNames, settings } from './settings.ts'
import { faultsOfSpeech, type SpeechConfig, speechOf } from './speech.ts'
import type { Target } from './values.ts'
import { faultsOfVault, type VaultConfig, vaultOf } from './vault.ts'

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
  /** How recordings are made where nothing else is said. */
  readonly recording: {
    readonly format: 'wav' | 'opus'
    /** 0: never. */
    readonly beepEveryMs: number
    readonly announcement: string | undefined
    /** Free on their disk; `share`: of the whole. */
    readonly leastSpace: { readonly bytes: number; readonly share: number }
  }
  readonly vault: VaultConfig
  /** Begins with `/v2/`. */
  readonly foneNumberCallPath: string
  /** The FoneNumber API: short codes of emergency services may be speed dials. */
  readonly emergencySpeedDials: boolean
  /** Of the VoiceCall API: providers besides its own, and its word for a voicemail. */
  readonly callProviders: readonly string[]
  readonly voicemailStatus: 'VOICEMAIL_RECEIVED' | 'VOICEMAIL'
  /** Who takes e-mails of ours, and in whose name they are; undefined: there are none. */
  readonly mail:
    | {
        readonly server: Omit<MailServerAddress, 'password'>
        readonly from: string
      }
    | undefined
  /** WAV file. Absolute path. */
  readonly parkMs: number
  readonly creditNoticeMs: number
  /** 0: for ever. */
  readonly eventsKeptMs: number
  readonly holdMusicFile: string | undefined
  /** Absolute path. */
  readonly musicDir: string | undefined
  /** What prompts, music and speech are brought to, in LUFS. */
  readonly promptLoudness: number | 'off'
  readonly speech: SpeechConfig
  /** Of this machine; the device is named as the recorder program does. */
  readonly microphone: {
    readonly device: string | undefined
    readonly recorder: 'auto' | 'sox' | 'rec' | 'arecord' | 'parecord'
  }
  /** 0: phones are not pinged. */
  readonly devicePingMs: number
  /** Of an account that has no number of its own. */
  readonly requestsPerSecond: number
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
    /** `postgres://…`; undefined: the file in the data folder. */
    readonly database: string | undefined
    /** Undefined: the one in the data folder. */
    readonly jwt: string | undefined
    /** Set when `drachtio.kind` is 'external'. */
    readonly drachtio: string | undefined
    readonly trunkPassword: string | undefined
    /** Set when there are TURN servers. */
    readonly turn: string | undefined
    readonly hepPassword: string | undefined
    /** Of the server that makes speech. */
    readonly speechUrl: string | undefined
    readonly speechKey: string | undefined
    readonly smtpPassword: string | undefined
    /** Set when there is a bucket. */
    readonly bucketKey: string | undefined
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
  const isEachRight = faults.length === 0
  if (isEachRight) faults.push(...contradictions(found as SettingValues))
  faults.push(...missingCompanions(found, faults))
  if (faults.length > 0) throw new ConfigFault(faults)
  return freeze(shape(found as SettingValues, cwd))
}

function faultLine(name: string, text: string | undefined, message = 'is not usable'): string {
  return text === undefined ? `${name} ${message}` : `${name} ${message}, not "${text}"`
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
  return [...faults, ...faultsOfHttps(v)]
}

/** Settings that are nothing without another one; not of those that the faults `known` tell of already. */
function missingCompanions(
  found: Partial<Record<SettingName, unknown>>,
  known: readonly string[],
): string[] {
  const v = found as SettingValues
  const faults: string[] = []
  if ((v.RINGDOWN_TLS_CERT === undefined) !== (v.RINGDOWN_TLS_KEY === undefined))
    faults.push('RINGDOWN_TLS_CERT and RINGDOWN_TLS_KEY belong together: one of them is not set')
  if ((v.RINGDOWN_TURN_URLS === undefined) !== (v.RINGDOWN_TURN_SECRET === undefined))
    faults.push(
      'RINGDOWN_TURN_URLS and RINGDOWN_TURN_SECRET belong together: one of them is not set',
    )
  if (v.RINGDOWN_SMTP_URL !== undefined && v.RINGDOWN_SMTP_FROM === undefined)
    faults.push('RINGDOWN_SMTP_URL needs RINGDOWN_SMTP_FROM')
  const told = new Set(known.map((line) => line.split(' ', 1)[0]))
  return [...faults, ...faultsOfVault(v), ...faultsOfSpeech(v)].filter(
    (line) => !line.match(/RINGDOWN_\w+/g)?.some((name) => told.has(name)),
  )
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

const callLimitsOf = (v: SettingValues) => ({
  maxCalls: v.RINGDOWN_MAX_CALLS,
  maxCallsPerSecond: v.RINGDOWN_MAX_CALLS_PER_SECOND,
  maxCallsPerDevice: v.RINGDOWN_MAX_CALLS_PER_DEVICE,
})

const soundsOf = (v: SettingValues, cwd: string) => ({
  holdMusicFile: v.RINGDOWN_HOLD_MUSIC && resolve(cwd, v.RINGDOWN_HOLD_MUSIC),
  musicDir: v.RINGDOWN_MUSIC_DIR && resolve(cwd, v.RINGDOWN_MUSIC_DIR),
  promptLoudness: v.RINGDOWN_PROMPT_LOUDNESS,
})

const recordingOf = (v: SettingValues): Config['recording'] => ({
  format: v.RINGDOWN_RECORDING_FORMAT,
  beepEveryMs: v.RINGDOWN_RECORDING_BEEP_S * 1000,
  announcement: v.RINGDOWN_RECORDING_ANNOUNCEMENT,
  leastSpace: v.RINGDOWN_RECORDINGS_MIN_FREE,
})

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
    trunk: trunkOf(v),
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
    recording: recordingOf(v),
    ...{ vault: vaultOf(v, cwd), speech: speechOf(v, (path) => resolve(cwd, path)) },
    foneNumberCallPath: v.RINGDOWN_FONENUMBER_CALL_PATH,
    emergencySpeedDials: v.RINGDOWN_EMERGENCY_SPEED_DIALS,
    callProviders: v.RINGDOWN_CALL_PROVIDERS ?? [],
    voicemailStatus: v.RINGDOWN_VOICEMAIL_STATUS,
    mail: mailOf(v),
    parkMs: v.RINGDOWN_PARK_S * 1000,
    creditNoticeMs: v.RINGDOWN_CREDIT_NOTICE_S * 1000,
    eventsKeptMs: v.RINGDOWN_EVENT_DAYS * 86_400_000,
    ...soundsOf(v, cwd),
    microphone: microphoneOf(v),
    devicePingMs: v.RINGDOWN_DEVICE_PING * 1000,
    requestsPerSecond: v.RINGDOWN_REQUESTS_PER_SECOND,
    callLimits: callLimitsOf(v),
    neverBan: v.RINGDOWN_NEVER_BAN,
    drainMs: v.RINGDOWN_DRAIN_S * 1000,
    logLevel: v.RINGDOWN_LOG_LEVEL,
    secrets: {
      apiKey: v.RINGDOWN_API_KEY,
      database: v.RINGDOWN_DATABASE,
      jwt: v.RINGDOWN_JWT_SECRET,
      drachtio: drachtio.kind === 'external' ? drachtio.secret : undefined,
      trunkPassword: trunk?.password,
      turn: v.RINGDOWN_TURN_SECRET,
      hepPassword: v.RINGDOWN_HEP_PASSWORD,
      ...{ speechUrl: v.RINGDOWN_TTS_HTTP_URL, speechKey: v.RINGDOWN_TTS_HTTP_KEY },
      smtpPassword: v.RINGDOWN_SMTP_URL?.password,
      bucketKey: v.RINGDOWN_S3_SECRET_KEY,
    },
  }
}

/** Its password is among the secrets. */
function trunkOf({ RINGDOWN_TRUNK: trunk }: SettingValues): Config['trunk'] {
  if (trunk === undefined) return undefined
  const { password: _, ...address } = trunk
  return address
}

function mailOf({
  RINGDOWN_SMTP_URL: at,
  RINGDOWN_SMTP_FROM: from,
}: SettingValues): Config['mail'] {
  if (at === undefined || from === undefined) return undefined
  const { password: _, ...server } = at
  return { server, from }
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
