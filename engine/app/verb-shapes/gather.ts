import { Type } from 'typebox'
import { languagePattern } from '../../core/spoken-in.ts'
import { gatherInputs } from '../../core/verbs.ts'
import { about, keys, methodOf, onwards, seconds, url } from './fields.ts'
import { play, say } from './speak.ts'

export const pause = Type.Object(
  {
    verb: Type.Literal('pause'),
    length: Type.Number({ minimum: 0, maximum: 3600, description: 'Seconds' }),
  },
  about('pause', 'Waits, in silence.'),
)

export const gather = Type.Object(
  {
    verb: Type.Literal('gather'),
    prompt: Type.Optional(
      Type.Union([say, play], {
        description: 'Heard first; the first key that counts, or the first words, stop it',
      }),
    ),
    prompts: Type.Optional(
      Type.Array(Type.Union([say, play, pause]), {
        ...{ minItems: 1, maxItems: 20 },
        description: 'Instead of `prompt`: several, one after the other',
      }),
    ),
    barge_in: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'false: neither keys nor words stop the prompt; keys that are pressed meanwhile count, nobody is listened to before its end',
      }),
    ),
    input: Type.Optional(
      Type.Array(Type.Enum([...gatherInputs]), {
        ...{ minItems: 1, maxItems: 2, default: ['digits'] },
        description:
          'What is taken, whichever comes first. `speech` needs a model (RINGDOWN_TRANSCRIBE_MODEL_DIR); without one the verb is refused (`transcription_failed`)',
      }),
    ),
    num_digits: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 128, default: 1 },
        description: 'So many keys end the input',
      }),
    ),
    min_digits: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 128, default: 1 },
        description: 'Fewer keys are as none',
      }),
    ),
    finish_on_key: Type.Optional(
      Type.String({
        ...{ pattern: '^[0-9*#]?$', default: '#' },
        description: 'Ends the input and is no part of it; "" for none',
      }),
    ),
    keys: Type.Optional(
      Type.String({
        pattern: '^[0-9*#]{1,12}$',
        description: 'The keys that count, e.g. "123"; all if absent. Others are not heard',
      }),
    ),
    timeout: Type.Optional(
      seconds(
        0.1,
        120,
        5,
        'Silence that is waited for after the prompt, and between two keys; who has begun to speak by then is heard',
      ),
    ),
    digit_timeout: Type.Optional(
      seconds(0.1, 120, 5, 'Between two keys, where that is not as `timeout`'),
    ),
    language: Type.Optional(
      Type.String({
        ...{ pattern: languagePattern, maxLength: 35 },
        description:
          'BCP 47, of what is said: a model of that language listens, where RINGDOWN_TRANSCRIBE_MODEL_DIR has one in a folder of that name (de-AT, else de), else the usual one',
      }),
    ),
    partial_callback: Type.Optional(
      url(
        'Is told once a second at most, of the first 20 s, what has been understood of somebody who still speaks: `unstable_speech`, and of that what is as it was the last time (`stable_speech`, `stability` 0 to 1), with a `sequence_number`; once each, and not while others wait for the model. What it answers does not count',
      ),
    ),
    partial_callback_method: methodOf('partial_callback'),
    speech_timeout: Type.Optional(seconds(0.2, 30, 1, 'So much silence after speech ends it')),
    max_speech: Type.Optional(seconds(1, 60, 60, 'Who speaks for longer is not heard to his end')),
    attempts: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 10, default: 1 },
        description: 'How many times in all it prompts and waits, while no key and no word comes',
      }),
    ),
    url: Type.Optional(
      url(
        'Gets the keys as `digits`, or the words as `speech` (with `confidence`, 0 to 1, where the model tells it), by POST and answers the next verbs; not when a branch is taken, nor without either',
      ),
    ),
    ...onwards('the keys as `digits`, or the words as `speech` (the same as `url`)'),
    action_on_empty: Type.Optional(
      Type.Boolean({
        default: false,
        description: '`action` or `url` is asked when nothing came, too; `digits` is empty then',
      }),
    ),
    branches: Type.Optional(
      Type.Record(keys, Type.Ref('Verbs'), {
        additionalProperties: false,
        description:
          'Verbs by the keys that lead to them, e.g. {"1": [...]}; the call ends after them. Other keys go to `url`, or else on in the list',
      }),
    ),
  },
  about(
    'gather',
    'Prompts, and collects keys, or hears what is said. With none of them, and with neither a branch nor a url for them, the list goes on.',
  ),
)

export const recordMessage = Type.Object(
  {
    verb: Type.Literal('record_message'),
    max_length: Type.Optional(seconds(1, 14_400, 120, 'How long the message may be')),
    silence: Type.Optional(seconds(0, 600, 5, 'So much silence ends it; 0: none does')),
    finish_on_keys: Type.Optional(
      Type.String({
        ...{ pattern: '^[0-9*#]{0,12}$', default: '1234567890*#' },
        description: 'Any of these ends it; "" for none',
      }),
    ),
    beep: Type.Optional(Type.Boolean({ default: true, description: 'Heard before it begins' })),
    transcribe: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Its text is made afterwards: `transcript` of the recording, `failed` where no model can',
      }),
    ),
    transcribe_callback: Type.Optional(
      url(
        'With `transcribe`: told by POST when the text is there, with `recording_id`, `transcription_status` (completed or failed), `transcription_text` and `transcription_error`; again until it has answered, as a webhook is. The text is that of the recording then: of one that is deleted it is empty, and `failed`',
      ),
    ),
    trim: Type.Optional(
      Type.Boolean({
        default: true,
        description: 'The silence at the beginning and at the end is left out',
      }),
    ),
    ...onwards(
      'the message (`recording_id`, `recording_url`, `recording_duration`, and `digits`: the key that ended it, or `hangup`); not when nobody has spoken',
    ),
    status_callback: Type.Optional(
      url(
        'Told too what became of it, with `recording_status`: completed, or absent; again until it has answered, as a webhook is',
      ),
    ),
    status_callback_method: methodOf('status_callback'),
    status_callback_events: Type.Optional(
      Type.Array(Type.Enum(['completed', 'absent']), {
        ...{ maxItems: 2, default: ['completed'] },
        description: 'Which of the two it is told',
      }),
    ),
  },
  about(
    'record_message',
    'Records what the caller says, in a file of its own with one channel, until he is silent, presses a key, hangs up, or the time is over; then the list goes on. Without a word there is no recording. A recording of the call goes on beside it.',
  ),
)
