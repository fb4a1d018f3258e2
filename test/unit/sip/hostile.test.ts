/** Whatever a stranger writes into a header or body: no exception, and no time to speak of. */

import { describe, expect, it } from 'vitest'
import { parseNameAddress, parseSipUri, quoteName, splitList } from '../../../engine/sip/address.ts'
import { parseDigests } from '../../../engine/sip/auth/digest.ts'
import { infoDigitOf, isForeignBody, sdpOf } from '../../../engine/sip/body.ts'
import { partyOf } from '../../../engine/sip/party.ts'
import { contactKey } from '../../../engine/sip/register/bindings.ts'
import fc from '../../support/property.ts'

const message = (type: string, body: string) => ({ header: () => type, body })

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  splitList,
  parseNameAddress,
  parseSipUri: (text) => parseSipUri(`sip:${text}`),
  contactKey,
  partyOf: (text) => [partyOf(text), partyOf(`sip:${text}@h`), partyOf(`tel:${text}`)],
  parseDigests: (text) => [parseDigests(text), parseDigests(`Digest ${text}`)],
  sdpOf: (text) => [sdpOf(message('multipart/mixed;boundary=b', text)), sdpOf(message(text, 'x'))],
  isForeignBody: (text) => isForeignBody(message('application/sdp', text)),
  infoDigitOf: (text) => [
    infoDigitOf(message('application/dtmf-relay', text)),
    infoDigitOf(message('application/dtmf-relay', `Signal=${text}`)),
    infoDigitOf(message('application/dtmf', text)),
  ],
}

/** What headers are made of, so that random text gets into the corners. */
const piece = fc.constantFrom(
  ...'"\\<>,;=: @%[]*#+-.()\r\n\t\0',
  ...['a', '1', 'sip:', 'tag', 'Digest ', 'realm=', '%4', '%ff', '--b', 'ü', '\ud800', '::1'],
)
const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''))

describe.each(Object.entries(readers))('%s', (_name, read) => {
  it('never throws', () => {
    fc.assert(
      fc.property(text, (one) => {
        read(one)
      }),
      { numRuns: 2000 },
    )
  })

  it.each(['<', '"', '\\"', ' ', '\n', ';', ';a=', ',', 'a.', 'a-', 'Digest ', '--b\r\n', '1'])(
    'is quick with 60,000 characters of %j',
    (unit) => {
      const long = unit.repeat(60_000 / unit.length)
      const before = process.cpuUsage()
      read(long)
      read(`${long}<`)
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000)
    },
  )
})

describe('quoteName', () => {
  it('always makes a name that reads back the same, whatever is in it', () => {
    fc.assert(
      fc.property(text, (name) => {
        const quoted = quoteName(name)
        expect(quoted).not.toMatch(/[\r\n]/)
        const parsed = parseNameAddress(`${quoted}<sip:a@b>`)
        expect(parsed?.uri).toBe('sip:a@b')
      }),
    )
  })
})
