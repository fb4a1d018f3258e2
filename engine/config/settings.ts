// Every setting: its variable, its default, what it does. The table in the README is this list.

import type { z } from 'zod'
import { mailFrom, mailServer } from './mail-server.ts'
import { setting } from './setting.ts'
import { speechSettings } from './speech.ts'
import * as value from './values.ts'

export const settings = {
  /** TCP port of the HTTP API, the web page and the browsers' SIP. */
  RINGDOWN_HTTP_PORT: setting(value.port, '8080', 'TCP port of the API and the web page'),
  /** Address that the HTTP server listens on. */
  RINGDOWN_HTTP_HOST: setting(value.address, '0.0.0.0', 'address that the HTTP server listens on'),
  /** The same over TLS. */
  RINGDOWN_HTTPS_PORT: setting(
    value.portOrWord,
    'auto',
    'TCP port of the same by HTTPS, on the same address and with the certificate of `RINGDOWN_TLS_CERT`; `off`, or `auto`: 8443 when there is a certificate',
  ),
  /** UDP and TCP port of the embedded SIP server. */
  RINGDOWN_SIP_PORT: setting(value.port, '5060', 'UDP and TCP port of the embedded SIP server'),
  /** Address that the embedded SIP server and the audio sockets listen on. */
  RINGDOWN_SIP_HOST: setting(value.address, '0.0.0.0', 'address that SIP and RTP listen on'),
  /** TCP port of the embedded SIP server for TLS. */
  RINGDOWN_SIP_TLS_PORT: setting(
    value.port,
    '5061',
    'TCP port of the embedded SIP server for TLS, when there is a certificate',
  ),
  /** TCP port of the embedded SIP server for WebSockets. */
  RINGDOWN_SIP_WS_PORT: setting(
    value.port,
    undefined,
    'TCP port of the embedded SIP server for WebSockets without TLS; without it none',
  ),
  /** The same with TLS. */
  RINGDOWN_SIP_WSS_PORT: setting(
    value.port,
    undefined,
    'the same for WebSockets with TLS, when there is a certificate; without it none',
  ),
  /** Pages of other hosts that may open WebSockets, for SIP and for the API. */
  RINGDOWN_WS_ORIGINS: setting(
    value.origins,
    undefined,
    'origins of pages that may open WebSockets, besides those of the host that is asked; `*`: all',
  ),
  /** PEM file: the certificate, then those between it and the authority. */
  RINGDOWN_TLS_CERT: setting(
    value.folder,
    undefined,
    'PEM file with the certificate for TLS, read again when it changes, and at SIGHUP; without it and with the lab on the engine makes one of its own, kept in the data folder',
  ),
  /** PEM file, without a password. */
  RINGDOWN_TLS_KEY: setting(value.folder, undefined, 'PEM file with the key of that certificate'),
  /** Whose certificates are taken on TLS connections that the engine opens. */
  RINGDOWN_TLS_TRUST: setting(
    value.folder,
    'system',
    'whom TLS connections to trunks trust: `system` (the well-known authorities), `any`, or a PEM file with authorities',
  ),
  /** UDP ports for audio, both ends included. */
  RINGDOWN_RTP_PORTS: setting(value.portRange, '10000-19999', 'UDP ports for audio'),
  /** Who owns the sockets of unencrypted audio. */
  RINGDOWN_PLAIN_RTP: setting(
    value.oneOf('sockets', 'mediasoup'),
    'sockets',
    'who carries unencrypted audio: own `sockets`, or `mediasoup`',
  ),
  /** What is found is cut from what others hear. */
  RINGDOWN_INBAND_DTMF: setting(
    value.oneOf('auto', 'always', 'off'),
    'auto',
    'when keys are looked for in the sound of a phone: `auto` unless it sends them as events (RFC 4733), `always`, or `off`',
  ),
  /** All audio of browsers goes through it. */
  RINGDOWN_WEBRTC_PORT: setting(
    value.port,
    '20000',
    'UDP and TCP port for the audio of browsers (WebRTC), one for all calls',
  ),
  /** Where browsers find that port. */
  RINGDOWN_WEBRTC_ADDRESSES: setting(
    value.addresses,
    undefined,
    'IP addresses, best first, at which browsers reach that port; without it the one told to SIP peers, and those of the network cards',
  ),
  /** For browsers that reach us in no other way. */
  RINGDOWN_TURN_URLS: setting(
    value.turnUrls,
    undefined,
    'TURN servers that browsers may use, such as `turn:turn.example.com:3478?transport=udp`; without it none, which is fine wherever the WebRTC port can be reached by UDP or TCP',
  ),
  /** What makes their credentials. */
  RINGDOWN_TURN_SECRET: setting(
    value.turnSecret,
    undefined,
    "the `static-auth-secret` of those servers: browsers get credentials that end with their device's token",
    true,
  ),
  /** Of little use, since we are reached directly. */
  RINGDOWN_STUN_URLS: setting(
    value.stunUrls,
    undefined,
    'STUN servers that browsers are told, such as `stun:stun.example.com:3478`; without it none',
  ),
  /** Threads that carry audio. */
  RINGDOWN_MEDIA_THREADS: setting(
    value.threads,
    undefined,
    'threads that carry audio (1 to 64), each with its part of the UDP ports; without it one less than there are processor cores, and at least one',
  ),
  /** Without a packet from the phone of a call. */
  RINGDOWN_MEDIA_LOST_S: setting(
    value.seconds,
    '20',
    'seconds without RTP and RTCP from a phone after which the call tells `media.lost`; 0: never',
  ),
  /** The same. */
  RINGDOWN_MEDIA_END_S: setting(
    value.seconds,
    '60',
    'seconds after which such a call is ended (`media_lost`); 0: never',
  ),
  RINGDOWN_CREDIT_NOTICE_S: setting(
    value.seconds,
    '60',
    'seconds before its end at which a call is told, by an event and by voice, that the balance does not cover its next minute',
  ),
  RINGDOWN_PARK_S: setting(
    value.seconds,
    '60',
    'seconds for which a call waits for its browser to come back, while the other side hears music',
  ),
  /** Address that other SIP parties are told to send to. */
  RINGDOWN_PUBLIC_ADDRESS: setting(
    value.address,
    undefined,
    'address told to SIP peers; without it `RINGDOWN_SIP_HOST` if that is one address, else the first IPv4 address of a network card',
  ),
  /** Who answers questions about names of SIP peers. */
  RINGDOWN_DNS: setting(
    value.nameServers,
    undefined,
    'name servers for SIP (NAPTR, SRV and addresses), with or without a port; without it those of the system',
  ),
  /** Folder of the database and the recordings; relative to where the engine was started. */
  RINGDOWN_DATA_DIR: setting(value.folder, './data', 'folder of the database and recordings'),
  /** Everything but sounds and keys, in a server of its own. */
  RINGDOWN_DATABASE: setting(
    value.database,
    undefined,
    '`postgres://user:password@host/database` of a PostgreSQL that keeps everything but recordings and keys; without it SQLite in the data folder',
    true,
  ),
  /** The first API key. */
  RINGDOWN_API_KEY: setting(
    value.apiKey,
    undefined,
    'first API key; without it one is made and printed at the first start',
    true,
  ),
  /** The SIP server behind the control protocol. */
  RINGDOWN_DRACHTIO: setting(
    value.drachtio,
    'embedded',
    '`embedded`, or `host:port:secret` of a drachtio-server',
    true,
  ),
  /** A carrier for outbound calls, besides those made by the API. */
  RINGDOWN_TRUNK: setting(
    value.trunk,
    undefined,
    'a trunk: `sip:[user:password@]host[:port][;transport=tcp]`, or `tls`',
    true,
  ),
  /** The last calls' SIP messages, for those who look into a call. */
  RINGDOWN_SIP_TRACE: setting(
    value.oneOf('on', 'off'),
    'on',
    'whether the SIP messages of the last calls are kept in memory (16 MB): `on` or `off`',
  ),
  /** A Homer server that gets every SIP message. */
  RINGDOWN_HEP: setting(
    value.hep,
    undefined,
    '`udp:host:port` of a Homer server that is sent every SIP message (HEPv3); without it none',
  ),
  /** By which it tells this engine from others. */
  RINGDOWN_HEP_ID: setting(value.captureId, '1', 'number by which that server tells senders apart'),
  /** What it wants to see. */
  RINGDOWN_HEP_PASSWORD: setting(
    value.visibleText,
    undefined,
    'password in those packets; without it none',
    true,
  ),
  /** The telephone network of magic numbers inside this process. */
  RINGDOWN_LAB: setting(
    value.oneOf('auto', 'on', 'off'),
    'auto',
    'the lab carrier: `on`, `off`, or `auto` (on when no trunk is set)',
  ),
  /** Caller ID for calls that name none. */
  RINGDOWN_DEFAULT_NUMBER: setting(
    value.e164,
    undefined,
    'caller ID (E.164) of calls that name none',
  ),
  /** Where `sip:` targets of calls may point directly. */
  RINGDOWN_ALLOWED_SIP_TARGETS: setting(
    value.targets,
    undefined,
    'hosts, host:port or networks that calls to `sip:` addresses may reach; without it none',
  ),
  /** Private places that prompts and webhooks may reach all the same. */
  RINGDOWN_ALLOWED_URL_TARGETS: setting(
    value.targets,
    undefined,
    'private hosts or networks that prompt and webhook URLs may reach; without it none',
  ),
  /** Where clients reach the HTTP server, if it is not where it listens. */
  RINGDOWN_PUBLIC_URL: setting(
    value.origin,
    undefined,
    'where clients reach the HTTP server, such as `https://voice.example.com`; without it the address that it listens on',
  ),
  /** What signs the tokens that the engine makes and takes. */
  RINGDOWN_JWT_SECRET: setting(
    value.jwtSecret,
    undefined,
    'signs bearer tokens (HS256); without it one is made at the first start and kept in the data folder',
    true,
  ),
  /** Whose tokens are taken besides our own. */
  RINGDOWN_JWT_PUBLIC_KEY: setting(
    value.folder,
    undefined,
    'PEM file with the public key of whoever else makes bearer tokens (RS256)',
  ),
  /** Reverse proxies in front of the HTTP server. */
  RINGDOWN_TRUSTED_PROXIES: setting(
    value.networks,
    undefined,
    'addresses or networks of reverse proxies whose `X-Forwarded-Proto` and `X-Forwarded-For` are believed',
  ),
  /** Whether dialects that need HTTPS answer without it. */
  RINGDOWN_PLAIN_HTTP: setting(
    value.oneOf('auto', 'allow', 'refuse'),
    'auto',
    'APIs over plain HTTP: `allow`, `refuse` all, or `auto`: those that demand HTTPS only while the lab carrier is on',
  ),
  /** True when calls of the trigger-call API are recorded. */
  RINGDOWN_RECORD_TRIGGER_CALLS: setting(
    value.yesOrNo,
    'true',
    'whether calls of the trigger-call API are recorded: `true` or `false`',
  ),
  /** Of recordings where nothing else is said. */
  RINGDOWN_RECORDING_FORMAT: setting(
    value.oneOf('wav', 'opus'),
    'wav',
    'recordings are written as `wav`, or as `opus` (Ogg Opus, a tenth of the size)',
  ),
  RINGDOWN_RECORDING_BEEP_S: setting(
    value.seconds,
    '0',
    'seconds between two beeps that both sides of a recorded call hear; 0: none',
  ),
  RINGDOWN_RECORDING_ANNOUNCEMENT: setting(
    value.spokenText,
    undefined,
    'said to both sides of a call before its recording begins; without it nothing is',
  ),
  /** Of the disk of the recordings. */
  RINGDOWN_RECORDINGS_MIN_FREE: setting(
    value.diskSpace,
    '10%',
    'with less than this free on the disk of the recordings (`10%`, `500MB`, `off`) nothing new is recorded, and the operator is told',
  ),
  /** Private keys that recordings may be opened with. */
  RINGDOWN_RECORDING_KEYS_DIR: setting(
    value.folder,
    undefined,
    'folder with private keys (PEM files without a password) by which the engine may decrypt recordings; without it those of accounts with an encryption key are handed out encrypted',
  ),
  /** A storage for recordings. */
  RINGDOWN_S3_BUCKET: setting(
    value.bucketName,
    undefined,
    'S3 bucket into which recordings are brought once they are whole; without it they stay in the data folder',
  ),
  RINGDOWN_S3_ENDPOINT: setting(
    value.origin,
    undefined,
    'address of that storage, such as `https://s3.example.com`; without it that of Amazon in the region',
  ),
  RINGDOWN_S3_REGION: setting(value.visibleText, 'us-east-1', 'region of the bucket'),
  RINGDOWN_S3_ACCESS_KEY: setting(value.visibleText, undefined, 'id of the access key for it'),
  RINGDOWN_S3_SECRET_KEY: setting(value.visibleText, undefined, 'secret of that key', true),
  RINGDOWN_S3_PREFIX: setting(
    value.visibleText,
    undefined,
    'what names in the bucket begin with, such as `ringdown/recordings`; without it nothing',
  ),
  RINGDOWN_S3_KEEP_LOCAL: setting(
    value.yesOrNo,
    'false',
    'whether the copy in the data folder stays after the upload: `true` or `false`',
  ),
  /** Where the FoneNumber API takes calls: its document does not say. */
  RINGDOWN_FONENUMBER_CALL_PATH: setting(
    value.pathBelow('/v2/'),
    '/v2/calls',
    'path, below `/v2/`, at which the FoneNumber API takes calls',
  ),
  /** A program must not call an emergency service by mistake. */
  RINGDOWN_EMERGENCY_SPEED_DIALS: setting(
    value.yesOrNo,
    'false',
    'whether 112, 911 and the like may be speed dials of the FoneNumber API (what they call is set by the account): `true` or `false`',
  ),
  /** Who else carries calls that the VoiceCall API is told of. */
  RINGDOWN_CALL_PROVIDERS: setting(
    value.words,
    undefined,
    'further providers that the VoiceCall API takes, besides its own; calls of this system go by the first of them',
  ),
  /** The VoiceCall API has two words for the same thing. */
  RINGDOWN_VOICEMAIL_STATUS: setting(
    value.oneOf('VOICEMAIL_RECEIVED', 'VOICEMAIL'),
    'VOICEMAIL_RECEIVED',
    'word of the VoiceCall API for a voicemail in its answers: `VOICEMAIL_RECEIVED`, or the newer `VOICEMAIL`',
  ),
  /** Who takes e-mails of ours. */
  RINGDOWN_SMTP_URL: setting(
    mailServer,
    undefined,
    'mail server for e-mails about voicemail and calls, `smtp://user:password@host:587` or `smtps://`; a password goes over TLS alone unless `?tls=off` or `?tls=if-offered` is added, its certificate is checked as `RINGDOWN_TLS_TRUST` says; without it no e-mails',
    true,
  ),
  /** In whose name. */
  RINGDOWN_SMTP_FROM: setting(
    mailFrom,
    undefined,
    'sender of those e-mails, `Voicemail <voicemail@example.com>`; needed with `RINGDOWN_SMTP_URL`',
  ),
  /** What whoever is on hold or waits hears. */
  RINGDOWN_HOLD_MUSIC: setting(
    value.folder,
    undefined,
    'file (WAV, MP3, Ogg Opus) that those on hold, and all who wait, hear again and again; without it the folder below, or a tune of our own',
  ),
  /** And what all hear who wait. */
  RINGDOWN_MUSIC_DIR: setting(
    value.folder,
    undefined,
    'folder of music for those who wait (WAV, MP3, Ogg Opus), played one file after the other; folders in it are classes, chosen by `music:<name>`; `RINGDOWN_HOLD_MUSIC` goes before it',
  ),
  /** So that nobody is shouted at between two sounds. */
  RINGDOWN_PROMPT_LOUDNESS: setting(
    value.loudness,
    '-23',
    'loudness (LUFS, EBU R 128) that prompts, music and speech are brought to: -40 to -10, or `off`: as they are',
  ),
  ...speechSettings,
  /** Which microphone of this machine. */
  RINGDOWN_MICROPHONE_DEVICE: setting(
    value.deviceName,
    undefined,
    "microphone of announcements and recorded prompts, as the recorder program names it; without it the system's own choice",
  ),
  /** What reads it. */
  RINGDOWN_MICROPHONE_RECORDER: setting(
    value.oneOf('auto', 'sox', 'rec', 'arecord', 'parecord'),
    'auto',
    'program that reads the microphone: `sox`, `rec`, `arecord`, `parecord`, or `auto`: the first of `sox`, `arecord` and `parecord` that gives sound',
  ),
  /** How often phones behind a NAT are asked by OPTIONS whether they are there, in seconds. */
  RINGDOWN_DEVICE_PING: setting(
    value.seconds,
    '30',
    'seconds between questions (OPTIONS) to a phone behind a NAT, which keep its way open; other phones get them four times as seldom, and at once those on connections of a separate SIP server that comes back; 0: none',
  ),
  /** Requests of one account within a second. */
  RINGDOWN_REQUESTS_PER_SECOND: setting(
    value.count,
    '100',
    'requests of one account within a second, by all APIs and WebSockets together; others get 429 with Retry-After. An account may have a number of its own',
  ),
  /** How far back the log goes. */
  RINGDOWN_EVENT_DAYS: setting(
    value.days,
    '90',
    'days for which events of calls, and webhooks that were delivered or given up, are kept; 0: for ever',
  ),
  /** Calls at once. */
  RINGDOWN_MAX_CALLS: setting(
    value.count,
    '5000',
    'calls at once, in both directions; over it callers get 503 with Retry-After and the API says `overloaded`',
  ),
  /** Calls from outside within a second. */
  RINGDOWN_MAX_CALLS_PER_SECOND: setting(
    value.count,
    undefined,
    'calls from outside taken within a second, others get 503 with Retry-After; without it any number',
  ),
  /** Calls at once that one device makes. */
  RINGDOWN_MAX_CALLS_PER_DEVICE: setting(
    value.count,
    '20',
    'calls at once that one device makes; over it its phones get 486',
  ),
  /** Who is never banned, whatever comes from there. */
  RINGDOWN_NEVER_BAN: setting(
    value.networks,
    '127.0.0.1,::1',
    'addresses or networks whose SIP is neither limited nor banned, besides those of trunks',
  ),
  /** How long calls may go on after SIGTERM, in seconds. */
  RINGDOWN_DRAIN_S: setting(
    value.seconds,
    '600',
    'seconds that calls may go on after SIGTERM before they are ended',
  ),
  /** Least severe message that is logged. */
  RINGDOWN_LOG_LEVEL: setting(
    value.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'least severe message that is logged: `fatal` to `trace`, or `silent`',
  ),
} as const

/** The name of a variable that is a setting. */
export type SettingName = keyof typeof settings

/** The value of each setting; undefined only where there is no default. */
export type SettingValues = {
  readonly [N in SettingName]:
    | z.output<(typeof settings)[N]['schema']>
    | (undefined extends (typeof settings)[N]['byDefault'] ? undefined : never)
}

export const settingNames = Object.keys(settings) as SettingName[]
