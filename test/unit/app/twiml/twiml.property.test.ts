import twilio from 'twilio'
import { expect, test } from 'vitest'
import { readTwiml } from '../../../../engine/app/twiml/index.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import fc from '../../../support/property.ts'

const source = { url: 'https://app.example/a', hasVoice: () => true }

/** Reads, or refuses with a place; anything else is a bug. */
function readOrRefuse(document: string): 'read' | 'refused' {
  try {
    const { verbs, warnings } = readTwiml(document, source)
    expect(verbs.length).toBeLessThanOrEqual(500)
    expect(warnings.length).toBeLessThanOrEqual(50)
    return 'read'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    expect(error.message).toMatch(/^TwiML fault in line \d+, column \d+: ./)
    return 'refused'
  }
}

const whole = (): string => {
  const response = new twilio.twiml.VoiceResponse()
  response.say({ language: 'de-DE' }, 'Grüße & more')
  response.gather({ numDigits: 1, action: '/x' }).play('https://a.example/b.wav')
  const dial = response.dial({ timeout: 10, record: 'record-from-answer' })
  dial.number({ url: '/w' }, '+15005550140')
  dial.sip('sip:a@b.example?X-A=1')
  response.record({ maxLength: 3 })
  return response.toString()
}

test('any text is read or refused with its place', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...['<', '>', '&', '</', '/>', '<Response>', '</Response>', '<Say>', '</Say>', '<Dial', '"'],
      ...['<![CDATA[', ']]>', '<!--', '-->', '<?xml', '<!DOCTYPE', '&amp;', '&#0;', '=', 'xmlns:'],
    ),
    fc.string({ maxLength: 8, unit: 'binary' }),
  )
  const document = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(document, (text) => void readOrRefuse(text)),
    { numRuns: 1_000 },
  )
})

test('a document with one change anywhere is read or refused with its place', () => {
  const good = whole()
  expect(readOrRefuse(good)).toBe('read')
  const change = fc.tuple(
    fc.nat({ max: good.length - 1 }),
    fc.nat({ max: 12 }),
    fc.string({ maxLength: 4, unit: 'binary' }),
  )
  fc.assert(
    fc.property(change, ([at, gone, put]) => {
      readOrRefuse(good.slice(0, at) + put + good.slice(at + gone))
    }),
    { numRuns: 2_000 },
  )
})
