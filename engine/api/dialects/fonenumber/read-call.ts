import type { Static } from 'typebox'
import { Type } from 'typebox'
import type { PlaceCall } from '../../../app/call-centre.ts'
import { destinationOf } from '../../../app/directory/speed-dials.ts'
import { Failure } from '../../../core/failures.ts'
import type { Account } from '../../../core/ports/store.ts'
import type { Services } from '../../services.ts'
import { type EmergencyCodes, readDialled, readNumber } from './dialling.ts'
import { digits, serviceType } from './schema.ts'
import { readKind, verbsOf } from './service.ts'

/** Longer texts are not spoken, longer addresses not fetched. */
const maxServiceChars = 8_192
const ringTimeoutMs = 60_000

/** Fields that are not known here are ignored, as clients of such an API expect. */
export const callSchema = Type.Object(
  {
    fonenumber: digits('The caller ID: a number of the account'),
    to: digits('Who is called: a telephone number, or the 1 to 6 digits of a speed dial'),
    service_type: Type.Optional(
      serviceType(
        'Device, VoiceMail, SoundFile, TTS, Phonenumber or Forward; upper and lower case are the same',
      ),
    ),
    type: Type.Optional(serviceType('Another name of service_type')),
    service_id: Type.Union([Type.String({ maxLength: maxServiceChars }), Type.Integer()], {
      description:
        'What the person is connected to: the id of a device, the id of a voicemail box (VM and ten digits; the person hears its greeting and leaves a message), the URL of a sound file, a text (plain or SSML), or a telephone number',
    }),
  },
  {
    'x-name': 'FoneNumberCall',
    examples: [
      {
        fonenumber: '5005550100',
        to: '(500) 555-0140',
        service_type: 'TTS',
        service_id: 'Hello, this is a test call',
      },
    ],
  },
)

/** What the body asks for, with short numbers and ids looked up. Failures of the parts. */
export async function readCall(
  body: Static<typeof callSchema>,
  account: Account,
  services: Services,
  emergency: EmergencyCodes,
): Promise<PlaceCall> {
  const from = readNumber(given('fonenumber', body.fonenumber), 'fonenumber')
  const kind = readKind(given('service_type', agreed(body.service_type, body.type)))
  const value = given('service_id', body.service_id)
  const to = readDialled(given('to', body.to), 'to', from, emergency)
  return {
    from,
    to:
      to.kind === 'number'
        ? to.number
        : await destinationOf(services.directory, account.id, to.code),
    verbs: await verbsOf({ kind, value }, from, account, services),
    ringTimeoutMs,
    checkFirst: true,
  }
}

function agreed(serviceType: string | undefined, type: string | undefined): string | undefined {
  const isSame = serviceType?.trim().toLowerCase() === type?.trim().toLowerCase()
  if (serviceType === undefined || type === undefined || isSame) return serviceType ?? type
  throw new Failure('invalid_request', 'type is service_type and must say the same', 'type')
}

function given(field: string, value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  if (text.trim() !== '') return text
  throw new Failure('missing_parameter', `${field} is required`, field)
}
