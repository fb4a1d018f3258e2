import { Type } from 'typebox'
import { type RingCountry, ringCountries } from '../../core/ring-tones.ts'
import {
  about,
  methodOf,
  onFailure,
  onwards,
  party,
  seconds,
  sipHeadersSchema,
  url,
} from './fields.ts'
import { machineDetectionSchema } from './machine-detection.ts'

/** No control characters. */
const plainText = '^[^\\u0000-\\u001f\\u007f]+$'

const target = Type.Object(
  {
    to: party("A number in E.164, a device's user name, or a SIP address"),
    headers: Type.Optional(sipHeadersSchema),
    username: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 128, pattern: plainText },
        description:
          'Of a SIP address, with `password`: what he is told where he asks who calls (401, 407). Not in the route of a number, which is kept',
      }),
    ),
    password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, pattern: plainText, writeOnly: true }),
    ),
    send_digits: Type.Optional(
      Type.String({
        pattern: '^[0-9*#A-DwW]{1,256}$',
        description:
          'Pressed when he has answered, before the two are connected; w waits for half a second, W for a whole one',
      }),
    ),
    url: Type.Optional(
      url(
        'Answers what he hears and is asked when he has answered, before the two are connected; a `hangup` there, or his own, and they are not',
      ),
    ),
    method: methodOf('url'),
    status_callback: Type.Optional(url('Told about every change of status of his call')),
  },
  { additionalProperties: false },
)

export const dial = Type.Object(
  {
    verb: Type.Literal('dial'),
    to: Type.Optional(
      party("Whom to call: a number in E.164, a device's user name, or a SIP address"),
    ),
    targets: Type.Optional(
      Type.Array(target, {
        ...{ minItems: 1, maxItems: 10 },
        description: 'Instead of `to`: all ring, the first to answer is connected',
      }),
    ),
    queue: Type.Optional(
      Type.String({
        ...{ minLength: 1, maxLength: 128 },
        description:
          'Instead of `to`: name or id of a queue; connects with the first one who waits there, or who comes within `timeout`',
      }),
    ),
    queue_url: Type.Optional(
      url(
        'With `queue`: answers what the one who has waited hears before the two are connected; it is told `queue_id`, `queue_time` in seconds, `dequeuing_call_id` and so on. Where it fails they are connected without it, and no fallback is asked',
      ),
    ),
    queue_method: methodOf('queue_url'),
    from: Type.Optional(
      party(
        "The caller ID, a number or a device of yours; if absent the call's own `from`, of an inbound call the account's default number",
      ),
    ),
    timeout: Type.Optional(seconds(1, 600, 30, 'How long it rings')),
    sequential: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'true: `targets` ring one after the other, each for `timeout`, until one of them is connected',
      }),
    ),
    ring_tone: Type.Optional(
      Type.Unsafe<RingCountry>({
        ...{ type: 'string', enum: [...ringCountries], default: 'us' },
        description: 'How the ringback sounds that this side hears of us: as in that country',
      }),
    ),
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
    time_limit: Type.Optional(seconds(1, 86_400, 14_400, 'How long the two may talk')),
    hangup_on_star: Type.Optional(
      Type.Boolean({ default: false, description: "The star key of this call's phone ends it" }),
    ),
    answer_on_bridge: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'false: a caller is answered before anybody is called, and hears ringback of ours',
      }),
    ),
    machine_detection: Type.Optional(machineDetectionSchema),
    on_machine: Type.Optional(
      Type.Unsafe<'connect' | 'hangup'>({
        ...{ type: 'string', enum: ['connect', 'hangup'], default: 'connect' },
        description:
          'What becomes of a machine that `machine_detection` has found; not with its `async`. hangup: as if nobody had answered',
      }),
    ),
    refer_url: Type.Optional(
      url(
        'Asked when the other side wants this one to be sent elsewhere (SIP REFER; not with Replaces), with the header as `refer_transfer_target`: what it answers is run in place of the rest of the list, and the other side is let go. Where it fails the REFER is refused, no fallback is asked, and the two talk on',
      ),
    ),
    refer_method: methodOf('refer_url'),
    on_failure: onFailure('Default `end`; `next` with `action` or `targets`.'),
    ...onwards(
      'how it went (`dial_status`: completed, busy, no-answer, failed or canceled, or voicemail with `voicemail_id` where the rules of `to` led there; `dial_call_id`, `dial_duration` in seconds, and with `record` `recording_id` and `recording_url`)',
    ),
  },
  about('dial', 'Calls somebody and connects the two; the list goes on when the other is gone.'),
)

export const refer = Type.Object(
  {
    verb: Type.Literal('refer'),
    to: party('A SIP address, or a number or name that the phone can call by itself'),
    ...onwards('how it went (`refer_status`: completed or failed; `refer_sip_status`)'),
  },
  about(
    'refer',
    "Asks the call's phone to call somebody by itself (SIP REFER). Where it has, it hangs up; where it has not, the list goes on.",
  ),
)
