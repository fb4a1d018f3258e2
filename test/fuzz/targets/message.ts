import Srf from 'drachtio-srf'
import { parseNameAddress, splitList as splitValues } from '../../../engine/sip/address.ts'
import { infoDigitOf, sdpOf } from '../../../engine/sip/body.ts'
import { type Parsed, screen, tamed } from '../../../engine/sip/link/screen.ts'
import { parseMessage, responseText, type SipMessage } from '../../../engine/sip-server/index.ts'
import { refusalOf } from '../../../engine/sip-server/message/check.ts'
import { withSource } from '../../../engine/sip-server/message/via.ts'
import { promise, type Target } from '../target.ts'
import { messageSeeds } from './message-seeds.ts'

const Library = Srf as unknown as {
  readonly SipMessage: new (
    text: string,
  ) => { get(name: string): string | undefined; body?: string }
}

const libraryParse = (text: string): Parsed => ({
  callId: new Library.SipMessage(text).get('call-id') ?? '',
})

const fields = ['via', 'from', 'to', 'contact', 'route', 'record-route', 'supported', 'x']

function readEverything(message: SipMessage): void {
  void [message.via, message.cseq, message.fromTag, message.toTag, message.body, message.method]
  for (const key of fields) {
    message.list(key)
    message.hasOption(key, 'timer')
    promise(message.withoutFirst(key).length <= message.text.length, 'a line less is no longer')
  }
  message.keys.forEach((_, i) => {
    message.nameAt(i)
    promise(message.valueAt(i).length <= message.text.length, 'a value is a part')
  })
}

/** What we write into a message, or answer, can be read again. */
function reprint(message: SipMessage, isGood: boolean): void {
  promise(parseMessage(message.text)?.text === message.text, 'the text reads as itself again')
  const { via } = message
  if (via === undefined) return
  const noted = message.withFirst(
    'via',
    withSource(message.header('via') ?? '', via, '198.51.100.9', 5099),
  )
  const isKept = noted.via?.branch === via.branch
  promise(isKept || !isGood, 'noting the source leaves the branch alone')
  if (!message.isRequest) return
  const answer = responseText(noted, { status: 400, toTag: 'ours' })
  promise(
    answer.length <= 2 * noted.text.length + 200,
    'an answer is not much longer than its cause',
  )
  const read = parseMessage(answer.slice(0, 65_536))
  promise(read === undefined || read.status === 400, 'an answer is a response')
}

/** What the application does with a request that the server lets through. */
function applicationSide(message: SipMessage): void {
  const frame = `id|sip|network|${message.bytes}|udp|192.0.2.1|5066|00:00:00.000000|t-1|||\r\n${message.text}`
  const verdict = screen(frame, libraryParse)
  if (verdict.is !== 'good') return
  const raw = new Library.SipMessage(tamed(message.text))
  const read = { header: (name: string) => raw.get(name), body: raw.body ?? '' }
  sdpOf(read)
  infoDigitOf(read)
  for (const name of ['from', 'to', 'contact', 'require']) {
    const value = read.header(name) ?? ''
    parseNameAddress(value)
    splitValues(value)
  }
}

export const message: Target = {
  name: 'message',
  about: 'SIP messages: parser, checks, what is written back, what the application reads',
  seeds: Object.values(messageSeeds),
  pieces: [
    ...[
      'Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n',
      ', SIP/2.0/TCP h',
      'Contact: <sip:a@b>\r\n',
      '<sip:',
    ],
    ...[
      '\r\nContent-Length: 5',
      'l: 0\r\n',
      'a:\r\n',
      'a\r\n',
      'a\n',
      ';tag=',
      '=;',
      '"\\',
      '\r\n\t',
    ],
    ...[
      '; ',
      ';a="',
      'sip:%61@',
      '[::1]',
      ' SIP/2.0',
      'z9hG4bK',
      '--b\r\n',
      'Content-Type: multipart/mixed; ',
      'Content-Type:',
      '()',
      '" "',
      'x ',
    ],
  ],
  mostBytes: 70_000,
  run(input) {
    const read = parseMessage(input)
    if (read === undefined) return
    promise(read.text.length <= input.length * 2, 'the text grows only by its line ends')
    const refusal = refusalOf(read)
    readEverything(read)
    reprint(read, read.isRequest && refusal === undefined)
    if (refusal === undefined && read.via !== undefined) applicationSide(read)
  },
}
