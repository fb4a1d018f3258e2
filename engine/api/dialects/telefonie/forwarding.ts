import { type Static, Type } from 'typebox'
import { Failure } from '../../../core/failures.ts'
import {
  type ForwardingRules,
  type ForwardTo,
  leastNoAnswerMs,
  mostNoAnswerMs,
} from '../../../core/forwarding.ts'
import { isBoxId } from '../../../core/ids.ts'

// What becomes of calls that a device or a number does not take, as documents say it.

const closed = { additionalProperties: false as const }
const places = {
  voicemail: Type.Optional(
    Type.String({
      pattern: '^(own|VM[0-9]{10})$',
      description: 'Into a voicemail box, or with `own` into its own, which is made if need be',
    }),
  ),
  to: Type.Optional(
    Type.String({
      ...{ minLength: 2, maxLength: 64 },
      description: "To a device's user name, or a number in E.164",
    }),
  ),
}
const place = (description: string) =>
  Type.Optional(Type.Object(places, { ...closed, minProperties: 1, description }))

export const forwardingSchema = Type.Object(
  {
    always: place('At once; nobody is rung'),
    busy: place('Busy, or the call was declined'),
    no_answer: Type.Optional(
      Type.Object(
        {
          ...places,
          after: Type.Number({
            ...{ minimum: leastNoAnswerMs / 1_000, maximum: mostNoAnswerMs / 1_000 },
            description: 'Seconds that it rings',
          }),
        },
        { ...closed, description: 'Nobody has answered' },
      ),
    ),
    unreachable: place('No phone could be reached; as no_answer unless told'),
  },
  {
    ...{ ...closed, 'x-name': 'Forwarding' },
    description: 'Where calls go that are not taken; {}: nowhere. It is given as a whole',
    examples: [{ no_answer: { voicemail: 'own', after: 20 }, busy: { voicemail: 'own' } }],
  },
)

type Given = Static<typeof forwardingSchema>

/** Failure `invalid_request`. */
export function readForwarding({ always, busy, no_answer, unreachable }: Given): ForwardingRules {
  return {
    ...(always && { always: readPlace(always, 'always') }),
    ...(busy && { busy: readPlace(busy, 'busy') }),
    ...(no_answer && {
      noAnswer: {
        ...readPlace(no_answer, 'no_answer'),
        afterMs: Math.round(no_answer.after * 1_000),
      },
    }),
    ...(unreachable && { unreachable: readPlace(unreachable, 'unreachable') }),
  }
}

function readPlace(
  { voicemail, to }: { readonly voicemail?: string; readonly to?: string },
  rule: string,
): ForwardTo {
  if ((voicemail === undefined) === (to === undefined)) {
    throw new Failure('invalid_request', 'Give one of voicemail and to', `forwarding.${rule}`)
  }
  if (to !== undefined) return { kind: 'to', to }
  return { kind: 'voicemail', box: readBox(voicemail ?? 'own') }
}

/** As its schema lets it in. */
export const readBox = (text: string) => (isBoxId(text) ? text : 'own')

export function renderForwarding(rules: ForwardingRules): Given {
  const { always, busy, noAnswer, unreachable } = rules
  return {
    ...(always && { always: renderPlace(always) }),
    ...(busy && { busy: renderPlace(busy) }),
    ...(noAnswer && { no_answer: { ...renderPlace(noAnswer), after: noAnswer.afterMs / 1_000 } }),
    ...(unreachable && { unreachable: renderPlace(unreachable) }),
  }
}

const renderPlace = (place: ForwardTo) =>
  place.kind === 'to' ? { to: place.to } : { voicemail: place.box }
