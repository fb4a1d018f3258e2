import { callIdIn, type HttpMethod, type Route, route } from '../../dialect.ts'
import { conferenceIdSchema } from './conference-schema.ts'
import { conferenceId } from './conference-values.ts'
import { base } from './conferences.ts'
import {
  newParticipantSchema,
  participantChangeSchema,
  participantIdSchema,
  participantListSchema,
  participantSchema,
} from './participant-schema.ts'
import {
  memberId,
  readJoining,
  readParticipantChange,
  renderParticipant,
} from './participant-values.ts'

const path = `${base}/:conference_id/participants`
const tag = 'Conferences'
const notThere = { says: 'There is no such conference, or no such member in it' }
const over = { says: 'The conference is over (conference_ended)' }

const list = route({
  method: 'GET',
  path,
  params: conferenceIdSchema,
  operation: {
    id: 'listConferenceParticipants',
    tag,
    summary: 'List Conference Participants',
    description: 'Those who are there now or on their way; of one that is over, nobody.',
    replies: {
      200: { says: 'List of participants', schema: participantListSchema },
      404: { says: 'There is no such conference' },
    },
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const members = await conferences.participants(account.id, id)
    return { status: 200, body: { participants: members.map(renderParticipant) } }
  },
})

const add = route({
  method: 'POST',
  makesCall: true,
  path,
  params: conferenceIdSchema,
  body: newParticipantSchema,
  operation: {
    id: 'addConferenceParticipant',
    tag,
    summary: 'Add Conference Participant',
    description:
      'Calls somebody into the conference (to, from), or brings a call that is up (call_id). Answers when the call has begun; the events tell the rest.',
    replies: {
      201: { says: 'Participant added', schema: participantSchema },
      400: { says: 'Nobody can be called by that name or number; or `from` is not yours' },
      404: { says: 'There is no such conference, call or member' },
      409: {
        says: 'The conference is over (conference_ended), full (conference_full) or locked (conference_locked); or the call is not answered (call_not_answered) or over (call_ended)',
      },
    },
  },
  async run({ account, params, body, idempotency }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const joining = readJoining(body)
    const member = await (joining.is === 'new'
      ? conferences.invite(account, id, { ...joining.wanted, ...callIdIn(idempotency) })
      : conferences.bring(account.id, id, joining.callId, joining.options))
    return {
      status: 201,
      headers: { location: `${base}/${id}/participants/${member.callId}` },
      body: renderParticipant(member),
    }
  },
})

const get = route({
  method: 'GET',
  path: `${path}/:call_id`,
  params: participantIdSchema,
  operation: {
    id: 'getConferenceParticipant',
    tag,
    summary: 'Get a member of a conference',
    replies: { 200: { says: 'The member', schema: participantSchema }, 404: notThere },
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    const member = await conferences.participant(account.id, id, memberId(params.call_id))
    return { status: 200, body: renderParticipant(member) }
  },
})

/** POST as for calls, and PATCH for those who expect it. */
const update = (method: HttpMethod, id: string) =>
  route({
    method,
    path: `${path}/:call_id`,
    params: participantIdSchema,
    body: participantChangeSchema,
    operation: {
      id,
      tag,
      summary: 'Mute a member, hold him, make him a coach, ...',
      description: 'Fields that are not given stay; null takes one away.',
      replies: {
        200: { says: 'Member changed', schema: participantSchema },
        400: { says: 'Nothing to change, or coaching together with private_with' },
        404: notThere,
        409: over,
      },
    },
    async run({ account, params, body }, { conferences }) {
      const conference = conferenceId(params.conference_id)
      const member = memberId(params.call_id)
      const options = readParticipantChange(body)
      const changed = await conferences.changeParticipant(account.id, conference, member, options)
      return { status: 200, body: renderParticipant(changed) }
    },
  })

const kick = route({
  method: 'DELETE',
  path: `${path}/:call_id`,
  params: participantIdSchema,
  operation: {
    id: 'removeConferenceParticipant',
    tag,
    summary: 'Hang a member up',
    replies: { 204: { says: 'He is gone' }, 404: notThere, 409: over },
  },
  async run({ account, params }, { conferences }) {
    const id = conferenceId(params.conference_id)
    await conferences.kick(account.id, id, memberId(params.call_id))
    return { status: 204 }
  },
})

export const conferenceParticipantRoutes: readonly Route[] = [
  list,
  add,
  get,
  update('POST', 'updateConferenceParticipant'),
  update('PATCH', 'patchConferenceParticipant'),
  kick,
]
