import { Stack } from '../stack.ts'
import { promise, type Target } from '../target.ts'
import { messageSeeds } from './message-seeds.ts'

/** Stands between the steps of an input. */
const next = '\x1e'
/** A step that begins so comes from the peer, raw bytes of the connection with the other; else it is a frame. */
const [fromPeer, raw] = ['\x11', '\x12']

const steps = (...list: readonly string[]): string => list.join(next)
const good = (name: string): string => messageSeeds[name] ?? ''
const framed = (payload: string): string => `${payload.length}#${payload}`
const invite = `${fromPeer}${good('invite')}`
const reply = (id: string, status: string, more = ''): string =>
  `r|sip|${id}|\r\nSIP/2.0 ${status}\r\nContact: <sip:192.0.2.2>\r\n${more}Content-Length: 0\r\n\r\n`
const ask = (method: string, uri: string, more = ''): string =>
  `q|sip|||\r\n${method} ${uri} SIP/2.0\r\nFrom: <sip:x@localhost>;tag=y\r\nTo: <${uri}>\r\n${more}\r\nv=0\r\n`
const response = (status: string, branch: string): string =>
  `${fromPeer}SIP/2.0 ${status} X\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=${branch}\r\n` +
  'From: <sip:x@localhost>;tag=y\r\nTo: <sip:b@192.0.2.1>;tag=z\r\nCall-ID: u1\r\nCSeq: 1 INVITE\r\n' +
  'Contact: <sip:b@192.0.2.1>\r\nContent-Length: 0\r\n\r\n'

const seeds = [
  steps(
    invite,
    reply('u1', '180 Ringing'),
    reply('u1', '200 OK'),
    `${fromPeer}${good('ACK of nothing')}`,
  ),
  steps(
    invite,
    reply('u1', '183 Progress', 'Require: 100rel\r\nRSeq: 1\r\n'),
    `${fromPeer}${good('PRACK of nothing')}`,
  ),
  steps(
    invite,
    `${fromPeer}${good('invite').replaceAll('INVITE', 'CANCEL')}`,
    reply('u1', '486 Busy Here'),
  ),
  steps(
    ask('INVITE', 'sip:b@192.0.2.1'),
    response('180', 'z9hG4bKt1'),
    response('200', 'z9hG4bKt1'),
  ),
  steps(ask('OPTIONS', 'sip:192.0.2.1'), ask('REGISTER', 'sip:192.0.2.1', 'Expires: 60\r\n')),
  steps(
    invite,
    'p|proxy|u1|remainInDialog|1|a|b|serial|1|30|sip:192.0.2.7\r\nSIP/2.0 100 X\r\n\r\n',
  ),
  steps(`${fromPeer}${good('register')}`, reply('u1', '401 Unauthorized'), reply('u1', '200 OK')),
  steps(...Object.values(messageSeeds).map((text) => fromPeer + text)),
  steps(`${raw}${framed('a|authenticate|secret|')}${framed('r|route|invite')}${framed('p|ping')}`),
  steps(`${raw}5000#x`, `${raw}#`, 'x', '|', 'p|ping', 'q|remove_route|invite', 'z|nonsense|1|2|3'),
]

function play(input: string, protocol: 'udp' | 'tcp'): void {
  const stack = new Stack(protocol)
  const begins = input.startsWith(raw)
  if (!begins) stack.attach()
  for (const step of input.split(next).slice(0, 60)) {
    if (step.startsWith(fromPeer)) stack.fromPeer(step.slice(1))
    else if (step.startsWith(raw)) stack.fromApp(step.slice(1))
    else stack.frame(step)
  }
  promise(stack.sentBytes <= 60 * input.length + 10_000, 'what is sent has its cause')
  stack.end()
}

export const control: Target = {
  name: 'control',
  about: 'frames of the control protocol and SIP messages between them, through a whole server',
  seeds,
  pieces: [
    ...[
      next,
      `${next}${fromPeer}`,
      `${next}${raw}`,
      invite,
      reply('u1', '200 OK'),
      'u1',
      'u2',
      't1',
      '|',
    ],
    ...[
      'fuzz@192.0.2.1;from-tag=a',
      'proxy|',
      'sip|',
      'INVITE',
      'BYE',
      'CANCEL',
      ';tag=t2',
      '1#',
      '9999999#',
    ],
    ...[
      'Replaces: ',
      'RAck: 1 1 INVITE\r\n',
      'Session-Expires: 90\r\n',
      'Route: <sip:192.0.2.2;lr>\r\n',
    ],
  ],
  mostBytes: 60_000,
  run: (input) => play(input, (input.length & 1) === 0 ? 'udp' : 'tcp'),
}
