/** What the fuzz targets have found, a test each. Those that took too long are giants of their target. */
import { expect, test } from 'vitest'
import { parseDigests } from '../../../engine/sip/auth/digest.ts'
import { screen, tamed } from '../../../engine/sip/link/screen.ts'
import { MessageStream, messageLimits, parseMessage } from '../../../engine/sip-server/index.ts'
import { refusalOf } from '../../../engine/sip-server/message/check.ts'
import { parseWithRestAsBody } from '../../../engine/sip-server/message/parse.ts'
import { control } from '../../fuzz/targets/control.ts'
import { messageSeeds } from '../../fuzz/targets/message-seeds.ts'

const invite = messageSeeds['invite'] ?? ''

test('a line taken out of a message that ends without a line break leaves the others once', () => {
  const message = parseWithRestAsBody('OPTIONS sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\nSupported: x')
  expect(message?.withoutFirst('supported')).toBe('OPTIONS sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n')
})

test('a message that is too long once its line ends are whole is too long', () => {
  const lines = 'a\n'.repeat(messageLimits.messageBytes / 2 - 40)
  expect(parseMessage(`OPTIONS sip:a@b SIP/2.0\n${lines}\n`)).toBeUndefined()
})

test.each([['<<z9hG4bKq'], ['"z9hG4bKq'], ['z9hG4bKq>']])(
  'a Via whose branch is %s is refused: what we note in it would be read as part of that',
  (branch) => {
    const message = parseMessage(invite.replace('z9hG4bKq', branch))
    expect(message && refusalOf(message)).toEqual({ status: 400, reason: 'Bad Via Header' })
  },
)

test('brackets and quotes within quotes of a Via are its own business', () => {
  const message = parseMessage(invite.replace('z9hG4bKq', 'z9hG4bKq;x="<\\">"'))
  expect(message && refusalOf(message)).toBeUndefined()
})

test('headers that are too long are so whether they come at once or byte by byte', () => {
  const text = `OPTIONS sip:a@b SIP/2.0\r\nX: ${'x'.repeat(messageLimits.messageBytes)}\r\n\r\n`
  const causes = [[text], [...text]].map((chunks) => {
    const stream = new MessageStream()
    return chunks
      .flatMap((chunk) => stream.push(chunk))
      .map((piece) => 'cause' in piece && piece.cause)
  })
  expect(causes).toEqual([['tooLarge'], ['tooLarge']])
})

test('credentials are read in one pass, whatever stands between them', () => {
  const word = 'a'.repeat(1500)
  expect(parseDigests(`${word}, Digest ${word}, x=1,, y="2\\"" ; z = 3`)).toEqual([
    { x: '1', y: '2"', z: '3' },
  ])
  expect(parseDigests('Basic dXNlcjpwYXNz==, Digest a=1, Other b=2')).toEqual([{ a: '1' }])
  expect(parseDigests('Digest a="1, b=2')).toEqual([])
})

test('the library is not shown a multipart body as one: its search for the parts takes seconds', () => {
  const text = invite.replace('application/sdp', `multipart/mixed; ${'; '.repeat(9000)}boundary=b`)
  const shown: string[] = []
  const frame = `u|sip|network|1|udp|192.0.2.1|5066|00:00:00.000000|t|||\r\n${text}`
  const verdict = screen(frame, (seen) => {
    shown.push(seen)
    return { callId: '' }
  })
  expect(verdict).toEqual({ is: 'good' })
  expect(shown).toEqual([text.replace('multipart/', 'Multipart/')])
  expect(tamed(frame)).toHaveLength(frame.length)
  const inBody = frame.replace('multipart/', 'text/').replace('v=0', 'multipart/')
  expect(tamed(inBody)).toBe(inBody)
})

test('an application hears the end of a request that is longer than any that a peer may send', () => {
  const uri = `sip:${'x'.repeat(30_000)}@192.0.2.1`
  const frame = `q|sip|||\r\nINVITE ${uri} SIP/2.0\r\nFrom: <sip:a@b>\r\nTo: <${uri}>\r\n\r\n`
  // a fault of the server would be thrown here
  expect(() => control.run(frame)).not.toThrow()
})

test('an answer that is longer than its request may be is one all the same', () => {
  const route = `Record-Route: <sip:${'r'.repeat(60_000)}@192.0.2.9;lr>`
  const long = invite.replace('Supported:', `${route}\r\nSupported:`)
  const more = `X: ${'x'.repeat(6000)}\r\nContact: <sip:192.0.2.2>\r\n\r\n`
  const answer = `r|sip|u1|\r\nSIP/2.0 200 OK\r\n${more}`
  expect(() => control.run(`\x11${long}\x1e${answer}`)).not.toThrow()
})
