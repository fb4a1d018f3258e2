import { Type } from 'typebox'
import type { BoxId } from '../../core/ids.ts'
import { about } from './fields.ts'

/** The verb `voicemail_menu` as documents say it. */
export const voicemailMenu = Type.Object(
  {
    verb: Type.Literal('voicemail_menu'),
    box: Type.Optional(
      Type.Unsafe<BoxId | 'ask'>({
        ...{ type: 'string', pattern: '^(?:VM[0-9]{10}|ask)$' },
        description:
          'The id of a voicemail box, or ask: the caller enters its ten digits. Without it that of the device that calls; of another caller it is asked',
      }),
    ),
  },
  about(
    'voicemail_menu',
    'The owner of a voicemail box hears his messages and changes its greetings by the keys of his phone, once he has entered its PIN; answers the call if it is not answered yet.',
  ),
)
