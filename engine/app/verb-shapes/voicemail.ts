import { Type } from 'typebox'
import type { BoxId } from '../../core/ids.ts'
import { greetingWishes } from '../voicemail/greet.ts'
import { about, onwards } from './fields.ts'

/** The verb `voicemail` as documents say it. */
export const voicemail = Type.Object(
  {
    verb: Type.Literal('voicemail'),
    box: Type.Optional(
      Type.Unsafe<BoxId>({
        ...{ type: 'string', pattern: '^VM[0-9]{10}$' },
        description: 'The id of a voicemail box; this or device',
      }),
    ),
    device: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 64 },
        description: "A device's user name: into its box, which is made when it has none",
      }),
    ),
    greeting: Type.Optional(
      Type.Unsafe<(typeof greetingWishes)[number]>({
        ...{ type: 'string', enum: [...greetingWishes], default: 'unavailable' },
        description: 'Which greeting of the box the caller hears; none: the tone alone',
      }),
    ),
    ...onwards(
      'voicemail_status (left, too-short, full, failed, hung-up, operator or owner), voicemail_box, voicemail_id and voicemail_duration',
    ),
  },
  about(
    'voicemail',
    'The caller hears the greeting of a voicemail box and leaves a message in it; answers the call if it is not answered yet.',
  ),
)
