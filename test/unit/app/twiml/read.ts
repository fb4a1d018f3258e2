import twilio from 'twilio'
import { expect } from 'vitest'
import { readTwiml } from '../../../../engine/app/twiml/index.ts'

export type VoiceResponse = InstanceType<typeof twilio.twiml.VoiceResponse>

export const url = 'https://app.example/flows/menu?lang=en'
const source = { url, hasVoice: (voice: string) => ['en-gb', 'de', 'en-us'].includes(voice) }

/** A document of https://app.example/flows/menu, read where there are three voices. */
export const read = (document: string) => readTwiml(document, source)

/** Verbs of a document as the usual library makes it; nothing of it is passed over. */
export function made(build: (response: VoiceResponse) => unknown) {
  const response = new twilio.twiml.VoiceResponse()
  build(response)
  const { verbs, warnings } = read(response.toString())
  expect(warnings).toEqual([])
  return verbs
}
