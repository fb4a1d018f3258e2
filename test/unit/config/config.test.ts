import { describe, expect, test } from 'vitest'
import {
  type Config,
  ConfigFault,
  childEnvironment,
  type Environment,
  readConfig,
} from '../../../engine/config/index.ts'

const faultsOf = (env: Environment): readonly string[] => {
  try {
    readConfig(env, '/srv')
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

describe('defaults', () => {
  test('an empty environment gives a whole configuration', () => {
    const { publicAddress, ...config } = readConfig({}, '/srv')
    expect(publicAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(config).toEqual({
      http: { host: '0.0.0.0', port: 8080 },
      https: { port: 8443, isAskedFor: false },
      sip: {
        ...{ host: '0.0.0.0', port: 5060, tlsPort: 5061 },
        ...{ wsPort: undefined, wssPort: undefined, wsOrigins: [] },
      },
      tls: { files: undefined, trust: 'system' },
      rtp: {
        ...{ ports: { first: 10_000, last: 19_999 }, plain: 'sockets' },
        inbandDtmf: 'auto',
        silence: { lostMs: 20_000, endMs: 60_000 },
      },
      nameServers: [],
      dataDir: '/srv/data',
      drachtio: { kind: 'embedded' },
      trunk: undefined,
      sipTrace: true,
      hep: undefined,
      lab: true,
      defaultNumber: undefined,
      allowedSipTargets: [],
      allowedUrlTargets: [],
      publicUrl: undefined,
      jwtPublicKeyFile: undefined,
      parkMs: 60_000,
      creditNoticeMs: 60_000,
      eventsKeptMs: 90 * 86_400_000,
      relays: { turnUrls: [], stunUrls: [] },
      webRtc: { port: 20_000, addresses: [] },
      holdMusicFile: undefined,
      musicDir: undefined,
      promptLoudness: -23,
      microphone: { device: undefined, recorder: 'auto' },
      trustedProxies: [],
      plainHttp: 'allow',
      recordTriggerCalls: true,
      recording: {
        ...{ format: 'wav', beepEveryMs: 0, announcement: undefined },
        leastSpace: { bytes: 0, share: 0.1 },
      },
      vault: { keysDir: undefined, bucket: undefined },
      speech: expect.any(Object),
      foneNumberCallPath: '/v2/calls',
      emergencySpeedDials: false,
      callProviders: [],
      voicemailStatus: 'VOICEMAIL_RECEIVED',
      mail: undefined,
      devicePingMs: 30_000,
      requestsPerSecond: 100,
      callLimits: { maxCalls: 5000, maxCallsPerSecond: undefined, maxCallsPerDevice: 20 },
      neverBan: ['127.0.0.1', '::1'],
      drainMs: 600_000,
      logLevel: 'info',
      secrets: {
        apiKey: undefined,
        database: undefined,
        jwt: undefined,
        drachtio: undefined,
        trunkPassword: undefined,
        turn: undefined,
        hepPassword: undefined,
        smtpPassword: undefined,
        bucketKey: undefined,
        ...{ speechUrl: undefined, speechKey: undefined },
      },
    })
  })

  test('variables of others, and empty ones, do not matter', () => {
    const env = { PATH: '/bin', RINGDOWN_HTTP_PORT: '', RINGDOWN_TRUNK: '  ' }
    expect(readConfig(env, '/srv')).toEqual(readConfig({}, '/srv'))
  })

  test('the value is frozen all the way down', () => {
    const config = readConfig({ RINGDOWN_ALLOWED_SIP_TARGETS: 'a.example' }, '/srv')
    const parts = [
      config,
      config.http,
      config.rtp.ports,
      config.secrets,
      config.allowedSipTargets[0],
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })
})

const withPort = (host: string, port?: number) => ({ kind: 'host', host, port })

describe('what is understood', () => {
  const cases: readonly [string, Environment, (config: Config) => unknown, unknown][] = [
    ['a port', { RINGDOWN_HTTP_PORT: '80' }, (c) => c.http.port, 80],
    ['a port that the system chooses', { RINGDOWN_SIP_PORT: '0' }, (c) => c.sip.port, 0],
    ['spaces around', { RINGDOWN_HTTP_PORT: ' 81 ' }, (c) => c.http.port, 81],
    [
      'RTP ports',
      { RINGDOWN_RTP_PORTS: '40000-40009' },
      (c) => c.rtp.ports,
      { first: 40_000, last: 40_009 },
    ],
    ['an absolute folder', { RINGDOWN_DATA_DIR: '/var/r' }, (c) => c.dataDir, '/var/r'],
    ['a relative folder', { RINGDOWN_DATA_DIR: '../r' }, (c) => c.dataDir, '/r'],
    [
      'a public address',
      { RINGDOWN_PUBLIC_ADDRESS: '192.0.2.7' },
      (c) => c.publicAddress,
      '192.0.2.7',
    ],
    [
      'one address to listen on',
      { RINGDOWN_SIP_HOST: '127.0.0.1' },
      (c) => c.publicAddress,
      '127.0.0.1',
    ],
    ['no HTTPS', { RINGDOWN_HTTPS_PORT: 'off' }, (c) => c.https.port, undefined],
    [
      'HTTPS at a port of its own',
      { RINGDOWN_HTTPS_PORT: '443' },
      (c) => c.https,
      { port: 443, isAskedFor: true },
    ],
    ['plain HTTP refused', { RINGDOWN_PLAIN_HTTP: 'refuse' }, (c) => c.plainHttp, 'refuse'],
    ['plain HTTP without the lab', { RINGDOWN_LAB: 'off' }, (c) => c.plainHttp, 'by-dialect'],
    [
      'a public URL',
      { RINGDOWN_PUBLIC_URL: 'https://Voice.example:8443/' },
      (c) => c.publicUrl,
      'https://voice.example:8443',
    ],
    ['seconds', { RINGDOWN_DRAIN_S: '0' }, (c) => c.drainMs, 0],
    ['a ping', { RINGDOWN_DEVICE_PING: '5' }, (c) => c.devicePingMs, 5000],
    ['no trace', { RINGDOWN_SIP_TRACE: 'off' }, (c) => c.sipTrace, false],
    [
      'a Homer server',
      { RINGDOWN_HEP: 'udp:homer.example:9060', RINGDOWN_HEP_ID: '7', RINGDOWN_HEP_PASSWORD: 'p' },
      (c) => [c.hep, c.secrets.hepPassword],
      [{ host: 'homer.example', port: 9060, captureId: 7 }, 'p'],
    ],
    [
      'a Homer server at an IPv6 address',
      { RINGDOWN_HEP: 'udp:[2001:db8::1]:9060' },
      (c) => c.hep,
      { host: '2001:db8::1', port: 9060, captureId: 1 },
    ],
    ['an API key', { RINGDOWN_API_KEY: 'k'.repeat(20) }, (c) => c.secrets.apiKey, 'k'.repeat(20)],
    [
      'no recording',
      { RINGDOWN_RECORD_TRIGGER_CALLS: 'false' },
      (c) => c.recordTriggerCalls,
      false,
    ],
    [
      'a number',
      { RINGDOWN_DEFAULT_NUMBER: '+15005550100' },
      (c) => c.defaultNumber,
      '+15005550100',
    ],
    [
      'a path',
      { RINGDOWN_FONENUMBER_CALL_PATH: '/v2/voice/calls' },
      (c) => c.foneNumberCallPath,
      '/v2/voice/calls',
    ],
    [
      'emergency codes as speed dials',
      { RINGDOWN_EMERGENCY_SPEED_DIALS: 'true' },
      (c) => c.emergencySpeedDials,
      true,
    ],
    [
      'providers',
      { RINGDOWN_CALL_PROVIDERS: 'ONPREM, CARRIER_2' },
      (c) => c.callProviders,
      ['ONPREM', 'CARRIER_2'],
    ],
    [
      'the newer word for a voicemail',
      { RINGDOWN_VOICEMAIL_STATUS: 'VOICEMAIL' },
      (c) => c.voicemailStatus,
      'VOICEMAIL',
    ],
    ['a media choice', { RINGDOWN_PLAIN_RTP: 'mediasoup' }, (c) => c.rtp.plain, 'mediasoup'],
    ['keys as tones', { RINGDOWN_INBAND_DTMF: 'always' }, (c) => c.rtp.inbandDtmf, 'always'],
    ['media threads', { RINGDOWN_MEDIA_THREADS: '3' }, (c) => c.rtp.threads, 3],
    ['silence', {}, (c) => c.rtp.silence, { lostMs: 20_000, endMs: 60_000 }],
    [
      'silence that is told of sooner, and never ends a call',
      { RINGDOWN_MEDIA_LOST_S: '5', RINGDOWN_MEDIA_END_S: '0' },
      (c) => c.rtp.silence,
      { lostMs: 5000, endMs: 0 },
    ],
    ['a level', { RINGDOWN_LOG_LEVEL: 'trace' }, (c) => c.logLevel, 'trace'],
    [
      'an external SIP server',
      { RINGDOWN_DRACHTIO: 'sip.example:9022:cymru' },
      (c) => [c.drachtio, c.secrets.drachtio],
      [{ kind: 'external', host: 'sip.example', port: 9022 }, 'cymru'],
    ],
    [
      'an external SIP server at an IPv6 address',
      { RINGDOWN_DRACHTIO: '[::1]:9022:x' },
      (c) => c.drachtio,
      { kind: 'external', host: '::1', port: 9022 },
    ],
    [
      'targets',
      {
        RINGDOWN_ALLOWED_SIP_TARGETS:
          'PBX.example, 192.0.2.1:5070,10.0.0.0/8,[2001:db8::1]:5061,fd00::/8,::1',
      },
      (c) => c.allowedSipTargets,
      [
        withPort('pbx.example'),
        withPort('192.0.2.1', 5070),
        { kind: 'network', address: '10.0.0.0', prefixBits: 8 },
        withPort('2001:db8::1', 5061),
        { kind: 'network', address: 'fd00::', prefixBits: 8 },
        withPort('::1'),
      ],
    ],
    [
      'a mail server with a login: only over TLS',
      {
        RINGDOWN_SMTP_URL: 'smtp://me:p%40ss@mail.example',
        RINGDOWN_SMTP_FROM: 'Voicemail <voicemail@mail.example>',
      },
      (c) => [c.mail, c.secrets.smtpPassword],
      [
        {
          server: { host: 'mail.example', port: 587, tls: 'required', user: 'me' },
          from: 'Voicemail <voicemail@mail.example>',
        },
        'p@ss',
      ],
    ],
    [
      'a mail server without a login, and one by TLS at an IPv6 address',
      { RINGDOWN_SMTP_URL: 'smtps://[2001:db8::1]', RINGDOWN_SMTP_FROM: 'a@b.example' },
      (c) => c.mail?.server,
      { host: '2001:db8::1', port: 465, tls: 'at-once', user: undefined },
    ],
    [
      'a plain trunk',
      { RINGDOWN_TRUNK: 'sip:carrier.example' },
      (c) => [c.trunk, c.lab],
      [{ host: 'carrier.example', port: 0, transport: 'udp', user: undefined }, false],
    ],
    [
      'a trunk with everything',
      { RINGDOWN_TRUNK: 'sip:me:p%40ss%3A%3B@192.0.2.9:5080;transport=TCP', RINGDOWN_LAB: 'on' },
      (c) => [c.trunk, c.secrets.trunkPassword, c.lab],
      [{ host: '192.0.2.9', port: 5080, transport: 'tcp', user: 'me' }, 'p@ss:;', true],
    ],
    [
      'a trunk over TLS',
      { RINGDOWN_TRUNK: 'sip:carrier.example;transport=tls' },
      (c) => c.trunk,
      { host: 'carrier.example', port: 0, transport: 'tls', user: undefined },
    ],
    [
      'trunks without a port at an address',
      { RINGDOWN_TRUNK: 'sip:192.0.2.9;transport=tls' },
      (c) => c.trunk?.port,
      5061,
    ],
    [
      'name servers',
      { RINGDOWN_DNS: '192.0.2.1, 127.0.0.1:5353, ::1, [2001:db8::1]:53' },
      (c) => c.nameServers,
      ['192.0.2.1', '127.0.0.1:5353', '::1', '[2001:db8::1]:53'],
    ],
    [
      'origins of pages, ours among them',
      {
        RINGDOWN_WS_ORIGINS: 'https://Phone.example, http://192.0.2.1:3000,*',
        RINGDOWN_PUBLIC_URL: 'https://voice.example',
      },
      (c) => c.sip.wsOrigins,
      ['https://phone.example', 'http://192.0.2.1:3000', '*', 'https://voice.example'],
    ],
    ['no TLS files', {}, (c) => c.tls, { files: undefined, trust: 'system' }],
    [
      'TLS files',
      { RINGDOWN_TLS_CERT: 'a.pem', RINGDOWN_TLS_KEY: '/etc/b.pem', RINGDOWN_TLS_TRUST: 'ca.pem' },
      (c) => c.tls,
      {
        files: { certFile: '/srv/a.pem', keyFile: '/etc/b.pem' },
        trust: { caFile: '/srv/ca.pem' },
      },
    ],
    ['no lab', { RINGDOWN_LAB: 'off' }, (c) => c.lab, false],
  ]
  test.each(cases)('%s', (_, env, pick, wanted) => {
    expect(pick(readConfig(env, '/srv'))).toEqual(wanted)
  })
})

describe('what is refused', () => {
  const cases: readonly [keyof Environment, string][] = [
    ['RINGDOWN_HTTP_PORT', '65536'],
    ['RINGDOWN_HTTP_PORT', '-1'],
    ['RINGDOWN_HTTP_PORT', '80a'],
    ['RINGDOWN_HTTP_PORT', '1e3'],
    ['RINGDOWN_HTTP_HOST', 'localhost'],
    ['RINGDOWN_SIP_HOST', '256.0.0.1'],
    ['RINGDOWN_RTP_PORTS', '10000'],
    ['RINGDOWN_RTP_PORTS', '20000-10000'],
    ['RINGDOWN_RTP_PORTS', '10000-10000'],
    ['RINGDOWN_RTP_PORTS', '0-10'],
    ['RINGDOWN_RTP_PORTS', '1-2-3'],
    ['RINGDOWN_PUBLIC_ADDRESS', 'example.com'],
    ['RINGDOWN_DRACHTIO', 'host:9022'],
    ['RINGDOWN_SMTP_URL', 'mail.example'],
    ['RINGDOWN_SMTP_URL', 'smtp://mail.example/x'],
    ['RINGDOWN_SMTP_URL', 'smtps://mail.example?tls=off'],
    ['RINGDOWN_SMTP_URL', 'smtp://mail.example?starttls=1'],
    ['RINGDOWN_SMTP_FROM', 'Voicemail'],
    ['RINGDOWN_SMTP_FROM', 'a@b.example\r\nBcc: c@d.example'],
    ['RINGDOWN_DRACHTIO', 'host:0:secret'],
    ['RINGDOWN_DRACHTIO', 'ho st:9022:secret'],
    ['RINGDOWN_TRUNK', 'carrier.example'],
    ['RINGDOWN_TRUNK', 'sip:user@carrier.example'],
    ['RINGDOWN_TRUNK', 'sip:a:b@carrier.example:70000'],
    ['RINGDOWN_TRUNK', 'sip:a:%zz@carrier.example'],
    ['RINGDOWN_TRUNK', 'sip:carrier.example;transport=sctp'],
    ['RINGDOWN_CALL_PROVIDERS', 'onprem'],
    ['RINGDOWN_CALL_PROVIDERS', 'ONPREM,,OTHER'],
    ['RINGDOWN_VOICEMAIL_STATUS', 'voicemail'],
    ['RINGDOWN_LAB', 'yes'],
    ['RINGDOWN_PLAIN_RTP', 'udp'],
    ['RINGDOWN_INBAND_DTMF', 'on'],
    ['RINGDOWN_MEDIA_THREADS', '0'],
    ['RINGDOWN_MEDIA_THREADS', '65'],
    ['RINGDOWN_DEFAULT_NUMBER', '15005550100'],
    ['RINGDOWN_DEFAULT_NUMBER', '+0500555010'],
    ['RINGDOWN_ALLOWED_SIP_TARGETS', '10.0.0.0/33'],
    ['RINGDOWN_ALLOWED_SIP_TARGETS', 'a.example,,b.example'],
    ['RINGDOWN_ALLOWED_URL_TARGETS', 'http://a.example'],
    ['RINGDOWN_ALLOWED_URL_TARGETS', '10.1.2'],
    ['RINGDOWN_RECORD_TRIGGER_CALLS', 'on'],
    ['RINGDOWN_EMERGENCY_SPEED_DIALS', 'on'],
    ['RINGDOWN_FONENUMBER_CALL_PATH', '/v1/voice/calls'],
    ['RINGDOWN_FONENUMBER_CALL_PATH', '/v2/'],
    ['RINGDOWN_FONENUMBER_CALL_PATH', '/v2/:path'],
    ['RINGDOWN_FONENUMBER_CALL_PATH', '/v2/calls/'],
    ['RINGDOWN_PUBLIC_URL', 'voice.example'],
    ['RINGDOWN_PUBLIC_URL', 'https://voice.example/path'],
    ['RINGDOWN_PUBLIC_URL', 'ftp://voice.example'],
    ['RINGDOWN_DRAIN_S', '1.5'],
    ['RINGDOWN_SIP_TRACE', 'true'],
    ['RINGDOWN_HEP', 'homer.example:9060'],
    ['RINGDOWN_HEP', 'tcp:homer.example:9060'],
    ['RINGDOWN_HEP', 'udp:homer.example'],
    ['RINGDOWN_HEP', 'udp:homer.example:0'],
    ['RINGDOWN_HEP_ID', '4294967296'],
    ['RINGDOWN_HEP_ID', '-1'],
    ['RINGDOWN_HEP_PASSWORD', 'two words'],
    ['RINGDOWN_DRAIN_S', '86401'],
    ['RINGDOWN_LOG_LEVEL', 'verbose'],
    ['RINGDOWN_API_KEY', 'short'],
    ['RINGDOWN_API_KEY', 'two words are not a key'],
    ['RINGDOWN_API_KEY', 'pk_live_0123456789abcdef'],
  ]
  test.each(cases)('%s=%s', (name, text) => {
    const faults = faultsOf({ [name]: text })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(new RegExp(`^${name} must be `))
  })

  test('all faults are told at once, in one text', () => {
    const env = { RINGDOWN_HTTP_PORT: 'x', RINGDOWN_LAB: 'x', RINGDOWN_HTPT_PORT: '1' }
    expect(faultsOf(env)).toHaveLength(3)
    expect(() => readConfig(env)).toThrow(/HTPT_PORT[\s\S]*HTTP_PORT must[\s\S]*LAB must/)
  })

  test('a misspelt variable, with the name that was meant', () => {
    const env = { RINGDOWN_HTTP_PROT: '80', RINGDOWN_FOO: 'x', RINGDOWN_SOMETHING: 'x' }
    expect(faultsOf(env)).toEqual([
      'RINGDOWN_HTTP_PROT is not a setting; did you mean RINGDOWN_HTTP_PORT?',
      'RINGDOWN_FOO is not a setting',
      'RINGDOWN_SOMETHING is not a setting',
    ])
  })

  test('a SIP port among the RTP ports, unless another server has it', () => {
    const env = { RINGDOWN_SIP_PORT: '10500' }
    expect(faultsOf(env)).toEqual([
      'RINGDOWN_SIP_PORT 10500 lies inside RINGDOWN_RTP_PORTS 10000-19999',
    ])
    expect(faultsOf({ ...env, RINGDOWN_DRACHTIO: 'sip.example:9022:x' })).toEqual([])
  })

  test('a certificate without a key, and TLS on the port of UDP and TCP', () => {
    expect(faultsOf({ RINGDOWN_TLS_CERT: 'a.pem' })).toEqual([
      'RINGDOWN_TLS_CERT and RINGDOWN_TLS_KEY belong together: one of them is not set',
    ])
    expect(faultsOf({ RINGDOWN_SIP_TLS_PORT: '5060' })).toEqual([
      'RINGDOWN_SIP_TLS_PORT 5060 is RINGDOWN_SIP_PORT too',
    ])
  })

  test('HTTPS on the port of HTTP, and without a certificate', () => {
    expect(faultsOf({ RINGDOWN_HTTPS_PORT: '8080' })).toEqual([
      'RINGDOWN_HTTPS_PORT 8080 is RINGDOWN_HTTP_PORT too',
    ])
    // by default, too
    const sharing = ['RINGDOWN_HTTPS_PORT 8443 is RINGDOWN_SIP_WSS_PORT too']
    expect(faultsOf({ RINGDOWN_SIP_WSS_PORT: '8443' })).toEqual(sharing)
    expect(faultsOf({ RINGDOWN_SIP_WSS_PORT: '8443', RINGDOWN_HTTPS_PORT: 'off' })).toEqual([])
    expect(faultsOf({ RINGDOWN_SIP_WSS_PORT: '8443', RINGDOWN_LAB: 'off' })).toEqual([])
    const env = { RINGDOWN_HTTPS_PORT: '443', RINGDOWN_LAB: 'off' }
    expect(faultsOf(env)).toEqual([
      'RINGDOWN_HTTPS_PORT needs a certificate: set RINGDOWN_TLS_CERT and RINGDOWN_TLS_KEY',
    ])
    const files = { RINGDOWN_TLS_CERT: 'a.pem', RINGDOWN_TLS_KEY: 'b.pem' }
    expect(faultsOf({ ...env, ...files })).toEqual([])
    expect(faultsOf({ ...env, RINGDOWN_HTTPS_PORT: 'auto' })).toEqual([])
    expect(faultsOf({ RINGDOWN_HTTPS_PORT: 'on' })).toEqual([expect.stringContaining('or `off`')])
  })

  test('TURN servers without their secret, and the other way round', () => {
    const text =
      'RINGDOWN_TURN_URLS and RINGDOWN_TURN_SECRET belong together: one of them is not set'
    expect(faultsOf({ RINGDOWN_TURN_URLS: 'turn:turn.example:3478?transport=udp' })).toEqual([text])
    expect(
      faultsOf({ RINGDOWN_TURN_SECRET: 'sixteen letters or more'.replaceAll(' ', '-') }),
    ).toEqual([text])
    for (const url of ['stun:turn.example', 'turn://turn.example', 'turn:a b', 'turn:h?x=1']) {
      const [fault = ''] = faultsOf({ RINGDOWN_TURN_URLS: url })
      expect([url, fault]).toEqual([url, expect.stringContaining('list of TURN servers')])
    }
  })

  test('no secret is shown, neither in a fault nor outside of secrets', () => {
    const env = {
      RINGDOWN_API_KEY: 'hush hush',
      RINGDOWN_DRACHTIO: 'host:hush',
      RINGDOWN_TRUNK: 'sip:me:hush@nowhere:0',
      RINGDOWN_HEP_PASSWORD: 'hush hush',
      RINGDOWN_SMTP_URL: 'smtp://me:hush@mail.example?tls=perhaps',
    }
    expect(faultsOf(env)).toHaveLength(5)
    expect(faultsOf(env).join()).not.toContain('hush')
    const { secrets, ...rest } = readConfig({
      RINGDOWN_API_KEY: 'hush-hush',
      RINGDOWN_DRACHTIO: 'host:9022:hush',
      RINGDOWN_TRUNK: 'sip:me:hush@carrier.example',
      RINGDOWN_HEP_PASSWORD: 'hush',
      RINGDOWN_SMTP_URL: 'smtp://me:hush@mail.example',
      RINGDOWN_SMTP_FROM: 'voicemail@mail.example',
      RINGDOWN_TURN_URLS: 'turn:turn.example',
      RINGDOWN_TURN_SECRET: 'hush-hush-hush-hush',
    })
    expect(JSON.stringify(rest)).not.toContain('hush')
    expect(secrets).toEqual({
      apiKey: 'hush-hush',
      drachtio: 'hush',
      trunkPassword: 'hush',
      turn: 'hush-hush-hush-hush',
      hepPassword: 'hush',
      smtpPassword: 'hush',
    })
  })
})

test('programs that are started get none of our settings', () => {
  const env = { PATH: '/bin', RINGDOWN_API_KEY: 'secret', RINGDOWN_LAB: 'on', PULSE_SERVER: 'x' }
  expect(childEnvironment(env)).toEqual({ PATH: '/bin', PULSE_SERVER: 'x' })
})
