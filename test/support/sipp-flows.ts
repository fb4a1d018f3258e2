/** Flows that sipp plays against the engine, by the side that it takes; the test drives the other side by the API. */
import {
  called,
  calledAtLength,
  callee,
  caller,
  canceled,
  flow,
  maybe,
  pause,
  reply,
  replyInside,
  replyToInvite,
  request,
  response,
  sdp,
} from './sipp-steps.ts'

/** A session is refreshed after 40 to 45 of its 90 s, and a refreshed call goes on to its 55th. */
const hungUp = [request('BYE', [], 30_000), replyInside('200 OK')]
const answered = [called(), reply('200 OK', { body: sdp() }), request('ACK')]
const body = (direction: string, version: number) => ({ body: sdp(direction, version) })
const timer = (refresher: string, allow: string) => ({
  headers: ['Require: timer', `Session-Expires: 90;refresher=${refresher}`, `Allow: ${allow}`],
  body: sdp(),
})
const notify = (cseq: number, status: string, state: string): string =>
  callee('NOTIFY', cseq, {
    headers: [
      ...['Event: refer', `Subscription-State: ${state}`],
      'Content-Type: message/sipfrag;version=2.0',
    ],
    body: `SIP/2.0 ${status}\n`,
  }) + response(200)

const told = (status: string): string[] => [
  request('NOTIFY', [['body', `SIP/2.0 ${status}`]]),
  replyInside('200 OK'),
]

/** The engine calls by a trunk, which is sipp. */
export const asCarrier = {
  'early media before the answer': flow(
    called([['Supported:', 'timer']]),
    ...[reply('100 Trying'), reply('183 Session Progress', { body: sdp() }), pause(500)],
    ...[reply('200 OK', { body: sdp() }), request('ACK'), ...hungUp],
  ),
  'ringing and an offer before the answer (PRACK, UPDATE)': flow(
    calledAtLength([['Supported:', '100rel']]),
    ...[reply('100 Trying'), reply('180 Ringing', { headers: ['Require: 100rel', 'RSeq: 71'] })],
    request('PRACK', [['RAck:', '71 1 INVITE']]) + replyInside('200 OK'),
    replyToInvite('183 Session Progress', {
      headers: ['Require: 100rel', 'RSeq: 72'],
      body: sdp(),
    }),
    request('PRACK', [['RAck:', '72 1 INVITE']]) + replyInside('200 OK'),
    callee('UPDATE', 1, body('sendonly', 2)),
    response(200, [['body', 'a=recvonly']]),
    ...[replyToInvite('200 OK'), request('ACK'), ...hungUp],
  ),
  'a redirection is not followed': flow(called(), reply('302 Moved Temporarily'), request('ACK')),
  'a call is given up while it rings': flow(
    called(),
    ...[reply('180 Ringing'), request('CANCEL'), canceled(), request('ACK')],
  ),
  'the session is refreshed by re-INVITE': flow(
    called([['Session-Expires:', '1800']]),
    ...[reply('200 OK', timer('uac', 'INVITE, ACK, CANCEL, BYE')), request('ACK')],
    request('INVITE', [['Session-Expires:', '90;refresher=uac']], 60_000),
    ...[replyInside('200 OK', timer('uac', 'INVITE')), request('ACK'), ...hungUp],
  ),
  'the session is refreshed by UPDATE': flow(
    called(),
    ...[reply('200 OK', timer('uac', 'INVITE, ACK, CANCEL, BYE, UPDATE')), request('ACK')],
    request('UPDATE', [['Session-Expires:', '90;refresher=uac']], 60_000),
    replyInside('200 OK', { headers: timer('uac', 'UPDATE').headers }),
    ...hungUp,
  ),
  'a session that nobody refreshes ends': flow(
    called(),
    ...[reply('200 OK', timer('uas', 'INVITE')), request('ACK')],
    ...[request('BYE', [], 80_000), replyInside('200 OK')],
  ),
  'the phone is asked by REFER, and tells': flow(
    ...answered,
    request('REFER', [['Refer-To:', 'sip:']]),
    replyInside('202 Accepted'),
    notify(1, '100 Trying', 'active;expires=60'),
    notify(2, '200 OK', 'terminated;reason=noresource'),
    ...hungUp,
  ),
  'it is asked by OPTIONS whether it is there': flow(request('OPTIONS'), reply('200 OK')),
  'it is a registrar that asks for a digest, and for fewer of them': flow(
    request('REGISTER'),
    reply('401 Unauthorized', {
      headers: ['WWW-Authenticate: Digest realm="flows", nonce="n1", algorithm=MD5'],
    }),
    request('REGISTER', [
      ['Authorization:', 'realm=.flows'],
      ['Authorization:', 'nonce=.n1'],
    ]),
    reply('423 Interval Too Brief', { headers: ['Min-Expires: 7200'] }),
    request('REGISTER', [['Expires:', '7200']]),
    reply('200 OK', { contact: '[last_Contact:];expires=7200' }),
    request('REGISTER', [['Expires:', ' 0']], 60_000),
    reply('200 OK', { headers: ['Expires: 0'] }),
  ),
} as const
export type CarrierFlow = keyof typeof asCarrier

/** sipp is a trunk that calls `number`. */
export const asCarrierCalling = (number: string) => {
  const { outside, inside, ack, ackRefusal } = caller('+61400000009', number)
  const begun = [
    outside('INVITE', 1, { body: sdp() }),
    ...[maybe(100), maybe(180), response(200), ack(1), pause(300)],
  ]
  const over = (cseq: number) => [inside('BYE', cseq), response(200)]
  return {
    'holds by re-INVITE and comes back by UPDATE': flow(
      ...begun,
      inside('INVITE', 2, body('sendonly', 2)),
      ...[maybe(100), response(200, [['body', 'a=recvonly']]), ack(2), pause(500)],
      inside('UPDATE', 3, body('sendrecv', 3)),
      ...[response(200, [['body', 'a=sendrecv']]), ...over(4)],
    ),
    'may not transfer': flow(
      ...begun,
      inside('REFER', 2, { headers: ['Refer-To: <sip:+15005550140@127.0.0.1>'] }),
      ...[response(603), ...over(3)],
    ),
    'may transfer where it is told so': flow(
      outside('INVITE', 1, { body: sdp() }),
      ...[maybe(100), maybe(180), maybe(183), response(200), ack(1), pause(300)],
      inside('REFER', 2, { headers: ['Refer-To: <sip:+15005550140@127.0.0.1>'] }),
      ...[response(202), ...told('100'), ...told('180'), ...told('200'), ...hungUp],
    ),
    'wants too short a session': flow(
      outside('INVITE', 1, {
        headers: ['Supported: timer', 'Session-Expires: 30'],
        body: sdp(),
      }),
      ...[maybe(100), response(422, [['Min-SE:', '90']]), ackRefusal(1)],
    ),
  }
}
export type CallingFlow = keyof ReturnType<typeof asCarrierCalling>

/** `number` rings somewhere before it is answered. */
export const withReliableRinging = (number: string): string => {
  const { outside, inside, ack } = caller('+61400000009', number)
  const acknowledged = inside('PRACK', 2, { headers: ['RAck: [$3] 1 INVITE'] })
  return flow(
    outside('INVITE', 1, { headers: ['Require: 100rel'], body: sdp() }),
    maybe(100),
    `<recv response="180" rrs="true"><action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="3"/></action></recv>`,
    ...[acknowledged, response(200), response(200), ack(1)],
    ...[inside('BYE', 3), response(200)],
  )
}

export interface Login {
  readonly username: string
  readonly password: string
}

/** sipp is a device: its request once without and once with credentials. */
const proven = (
  { outside, ackRefusal }: ReturnType<typeof caller>,
  method: string,
  { username, password }: Login,
  message: { readonly headers?: readonly string[]; readonly body?: string },
): string[] => [
  outside(method, 1, message),
  maybe(100),
  response(401).replace('<recv ', '<recv auth="true" '),
  ...(method === 'INVITE' ? [ackRefusal(1)] : []),
  outside(method, 2, {
    ...message,
    headers: [
      ...(message.headers ?? []),
      `[authentication username=${username} password=${password}]`,
    ],
  }),
]

export const registers = (login: Login): string =>
  flow(
    ...proven(caller(login.username, login.username), 'REGISTER', login, {
      headers: ['Expires: 600'],
    }),
    response(200),
  )

export const writes = (login: Login, to: string, text: string): string =>
  flow(
    ...proven(caller(login.username, to), 'MESSAGE', login, { body: text }),
    maybe(100),
    response(200),
  )

/** Calls `to`, and has it call somebody else. */
export const transfers = (login: Login, to: string, other: string): string => {
  const who = caller(login.username, to)
  return flow(
    ...proven(who, 'INVITE', login, { body: sdp() }),
    ...[maybe(100), maybe(180), response(200), who.ack(2), pause(300)],
    who.inside('REFER', 3, { headers: [`Refer-To: <sip:${other}@[remote_ip]:[remote_port]>`] }),
    ...[response(202), ...told('100'), ...told('180'), ...told('200'), ...hungUp],
  )
}

/** Calls `to`; `hangsUpAfterMs`: else it waits for the other side to. */
export const calls = (
  login: Login,
  to: string,
  headers: readonly string[] = [],
  hangsUpAfterMs?: number,
): string => {
  const who = caller(login.username, to)
  const own = (delayMs: number) => [pause(delayMs), who.inside('BYE', 3), response(200)]
  return flow(
    ...proven(who, 'INVITE', login, { headers, body: sdp() }),
    ...[maybe(100), maybe(180), response(200), who.ack(2)],
    ...(hangsUpAfterMs === undefined ? hungUp : own(hangsUpAfterMs)),
  )
}

/** What a device does that is called. */
export const asDevice = {
  answers: flow(
    called(),
    ...[reply('180 Ringing'), pause(800), reply('200 OK', { body: sdp() }), request('ACK')],
    ...hungUp,
  ),
  'is too late': flow(
    called(),
    reply('180 Ringing'),
    request('CANCEL', [['Reason:', 'cause=200;text=.Call completed elsewhere']]),
    ...[canceled(), request('ACK')],
  ),
  'is written to': (text: string) => flow(request('MESSAGE', [['body', text]]), reply('200 OK')),
} as const
