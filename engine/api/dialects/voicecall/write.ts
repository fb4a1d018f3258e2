import { isDeepStrictEqual } from 'node:util'
import {
  getJournalEntry,
  type JournalUpdate,
  recordInJournal,
  updateJournalEntry,
} from '../../../app/directory/journal.ts'
import { Failure } from '../../../core/failures.ts'
import type { JournalContent, JournalDetails } from '../../../core/journal.ts'
import { type Route, route } from '../../dialect.ts'
import { BodyFaults, type Fault } from './error.ts'
import {
  type Body,
  bodySchema,
  checkerOf,
  type Fields,
  newCallFields,
  objectOf,
  updateFields,
} from './fields.ts'
import { base, idSchema, shown, tag } from './read.ts'
import { answer, answerSchema, voiceCallSchema } from './render.ts'
import { readDirection, readStatus, type Words } from './words.ts'
import { writerOf } from './writer.ts'

/** What both bodies say alike, by our names. */
const contentNames = {
  staff_uid: 'staffId',
  client_uid: 'clientId',
  from_number: 'from',
  to_number: 'to',
  rate: 'rate',
  provider: 'provider',
  source_id: 'sourceId',
  external_uuid: 'externalId',
} as const
const detailNames = {
  call_summary: 'summary',
  external_app_url: 'appUrl',
  external_app_name: 'appName',
  duration: 'durationS',
  price: 'price',
  recording_id: 'recordingId',
} as const satisfies Record<string, keyof JournalDetails>

const someUid = 'd290f1ee-6c54-4b01-90e6-d701748f0851'
const newExample = {
  staff_uid: someUid,
  client_uid: someUid,
  from_number: '+14155550148',
  to_number: '+14155550901',
  direction: 'INBOUND',
  status: 'MISSED',
  rate: '0.05',
  provider: 'VONAGE',
  source_id: 'call-src-001',
  external_uuid: 'ext-call-001',
  business_uid: someUid,
}
const updateExample = {
  status: 'MISSED_CALL_HANDLED',
  handled_by_staff_uid: someUid,
  call_summary: 'Called back',
}

export function createRoute(words: Words): Route {
  const fields = newCallFields(words)
  const read = readerOf(fields)
  return route({
    method: 'POST',
    path: base,
    body: bodySchema(fields, { name: 'NewVoiceCall', isPartial: false, example: newExample }),
    operation: {
      id: 'createVoiceCall',
      tag,
      summary: 'Create a VoiceCall',
      description:
        'Records a call that was made; nobody is called. Calls of this system record themselves: with the id of one as external_uuid the request says whose it was, and has to have its numbers and direction. `business_uid` has to be one that the token is for; a token of the kind directory is for all. The same request again answers with what is there.',
      replies: { 200: { says: 'Recorded', schema: answerSchema(voiceCallSchema) } },
    },
    async run({ account, claims, body }, services) {
      const writer = writerOf(claims)
      const content = contentOf(read(objectOf(body), false))
      if (writer.businesses?.includes(content.businessId) === false) {
        throw new Failure('forbidden', 'The token is not for this business', 'business_uid')
      }
      const entry = await recordInJournal(services.directory, account.id, content, writer)
      return answer(await shown(services, words, entry))
    },
  })
}

export function updateRoute(words: Words): Route {
  const fields = updateFields(words)
  const read = readerOf(fields)
  return route({
    method: 'PUT',
    path: `${base}/:uid`,
    params: idSchema,
    body: bodySchema(fields, { name: 'VoiceCallUpdate', isPartial: true, example: updateExample }),
    operation: {
      id: 'updateVoiceCall',
      tag,
      summary: 'Update a VoiceCall',
      description:
        'Changes the fields that are given; one that is given as it was read stays. Each change of status is kept in status_changes. Of a call of this system numbers, direction, duration and recording are its own, and while it is on its status is too.',
      replies: { 200: { says: 'Updated', schema: answerSchema(voiceCallSchema) } },
    },
    async run({ account, claims, params, body }, services) {
      const writer = writerOf(claims)
      const ports = services.directory
      const entry = await getJournalEntry(ports, account.id, params.uid, writer.businesses)
      const given = objectOf(body)
      if (given && Object.keys(given).length === 0) {
        throw new Failure('invalid_request', 'There is nothing to change')
      }
      const present = asGiven(await shown(services, words, entry))
      const news = given && without(given, present)
      const own = entry.callId === null ? [] : ownFaults(news ?? {}, present)
      const update = updateOf(read(news, true, own))
      const updated = await updateJournalEntry(ports, account.id, entry.id, update, writer)
      return answer(await shown(services, words, updated))
    },
  })
}

/** Throws BodyFaults for a body that is not right; what it returns is. */
function readerOf(
  fields: Fields,
): (body: Body | undefined, isPartial: boolean, known?: readonly Fault[]) => Body {
  const faultsOf = checkerOf(fields)
  return (body, isPartial, known = []) => {
    if (body === undefined) throw new Failure('invalid_request', 'The body must be a JSON object')
    const isNew = ({ field }: Fault) => known.every((fault) => fault.field !== field)
    const [first, ...others] = [...known, ...faultsOf(body, isPartial).filter(isNew)]
    if (first) throw new BodyFaults([first, ...others])
    return body
  }
}

/** Without the fields that say what is so already. */
const without = (body: Body, present: Body): Body =>
  Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) => !(Object.hasOwn(present, name) && isDeepStrictEqual(value, present[name])),
    ),
  )

/** An answer with its recording as bodies name it. */
function asGiven(present: Body): Body {
  const recording = present['recording'] as { external_uid: string } | null
  return { ...present, recording_id: recording === null ? null : recording.external_uid }
}

/** What a call of ours knows by itself. */
const ownNames: readonly string[] = ['from_number', 'to_number', 'direction', 'duration']

/** A fault for each field that says something else of a call of ours than the call does. */
function ownFaults(news: Body, { recording }: Body): Fault[] {
  const { external_url: ownUrl = null } = (recording ?? {}) as { external_url?: string | null }
  const names = ownUrl === null ? ownNames : [...ownNames, 'recording_id']
  return names
    .filter((name) => Object.hasOwn(news, name))
    .map((field) => {
      const message = `${field} is known from the call itself and can not be changed`
      return { code: 'invalid_request', field, message }
    })
}

/** A checked body has the types that its fields say. */
const contentOf = (body: Body): JournalContent =>
  ({
    ...renamed(body, contentNames),
    businessId: body['business_uid'],
    direction: readDirection(String(body['direction'])),
    status: readStatus(String(body['status'])),
  }) as unknown as JournalContent

function updateOf(body: Body): JournalUpdate {
  const { direction, status, handled_by_staff_uid: handledBy } = body
  const details = renamed(body, detailNames)
  return {
    ...renamed(body, contentNames),
    ...(direction !== undefined && { direction: readDirection(String(direction)) }),
    ...(status !== undefined && { status: readStatus(String(status)) }),
    ...(handledBy !== undefined && { handledBy: String(handledBy) }),
    ...(Object.keys(details).length > 0 && { details }),
  }
}

const renamed = (body: Body, names: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) =>
      Object.hasOwn(body, from) ? [[to, body[from]]] : [],
    ),
  )
