import { Type } from 'typebox'
import { type RecordAction, recordActions } from '../actions/record-control.ts'
import { about } from './fields.ts'

const oneOf = <Word extends string>(words: readonly Word[], byDefault: Word, description: string) =>
  Type.Optional(
    Type.Unsafe<Word>({ type: 'string', enum: [...words], default: byDefault, description }),
  )

export const recordActionShape = Type.Unsafe<RecordAction>({
  ...{ type: 'string', enum: [...recordActions] },
  description:
    '`start`; `stop`; `pause`: the file waits; `mask`: it goes on with silence or a tone; `resume` ends both',
})

/** What else is said of a recording, by verb and by API. */
export const recordWishShape = {
  of: Type.Optional(
    Type.Unsafe<'call' | 'leg'>({
      ...{ type: 'string', enum: ['call', 'leg'] },
      description:
        '`call`: both sides of the call, the caller left, once at a time. `leg`: its own phone, left, and what it hears, beside that of the call. Of all but `start`: which of them, the newest of a leg. Default: `call`; of `pause`, `mask` and `resume` all that run of the call',
    }),
  ),
  channels: Type.Optional(
    Type.Unsafe<1 | 2>({
      ...{ type: 'integer', enum: [1, 2], default: 2 },
      description: 'Of a leg: 1: only what its phone says',
    }),
  ),
  format: Type.Optional(
    Type.Unsafe<'wav' | 'opus'>({
      ...{ type: 'string', enum: ['wav', 'opus'] },
      description:
        '`wav`: 16 bit, 8 kHz; `opus`: Ogg Opus, a tenth of its size, of a wideband phone at 16 kHz. Default: as the engine is set',
    }),
  ),
  beep_every: Type.Optional(
    Type.Number({
      ...{ minimum: 0, maximum: 3600 },
      description:
        'Seconds. Both sides hear a beep so often; 0: never. Default: as the engine is set',
    }),
  ),
  announcement: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        'Said to both sides before it begins; "" for nothing. Default: as the engine is set',
    }),
  ),
  mask_digits: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'Keys that are pressed, as events (RFC 4733) or as tones that are heard, are silence in it, and `spans` masked',
    }),
  ),
  mask_with: oneOf(['silence', 'tone'], 'silence', 'What is heard in place of what is masked'),
}

export const record = Type.Object(
  { verb: Type.Literal('record'), action: recordActionShape, ...recordWishShape },
  about(
    'record',
    'Begins, pauses or ends a recording of the call, which goes on meanwhile. `start` answers it if it is not answered yet.',
  ),
)
