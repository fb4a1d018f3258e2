import { type Static, Type } from 'typebox'
import type { Mutable } from '../../../app/actions/mute.ts'
import type { RecordControl } from '../../../app/actions/record-control.ts'
import { readVerbs } from '../../../app/verb-document.ts'
import { fromDocument } from '../../../app/verb-names.ts'
import { verbsSchema } from '../../../app/verb-schema.ts'
import { Failure } from '../../../core/failures.ts'
import { type Route, route } from '../../dialect.ts'
import type { Services } from '../../services.ts'
import {
  bridgeSchema,
  digitsSchema,
  listenSchema,
  muteSchema,
  playbackSchema,
  playSchema,
  readCallSound,
  recordingControlSchema,
  stopSchema,
  whisperSchema,
} from './action-schema.ts'
import { askingSchemas, readAsking } from './asking.ts'
import { callIdSchema, callSchema, methodSchema, recordedCallSchema } from './call-schema.ts'
import { callId } from './calls.ts'
import { renderCall } from './render-call.ts'

const base = '/v1/voice/calls/:call_id'
const tag = 'Live actions'

const conflicts = {
  404: { says: 'Call not found' },
  409: { says: 'The call is not answered yet (call_not_answered) or is over (call_ended)' },
}
const busy = {
  says: 'Not answered yet (call_not_answered), over (call_ended), or being transferred (call_busy)',
}
const theCall = (says: string) => ({ says, schema: callSchema })

type Call = Parameters<typeof renderCall>[0]
const shown = (status: number, call: Call, { recordingUrl }: Services) => ({
  status,
  body: renderCall(call, recordingUrl),
})

const muteRoute = (verb: 'mute' | 'unmute', summary: string, description: string) =>
  route({
    method: 'POST',
    forTestKeys: true,
    path: `${base}/${verb}`,
    params: callIdSchema,
    body: muteSchema,
    bodyIsOptional: true,
    operation: {
      ...{ id: `${verb}Call`, tag, summary, description },
      replies: { 200: theCall('It is so'), ...conflicts },
    },
    async run({ account, params, body }, services) {
      const what: Mutable = body.what ?? 'says'
      const id = callId(params.call_id)
      const call = await services.actions.mute(account.id, id, what, verb === 'mute')
      return shown(200, call, services)
    },
  })

const mute = muteRoute(
  'mute',
  'Mute a call',
  'Whomever it talks to, and its recordings, do not hear its phone; or its phone does not hear them; keys go on. It stays so until unmute, out of one conversation into the next. What is so already stays. Events call.muted and call.unmuted.',
)
const unmute = muteRoute('unmute', 'End the mute of a call', 'As for mute.')

const begun = {
  201: { says: 'It is heard, or waits for its turn', schema: playbackSchema },
  400: { says: 'No audio that can be played, or not reachable; the message says which' },
  404: { says: 'Call not found' },
  409: { says: 'Not answered, over, or with `both` it talks to nobody (not_bridged)' },
  429: { says: '20 sounds wait already (limit_reached)' },
  503: { says: 'There is no speech program (speech_unavailable)' },
}

const play = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/play`,
  params: callIdSchema,
  body: playSchema,
  operation: {
    id: 'playToCall',
    tag,
    summary: 'Play or say something to a call',
    description:
      "Begins it. The call's phone alone hears it, whomever it talks to does not, unless `both`. It ends what the call's program plays just now, which goes on with its next verb; with `over` it does not. To be connected to somebody ends it, but not what is played `over`. Events playback.started, and playback.ended with its reason: finished, stopped, replaced or failed.",
    replies: begun,
  },
  async run({ account, params, body }, { actions }) {
    const id = await actions.play(account.id, callId(params.call_id), readCallSound(body))
    return { status: 201, body: { playback_id: id } }
  },
})

const whisper = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/whisper`,
  params: callIdSchema,
  body: whisperSchema,
  operation: {
    id: 'whisperToCall',
    tag,
    summary: 'Say something to one side of a conversation',
    description:
      "Over the conversation, which goes on: the call's phone hears both, the other side hears nothing of it. The same as play with `over`.",
    replies: begun,
  },
  async run({ account, params, body }, { actions }) {
    const sound = { ...readCallSound(body), over: true }
    const id = await actions.play(account.id, callId(params.call_id), sound)
    return { status: 201, body: { playback_id: id } }
  },
})

const stop = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/stop`,
  params: callIdSchema,
  body: stopSchema,
  bodyIsOptional: true,
  operation: {
    id: 'stopPlayingToCall',
    tag,
    summary: 'Stop what is played to a call',
    description:
      'All that was to be played to it, or one playback, on the other side too. Where no action plays anything it ends the sound of its program. Music on hold goes on.',
    replies: {
      204: { says: 'Nothing (of that) is played' },
      404: { says: 'Call not found, or nothing of that playback_id is played' },
      409: conflicts[409],
    },
  },
  async run({ account, params, body }, { actions }) {
    const { playback_id } = body
    await actions.stop(
      account.id,
      callId(params.call_id),
      ...(playback_id === undefined ? [] : [playback_id]),
    )
    return { status: 204 }
  },
})

const digits = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/digits`,
  params: callIdSchema,
  body: digitsSchema,
  operation: {
    id: 'sendDigitsToCall',
    tag,
    summary: 'Press keys for the phone of a call',
    description:
      'Begins it; the event digits.sent tells when all are sent, and how many, but not which. Nothing else is heard meanwhile.',
    replies: { 202: theCall('The keys are being sent'), ...conflicts },
  },
  async run({ account, params, body }, services) {
    const id = callId(params.call_id)
    const call = await services.actions.sendDigits(account.id, id, body.digits)
    return shown(202, call, services)
  },
})

const redirectSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2048, description: 'Answers the next verbs' }),
    ),
    method: Type.Optional(methodSchema),
    ...askingSchemas,
    verbs: Type.Optional(verbsSchema),
  },
  {
    ...{ additionalProperties: false, 'x-name': 'RedirectCall' },
    examples: [{ verbs: [{ verb: 'say', text: 'Goodbye.' }] }],
  },
)

function redirectOf({ url, method, verbs, ...asking }: Static<typeof redirectSchema>) {
  if ((url === undefined) === (verbs === undefined)) {
    const code = url === undefined ? 'missing_parameter' : 'invalid_request'
    throw new Failure(code, 'Give either url or verbs', 'url')
  }
  if (url !== undefined) return { url, method: method ?? ('POST' as const), ...readAsking(asking) }
  const [field] = Object.keys({ ...(method && { method }), ...asking })
  if (field === undefined) return { verbs: readVerbs(verbs) }
  throw new Failure('invalid_request', `${field} goes with url`, field)
}

const redirect = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/redirect`,
  params: callIdSchema,
  body: redirectSchema,
  operation: {
    id: 'redirectCall',
    tag,
    summary: 'Send a call to other instructions',
    description:
      'At once, out of whatever it does: a gather, a conversation (whoever it talked to goes on as after its end), a conference, a slot. A call that rings here and is not answered does what they say instead; one that rings there does when it is answered.',
    replies: {
      200: theCall('It does what the instructions say'),
      400: { says: 'The address may not be used, or the verbs are not as documented' },
      404: { says: 'Call not found' },
      409: {
        says: 'Over (call_ended); being transferred, or dialled by another call that waits for it (call_busy)',
      },
    },
  },
  async run({ account, params, body }, services) {
    const to = redirectOf(body)
    const call = await services.actions.redirect(account.id, callId(params.call_id), to)
    return shown(200, call, services)
  },
})

const bridge = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/bridge`,
  params: callIdSchema,
  body: bridgeSchema,
  operation: {
    id: 'bridgeCalls',
    tag,
    summary: 'Connect two calls',
    description:
      'Any two of yours that are up, out of whatever each of them does: a program, a conversation (whoever is left goes on as after its end), a conference, a slot. The end of one is the end of both. Of two such requests at once for one call the later one has it. Events bridge.started and bridge.ended in both logs.',
    replies: {
      200: theCall('They talk'),
      400: { says: 'It is the same call' },
      404: { says: 'Call not found' },
      409: busy,
    },
  },
  async run({ account, params, body }, services) {
    const other = callId(body.call_id)
    const call = await services.actions.bridge(account.id, callId(params.call_id), other)
    return shown(200, call, services)
  },
})

const unbridge = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/unbridge`,
  params: callIdSchema,
  operation: {
    id: 'unbridgeCall',
    tag,
    summary: 'Part two calls that talk',
    description:
      'Neither is hung up: one whose program dialled the other goes on with its next verb, any other waits in silence, an hour at most, for what it is told to do.',
    replies: {
      200: theCall('They do not talk any more'),
      404: { says: 'Call not found' },
      409: { says: `${busy.says}; or it talks to nobody (not_bridged)` },
    },
  },
  async run({ account, params }, services) {
    return shown(200, await services.actions.unbridge(account.id, callId(params.call_id)), services)
  },
})

const record = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/recording`,
  params: callIdSchema,
  body: recordingControlSchema,
  operation: {
    id: 'controlCallRecording',
    tag,
    summary: 'Record a call, or pause, mask and end its recording',
    description:
      'While it is paused the file waits, and is shorter for it; while it is masked (a card number is read out) it goes on with silence or a tone. What is so already stays. Without `recording_id` and `of` that is so of all recordings of the call that run, those of its leg too. Where a recording did not hear is in its `spans`, and told. Events recording.started, .paused with `mode`, .resumed and .completed.',
    replies: {
      200: { says: 'It is so', schema: recordedCallSchema },
      404: { says: 'Call not found' },
      409: {
        says: 'Not answered, over, recorded already (already_exists), or not recorded (not_recording)',
      },
      502: { says: 'The recording could not be begun (call_failed)' },
      507: { says: 'The disk of the recordings is nearly full (disk_low)' },
    },
  },
  async run({ account, params, body }, services) {
    const id = callId(params.call_id)
    const control = fromDocument('record', body) as unknown as RecordControl
    const { call, recordingIds } = await services.actions.record(account.id, id, control)
    const rendered = renderCall(call, services.recordingUrl)
    return { status: 200, body: { ...rendered, recording_ids: recordingIds } }
  },
})

const listen = route({
  method: 'POST',
  forTestKeys: true,
  path: `${base}/listen`,
  params: callIdSchema,
  body: listenSchema,
  operation: {
    id: 'listenToCall',
    tag,
    summary: 'Listen to a call, whisper to its phone, or barge in',
    description:
      'Calls a supervisor, who hears the call and whomever it talks to from his answer on, until he hangs up or the call ends. A call that talks to nobody is heard without what its program plays. In a conference he is a muted member, a coach or a member. The events call.listened (with `by`, `listener`, `mode`) and call.unlistened of the call tell of him. Whether those who talk have to be told is a matter of law: `beep` tells them, and `listen_notice` of the account does whatever is asked here.',
    replies: {
      201: theCall("The supervisor's call"),
      404: { says: 'Call not found' },
      409: conflicts[409],
    },
  },
  async run({ account, params, body }, services) {
    const { to, mode = 'listen', beep = false } = body
    const id = callId(params.call_id)
    return shown(201, await services.actions.listen(account, id, { to, mode, beep }), services)
  },
})

export const callActionRoutes: readonly Route[] = [
  ...[mute, unmute, play, whisper, stop, digits, redirect, bridge, unbridge, record, listen],
]
