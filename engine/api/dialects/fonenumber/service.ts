import { listDevices } from '../../../app/directory/devices.ts'
import { getBox } from '../../../app/directory/voicemail-boxes.ts'
import { Failure } from '../../../core/failures.ts'
import type { BoxId } from '../../../core/ids.ts'
import { isCallable } from '../../../core/ports/registrations.ts'
import type { Account } from '../../../core/ports/store.ts'
import type { Verb } from '../../../core/verbs.ts'
import type { Services } from '../../services.ts'
import { deviceBy } from './device-id.ts'
import { readNumber } from './dialling.ts'
import { isSsml } from './ssml.ts'

/** What a person can be connected to, by the word of the document in small letters. */
const kinds = {
  device: 'device',
  soundfile: 'soundFile',
  tts: 'speech',
  phonenumber: 'number',
  forward: 'number',
  voicemail: 'voicemail',
} as const
type ServiceKind = (typeof kinds)[keyof typeof kinds]

const kindOf = (text: string): ServiceKind | undefined => {
  const word = text.trim().toLowerCase()
  return Object.hasOwn(kinds, word) ? kinds[word as keyof typeof kinds] : undefined
}

/** Whether `service_id` is a telephone number. */
export const isNumberKind = (text: string): boolean => kindOf(text) === 'number'

/** Failure `invalid_request`. Upper and lower case are the same. */
export function readKind(text: string): ServiceKind {
  const kind = kindOf(text)
  if (kind !== undefined) return kind
  const known = 'Device, VoiceMail, SoundFile, TTS or Phonenumber'
  throw new Failure('invalid_request', `service_type must be ${known}`, 'service_type')
}

/** A service as its caller wrote it. */
export interface WantedService {
  readonly kind: ServiceKind
  /** `service_id`: what it is depends on the kind. */
  readonly value: string
}

/**
 * What the call does once the person has answered. Failures: `not_found` of a device or a voicemail box,
 * `device_not_registered`, those of `readNumber`, `invalid_request` for what is not served. Sound files and texts are
 * looked at by the use case.
 */
export async function verbsOf(
  { kind, value }: WantedService,
  caller: string,
  account: Account,
  services: Services,
): Promise<readonly Verb[]> {
  switch (kind) {
    case 'device':
      return [{ verb: 'dial', to: await registeredDevice(value, account, services) }]
    case 'number':
      return [{ verb: 'dial', to: readNumber(value, 'service_id', caller), from: caller }]
    case 'soundFile':
      return [{ verb: 'play', url: value.trim() }]
    case 'speech':
      return [speechOf(value)]
    case 'voicemail':
      return [{ verb: 'voicemail', box: await boxId(value, account, services) }]
  }
}

/** Failure `not_found`. Upper and lower case are the same. */
async function boxId(value: string, account: Account, { directory }: Services): Promise<BoxId> {
  try {
    return (await getBox(directory, account.id, value.trim().toUpperCase())).id
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, error.message, 'service_id')
  }
}

async function registeredDevice(
  id: string,
  account: Account,
  { directory, registeredContacts }: Services,
): Promise<string> {
  const device = deviceBy(id, await listDevices(directory, account.id), 'service_id')
  if (registeredContacts(device.id).some(isCallable)) return device.username
  const message = `Device ${device.username} is not registered`
  throw new Failure('device_not_registered', message, 'service_id')
}

const speechOf = (text: string): Verb =>
  isSsml(text) ? { verb: 'say', text, markup: 'ssml' } : { verb: 'say', text }
