import { Type } from 'typebox'
import { conferenceShape } from './conferences/verb-shape.ts'

// What each verb and each of its fields is: it checks the documents, and the documentation shows it.

const seconds = (minimum: number, maximum: number, byDefault: number, description: string) =>
  Type.Number({ minimum, maximum, default: byDefault, description: `Seconds. ${description}` })
const url = (description: string) => Type.String({ minLength: 1, maxLength: 2048, description })
const party = (description: string) => Type.String({ minLength: 1, maxLength: 255, description })
const loop = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 1, description: 'How many times it is heard' }),
)
const early = Type.Optional(
  Type.Boolean({
    default: true,
    description:
      'false: the caller of an inbound call hears it before the call is answered (early media); skipped where his INVITE had no SDP',
  }),
)
const keys = Type.String({ pattern: '^[0-9*#]{1,32}$' })

/** Fields that are not known are refused: a typo must not be silence. */
const about = (title: string, description: string) => ({
  ...{ title, description },
  additionalProperties: false as const,
})

/** What an application may put on an INVITE. */
export const sipHeadersSchema = Type.Record(
  Type.String({ pattern: "^(?:[Xx]-[A-Za-z0-9_.!%*+`'~-]{1,62}|[Uu]ser-[Tt]o-[Uu]ser)$" }),
  Type.String({ maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }),
  {
    ...{ additionalProperties: false, maxProperties: 32 },
    description:
      'SIP headers of the INVITE: X-... and User-to-User, 32 at most and 4096 bytes in all',
  },
)

const say = Type.Object(
  {
    verb: Type.Literal('say'),
    text: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'What is spoken: plain text, or the document that `markup` names',
    }),
    markup: Type.Optional(
      Type.Literal('ssml', { description: '`text` is SSML; without it markup is read out' }),
    ),
    voice: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9+_-]{1,32}$',
        description: "A voice of the speech program, e.g. en-us or de; the program's own if absent",
      }),
    ),
    loop,
    answer: early,
  },
  about('say', 'Speaks a text; answers the call if it is not answered yet.'),
)
const play = Type.Object(
  {
    verb: Type.Literal('play'),
    url: url(
      'Where the WAV file is, 20 MiB at most; it is kept as long as the server allows. Or prompt:<name> for one that was recorded with `npm run record-prompt`',
    ),
    loop,
    answer: early,
  },
  about('play', 'Plays a sound file; answers the call if it is not answered yet.'),
)

const gather = Type.Object(
  {
    verb: Type.Literal('gather'),
    prompt: Type.Optional(
      Type.Union([say, play], { description: 'Heard first; the first key that counts stops it' }),
    ),
    num_digits: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 32, default: 1 },
        description: 'So many keys end the input',
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
      seconds(0.1, 120, 5, 'Silence that is waited for after the prompt, and between two keys'),
    ),
    attempts: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 10, default: 1 },
        description: 'How many times in all it prompts and waits, while no key comes',
      }),
    ),
    url: Type.Optional(
      url(
        'Gets the keys as `digits` by POST and answers the next verbs; not when a branch is taken, nor without keys',
      ),
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
    'Prompts, and collects keys. With none of them, and with neither a branch nor a url for them, the list goes on.',
  ),
)

const dial = Type.Object(
  {
    verb: Type.Literal('dial'),
    to: party("Whom to call: a number in E.164, a device's user name, or a SIP address"),
    from: Type.Optional(
      party(
        "The caller ID, a number or a device of yours; if absent the call's own `from`, of an inbound call the account's default number",
      ),
    ),
    timeout: Type.Optional(seconds(5, 600, 30, 'How long it rings')),
    record: Type.Optional(
      Type.Boolean({ default: false, description: 'Records while the two are connected' }),
    ),
    headers: Type.Optional(sipHeadersSchema),
    pass_headers: Type.Optional(
      Type.Boolean({
        default: false,
        description: "The X- headers of the caller's own INVITE go on; `headers` go over them",
      }),
    ),
  },
  about('dial', 'Calls somebody and connects the two; the list goes on when the other is gone.'),
)

/** By name. */
export const verbShapes = {
  answer: Type.Object(
    { verb: Type.Literal('answer') },
    about('answer', 'Answers an inbound call; on one that is up it does nothing.'),
  ),
  say,
  play,
  gather,
  dial,
  conference: conferenceShape,
  record: Type.Object(
    {
      verb: Type.Literal('record'),
      action: Type.Unsafe<'start' | 'stop'>({
        ...{ type: 'string', enum: ['start', 'stop'] },
        description: '`start` answers the call if it is not answered yet',
      }),
    },
    about('record', 'Begins or ends a recording of the call; the call goes on meanwhile.'),
  ),
  pause: Type.Object(
    {
      verb: Type.Literal('pause'),
      length: Type.Number({ minimum: 0, maximum: 3600, description: 'Seconds' }),
    },
    about('pause', 'Waits, in silence.'),
  ),
  send_digits: Type.Object(
    {
      verb: Type.Literal('send_digits'),
      digits: Type.String({
        pattern: '^[0-9*#A-D]{1,64}$',
        description: 'The keys, one after the other',
      }),
    },
    about('send_digits', 'Presses keys, for the machine at the other end.'),
  ),
  redirect: Type.Object(
    {
      verb: Type.Literal('redirect'),
      url: url('Gets the fields of the call and answers the next verbs'),
      method: Type.Optional(
        Type.Unsafe<'GET' | 'POST'>({
          ...{ type: 'string', enum: ['GET', 'POST'], default: 'POST' },
          description: 'GET: the fields in the query; POST: as JSON',
        }),
      ),
    },
    about('redirect', 'Leaves this list for one that your application gives.'),
  ),
  reject: Type.Object(
    {
      verb: Type.Literal('reject'),
      sip_status: Type.Optional(
        Type.Integer({
          ...{ minimum: 400, maximum: 699, default: 603 },
          description: 'What the caller is told, e.g. 486 for busy',
        }),
      ),
    },
    about('reject', 'Declines an inbound call; one that is up is hung up.'),
  ),
  hangup: Type.Object({ verb: Type.Literal('hangup') }, about('hangup', 'Ends the call.')),
}

const document = Type.Module({
  Verbs: Type.Array(Type.Ref('Verb'), {
    maxItems: 100,
    description: 'Done one after the other; at the end of the list the call is hung up',
  }),
  Verb: Type.Union([
    verbShapes.answer,
    verbShapes.say,
    verbShapes.play,
    verbShapes.gather,
    verbShapes.dial,
    verbShapes.conference,
    verbShapes.record,
    verbShapes.pause,
    verbShapes.send_digits,
    verbShapes.redirect,
    verbShapes.reject,
    verbShapes.hangup,
  ]),
})

/** JSON schema of a list of verbs. */
export const verbsSchema = document.Verbs
