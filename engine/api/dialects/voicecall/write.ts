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
import { BodyFaults } from './error.ts'
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

export function createRoute(words: Words): Route {
  const fields = newCallFields(words)
  const read = readerOf(fields)
  return route({
    method: 'POST',
    path: base,
    body: bodySchema(fields, 'NewVoiceCall', false),
    operation: {
      id: 'createVoiceCall',
      tag,
      summary: 'Create a VoiceCall',
      description:
        'Records a call that was made; nobody is called. Calls of this system record themselves: with the id of one as external_uuid the request says whose it was. The same request again answers with what is there.',
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
    body: bodySchema(fields, 'VoiceCallUpdate', true),
    operation: {
      id: 'updateVoiceCall',
      tag,
      summary: 'Update a VoiceCall',
      description:
        'Changes the fields that are given; one that is given as it was read stays. Each change of status is kept in status_changes. The status of a call that is on is its own.',
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
      const news = given && without(given, await shown(services, words, entry))
      const update = updateOf(read(news, true))
      const updated = await updateJournalEntry(ports, account.id, entry.id, update, writer)
      return answer(await shown(services, words, updated))
    },
  })
}

/** Throws BodyFaults for a body that is not right; what it returns is. */
function readerOf(fields: Fields): (body: Body | undefined, isPartial: boolean) => Body {
  const faultsOf = checkerOf(fields)
  return (body, isPartial) => {
    if (body === undefined) throw new Failure('invalid_request', 'The body must be a JSON object')
    const [first, ...others] = faultsOf(body, isPartial)
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
