import { Type } from 'typebox'
import {
  countJournal,
  getJournalEntry,
  listJournal,
  viewJournal,
} from '../../../app/directory/journal.ts'
import { type JournalEntry, journalStatuses } from '../../../core/journal.ts'
import { type Route, route } from '../../dialect.ts'
import type { RecordingUrl, Services } from '../../services.ts'
import { listQuerySchema, readListQuery, readStatsQuery, statsQuerySchema } from './query.ts'
import { answer, answerSchema, renderVoiceCall, voiceCallSchema } from './render.ts'
import { readStatus, statuses, type Words } from './words.ts'
import { writerOf } from './writer.ts'

export const base = '/v3/communication/voice_calls'
export const tag = 'Voice calls'
export const idSchema = Type.Object({ uid: Type.String() })

type Rendered = Record<string, unknown>

/** Addresses of recordings are signed links: whoever reads calls by a token has no key to fetch them with. */
async function shownAll(
  { directory, recordingLinks, linkUrl }: Services,
  words: Words,
  entries: readonly JournalEntry[],
): Promise<Rendered[]> {
  const [first] = entries
  if (first === undefined) return []
  const views = await viewJournal(directory, entries)
  const linkTo = await recordingLinks.forAnswers(first.accountId)
  const recordingUrl: RecordingUrl = (id) => linkUrl(linkTo(id), 'audio')
  return views.map((view) => renderVoiceCall(view, words, recordingUrl))
}

export async function shown(
  services: Services,
  words: Words,
  entry: JournalEntry,
): Promise<Rendered> {
  const [rendered] = await shownAll(services, words, [entry])
  if (rendered === undefined) throw new Error('an entry was not rendered')
  return rendered
}

export const listRoute = (words: Words): Route =>
  route({
    method: 'GET',
    path: base,
    query: listQuerySchema,
    operation: {
      id: 'listVoiceCalls',
      tag,
      summary: 'Get all VoiceCalls',
      description: 'Those of the businesses that the token is for.',
      replies: {
        200: {
          says: 'A page of them',
          schema: answerSchema(
            Type.Object({
              voice_calls: Type.Array(voiceCallSchema),
              total: Type.Integer(),
              page: Type.Integer(),
              per_page: Type.Integer(),
            }),
          ),
        },
      },
    },
    async run({ account, claims, query }, services) {
      const filter = readListQuery(query, writerOf(claims).businesses)
      const { entries, total } = await listJournal(services.directory, account.id, filter)
      const voice_calls = await shownAll(services, words, entries)
      return answer({ voice_calls, total, page: filter.page, per_page: filter.pageSize })
    },
  })

export const getRoute = (words: Words): Route =>
  route({
    method: 'GET',
    path: `${base}/:uid`,
    params: idSchema,
    operation: {
      id: 'getVoiceCall',
      tag,
      summary: 'Retrieve a VoiceCall',
      replies: { 200: { says: 'The call', schema: answerSchema(voiceCallSchema) } },
    },
    async run({ account, claims, params }, services) {
      const { businesses } = writerOf(claims)
      const ports = services.directory
      const entry = await getJournalEntry(ports, account.id, params.uid, businesses)
      return answer(await shown(services, words, entry))
    },
  })

const countsSchema = Type.Object({
  status_counts: Type.Array(
    Type.Object({ status: Type.Enum([...statuses]), count: Type.Integer() }),
  ),
  total_voice_calls: Type.Integer(),
  start_date: Type.Union([Type.String({ format: 'date' }), Type.Null()]),
  end_date: Type.Union([Type.String({ format: 'date' }), Type.Null()]),
})

export const statsRoute = (words: Words): Route =>
  route({
    method: 'GET',
    path: `${base}/reports/voice_call_stats`,
    query: statsQuerySchema,
    operation: {
      id: 'getVoiceCallStats',
      tag,
      summary: 'How many VoiceCalls there are of each status',
      replies: { 200: { says: 'The counts', schema: answerSchema(countsSchema) } },
    },
    async run({ account, claims, query }, services) {
      const selection = readStatsQuery(query, writerOf(claims).businesses)
      const counts = await countJournal(services.directory, account.id, selection)
      const wanted = query.status === undefined ? journalStatuses : [readStatus(query.status)]
      return answer({
        status_counts: wanted.map((status) => ({
          ...{ status: words.status(status), count: counts.get(status) ?? 0 },
        })),
        total_voice_calls: [...counts.values()].reduce((sum, count) => sum + count, 0),
        start_date: query.start_date ?? null,
        end_date: query.end_date ?? null,
      })
    },
  })
