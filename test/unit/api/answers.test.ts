/** Real answers are what the OpenAPI documents say: one good answer at least for each operation. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dialect } from '../../../engine/api/dialect.ts'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { renderCallId } from '../../../engine/api/dialects/telephony/call-id.ts'
import { telephony } from '../../../engine/api/dialects/telephony/index.ts'
import {
  boxIdOf,
  type CallId,
  type DeviceId,
  type RecordingId,
  type VoicemailId,
} from '../../../engine/core/ids.ts'
import { answerFaults } from '../../support/answer-check.ts'
import { leftVoicemail } from '../../support/left-voicemail.ts'
import { actionSteps } from './action-steps.ts'
import { type ApiLab, apiLab, callRecord, key, ours, startMs, theirs } from './api-lab.ts'
import { moneySteps } from './money-steps.ts'
import { promptSteps } from './prompt-steps.ts'
import { queueSteps, queueWith } from './queue-steps.ts'
import { voicemailSteps } from './voicemail-steps.ts'
import { triggerWebhookSteps, webhookSteps } from './webhook-steps.ts'

const callId = '11111111-2222-4333-8444-555555555555' as CallId
const dialedId = '22222222-2222-4333-8444-555555555555' as CallId
const freshId = '33333333-2222-4333-8444-555555555555' as CallId
const deviceCallId = '77777777-2222-4333-8444-555555555555' as CallId
const waitingId = '88888888-2222-4333-8444-555555555555' as CallId
const recordingId = '44444444-2222-4333-8444-555555555555' as RecordingId

const deviceId = '55555555-2222-4333-8444-555555555555' as DeviceId
const voicemailId = '66666666-2222-4333-8444-555555555555' as VoicemailId
const voicemailPath = `/v1/voice/devices/hall/voicemails/${voicemailId}`

let lab: ApiLab
let folder: string
/** Ids of what is there before the first step, by the names that steps have for them. */
const given = new Map<string, string>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-answers-'))
  await writeFile(join(folder, 'a.wav'), Buffer.alloc(100))
  await writeFile(join(folder, 'b.wav'), Buffer.alloc(100))
  lab = await apiLab({ limits: { requestsPerSecond: 1e9 } })
  await fill()
})
afterAll(async () => {
  await lab.close()
  await rm(folder, { recursive: true })
})

/** A call that went well, recorded, with the one that it dialed; and one that has only begun. */
async function fill(): Promise<void> {
  const times = { startedAtMs: startMs, answeredAtMs: startMs, endedAtMs: startMs + 60_000 }
  const ended = { ...times, status: 'completed', endReason: 'hangup:remote' } as const
  const trigger = {
    leadPhone: '+61498765432',
    leadName: 'Sarah Johnson',
    source: 'Zillow',
    metadata: { propertyId: 'PROP-12345' },
    connectedAtMs: startMs,
    failure: null,
    creditsUsedMicro: 100_000,
  }
  await lab.put(callRecord({ ...ended, id: callId, trigger, recordingId }), [
    { type: 'call.completed', callId, atMs: startMs, data: { endReason: 'hangup:remote' } },
  ])
  await lab.put(callRecord({ ...ended, id: dialedId, parentId: callId, direction: 'outbound' }))
  await lab.put(callRecord({ id: freshId }))
  await lab.store.devices.insert({
    ...{ id: deviceId, accountId: ours.id, username: 'hall', name: 'Hall', ha1Md5: '' },
    ...{ ha1Sha256: '', createdAtMs: startMs },
  })
  await leftVoicemail(lab.store, ours.id, deviceId, {
    ...{ id: voicemailId, path: join(folder, 'b.wav'), from: '+61498765432', atMs: startMs },
    durationMs: 4_000,
  })
  await lab.put(callRecord({ ...ended, id: deviceCallId, deviceId, direction: 'outbound' }))
  await lab.store.recordings.save({
    ...{ id: recordingId, accountId: ours.id, callId, status: 'completed', failure: null },
    ...{ path: join(folder, 'a.wav'), channels: 2, durationMs: 1_499, bytes: 100 },
    createdAtMs: startMs,
  })
  given.set(
    'queue',
    await queueWith(lab, await lab.put(callRecord({ id: waitingId, direction: 'inbound' }))),
  )
}

/** `<id>` stands for the id in the answer before it that has one, `<operation>` for that of its answer. */
type Step = readonly [operation: string, request: string, body?: object]

const conference = '/v1/voice/conferences/<id>'
const member = `${conference}/participants/${freshId}`
const conferenceSteps: readonly Step[] = [
  ['createConference', 'POST /v1/voice/conferences', { friendly_name: 'Monday', pin: '4711' }],
  ['listConferences', 'GET /v1/voice/conferences'],
  ['getConference', `GET ${conference}`],
  ['updateConference', `POST ${conference}`, { locked: true }],
  ['patchConference', `PATCH ${conference}`, { locked: false }],
  ['getConferenceEvents', `GET ${conference}/events`],
  ['addConferenceParticipant', `POST ${conference}/participants`, { call_id: freshId }],
  ['listConferenceParticipants', `GET ${conference}/participants`],
  ['getConferenceParticipant', `GET ${member}`],
  ['updateConferenceParticipant', `POST ${member}`, { muted: true }],
  ['patchConferenceParticipant', `PATCH ${member}`, { label: 'Ann' }],
  ['playToConference', `POST ${conference}/play`, { text: 'hello' }],
  ['stopPlayingToConference', `DELETE ${conference}/play`],
  ['startConferenceRecording', `POST ${conference}/recording`],
  ['updateConferenceRecording', `PATCH ${conference}/recording`, { action: 'pause' }],
  ['stopConferenceRecording', `DELETE ${conference}/recording`],
  ['startConferenceParticipantRecording', `POST ${member}/recording`],
  ['updateConferenceParticipantRecording', `PATCH ${member}/recording`, { action: 'mask' }],
  ['stopConferenceParticipantRecording', `DELETE ${member}/recording`],
  ['removeConferenceParticipant', `DELETE ${member}`],
  ['endConference', `DELETE ${conference}`],
]

const theirAccount = `/v1/voice/accounts/${theirs.id}`
const accountSteps: readonly Step[] = [
  ['createAccount', 'POST /v1/voice/accounts', { name: 'Harbour' }],
  ['listAccounts', 'GET /v1/voice/accounts'],
  ['getAccount', `GET ${theirAccount}`],
  ['updateAccount', `PATCH ${theirAccount}`, { requests_per_second: 50 }],
  ['getAccountLimits', `GET ${theirAccount}/limits`],
  ['setAccountLimits', `PUT ${theirAccount}/limits`, { max_calls: 5 }],
  ['createAccountKey', `POST ${theirAccount}/keys`, { name: 'again' }],
  ['closeAccount', `DELETE ${theirAccount}`],
  ['getOwnAccount', 'GET /v1/voice/account'],
  ['updateOwnAccount', 'PATCH /v1/voice/account', { record_trigger_calls: true }],
  ['createKey', 'POST /v1/voice/keys', { name: 'reports', scopes: ['read'] }],
  ['getKey', 'GET /v1/voice/keys/<id>'],
  ['updateKey', 'PATCH /v1/voice/keys/<id>', { scopes: ['read', 'calls'] }],
  ['revokeKey', 'DELETE /v1/voice/keys/<id>'],
  ['listKeys', 'GET /v1/voice/keys'],
  ['createSession', 'POST /v1/voice/sessions', { key }],
  ['endSession', 'DELETE /v1/voice/sessions'],
]

const verbs = [{ verb: 'hangup' }]
const recordings = ['/v1/voice/recordings', '/v1/recordings/recordings', '/v1/recordings']
const suffixes = ['', 'Sibling', 'Short']
const steps: readonly (readonly [Dialect, readonly Step[]])[] = [
  [
    telefonie,
    [
      ['listCalls', 'GET /v1/voice/calls?page_size=10'],
      ['getCall', `GET /v1/voice/calls/${callId}`],
      ['initiateCall', 'POST /v1/voice/calls', { to: '+61412345678', from: '+15005550000', verbs }],
      ['getCall', 'GET /v1/voice/calls/<id>'],
      ['holdCall', 'POST /v1/voice/calls/<id>/hold'],
      ['unholdCall', 'POST /v1/voice/calls/<id>/unhold'],
      ['transferCall', 'POST /v1/voice/calls/<id>/transfer', { to: '1001' }],
      ['updateCall', 'POST /v1/voice/calls/<id>', { url: 'https://app.example/go' }],
      ['getCallTimeline', `GET /v1/voice/calls/${callId}/events`],
      ['getCallQuality', `GET /v1/voice/calls/${callId}/quality`],
      ['getCallSip', `GET /v1/voice/calls/${callId}/sip`],
      ['endCall', 'DELETE /v1/voice/calls/<id>'],
      ...recordings.flatMap((base, n): Step[] => [
        [`listRecordings${suffixes[n]}`, `GET ${base}`],
        [`getRecording${suffixes[n]}`, `GET ${base}/${recordingId}`],
        [`getRecordingMedia${suffixes[n]}`, `GET ${base}/${recordingId}/media`],
      ]),
      ['getRecordingPeaks', `GET /v1/voice/recordings/${recordingId}/peaks?buckets=10`],
      ['getRecordingMarks', `GET /v1/voice/recordings/${recordingId}/marks`],
      ['createTranscription', `POST /v1/voice/recordings/${recordingId}/transcription`],
      ['listVoices', 'GET /v1/voice/voices?language=en'],
      ['getVoiceSample', 'GET /v1/voice/voices/lab%3Aann/sample'],
      ['createRecordingLink', `POST /v1/voice/recordings/${recordingId}/links`, { ttl: 60 }],
      ['getRecordingLinkSettings', 'GET /v1/voice/recording-links'],
      ['updateRecordingLinkSettings', 'PATCH /v1/voice/recording-links', { webhook_ttl: 60 }],
      ['revokeRecordingLinks', 'DELETE /v1/voice/recording-links'],
      ['setRecordingSettings', 'PUT /v1/voice/recording-settings', { retention_days: 9 }],
      ['updateRecordingSettings', 'PATCH /v1/voice/recording-settings', { retention_days: 8 }],
      ['getRecordingSettings', 'GET /v1/voice/recording-settings'],
      ['updateRecording', `PATCH /v1/voice/recordings/${recordingId}`, { hold: false }],
      ['listDeviceContacts', 'GET /v1/voice/devices/hall/contacts'],
      ['listDeviceCalls', 'GET /v1/voice/devices/hall/calls'],
      ...voicemailSteps(boxIdOf(deviceId), voicemailId),
      ['listDeviceVoicemails', 'GET /v1/voice/devices/hall/voicemails'],
      ['getDeviceVoicemailAudio', `GET ${voicemailPath}/audio`],
      ['updateDeviceVoicemail', `PATCH ${voicemailPath}`, { heard: true }],
      ['deleteDeviceVoicemail', `DELETE ${voicemailPath}`],
      ['createDevice', 'POST /v1/voice/devices', { username: 'desk', name: 'Front desk' }],
      ['getDevice', 'GET /v1/voice/devices/<id>'],
      ['setDeviceMessages', 'PUT /v1/voice/devices/<id>/messages', { new: 1, old: 2 }],
      ['getDeviceMessages', 'GET /v1/voice/devices/<id>/messages'],
      ['renewDevicePassword', 'POST /v1/voice/devices/<id>/password', {}],
      ['createDeviceToken', 'POST /v1/voice/devices/<id>/tokens', { ttl: 600 }],
      ['createTakeover', 'POST /v1/voice/devices/<id>/takeovers', { call_id: freshId }],
      ['sendMessage', 'POST /v1/voice/messages', { to: 'desk', text: 'hello' }],
      ['listDevices', 'GET /v1/voice/devices'],
      ['patchDevice', 'PATCH /v1/voice/devices/<id>', { srtp: 'off' }],
      ['deleteDevice', 'DELETE /v1/voice/devices/<id>'],
      ['createNumber', 'POST /v1/voice/numbers', { number: '+61255550123', route: { verbs } }],
      ['getNumber', 'GET /v1/voice/numbers/<id>'],
      ['updateNumber', 'POST /v1/voice/numbers/<id>', { route: { number: '+61412345678' } }],
      ['patchNumber', 'PATCH /v1/voice/numbers/<id>', { route: { url: 'https://app.example' } }],
      ['listNumbers', 'GET /v1/voice/numbers'],
      ['deleteNumber', 'DELETE /v1/voice/numbers/<id>'],
      ['createTrunk', 'POST /v1/voice/trunks', { name: 'carrier', host: 'sip.example.net' }],
      ['getTrunk', 'GET /v1/voice/trunks/<id>'],
      ['updateTrunk', 'POST /v1/voice/trunks/<id>', { username: 'us', password: 'secret' }],
      ['patchTrunk', 'PATCH /v1/voice/trunks/<id>', { prefixes: ['+61'] }],
      ['listTrunks', 'GET /v1/voice/trunks'],
      ['explainRoute', 'POST /v1/voice/routes/explain', { to: '+61412345678' }],
      ['listEvents', 'GET /v1/voice/events?after=0&page_size=10'],
      ['deleteTrunk', 'DELETE /v1/voice/trunks/<id>'],
      ['setLimits', 'PUT /v1/voice/limits', { max_calls: 20, denied_prefixes: ['+1900'] }],
      ['getLimits', 'GET /v1/voice/limits'],
      [
        'beginAnnouncement',
        'POST /v1/voice/announcements',
        { source: 'microphone', call_id: freshId },
      ],
      ['getAnnouncement', 'GET /v1/voice/announcements/<id>'],
      ['endAnnouncement', 'DELETE /v1/voice/announcements/<id>'],
      ...accountSteps,
      ...conferenceSteps,
      ...actionSteps(freshId, callId),
      ...moneySteps,
      ...queueSteps,
      ...promptSteps,
      ...webhookSteps,
      ['listBans', 'GET /v1/voice/bans'],
      ['liftBan', 'DELETE /v1/voice/bans/203.0.113.9'],
    ],
  ],
  [
    telephony,
    [
      [
        'triggerCall',
        'POST /api/voice/trigger-call',
        { agentPhone: '+61412345678', leadPhone: '+61498765432', leadName: 'Sarah Johnson' },
      ],
      ['getTriggeredCall', `GET /api/voice/calls/${renderCallId(callId)}`],
      ['getTriggeredCall', `GET /api/voice/calls/${renderCallId(freshId)}`],
      ['getCreditBalance', 'GET /api/account/balance'],
      ...triggerWebhookSteps,
    ],
  ],
]

/** Of what was made, or is told of. */
function idIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { id, delivery_id, webhook } = body as { [name: string]: unknown }
  if (webhook !== undefined) return idIn(webhook)
  const found = id ?? delivery_id
  return found === undefined ? undefined : String(found)
}

/** There is one recording, so of the three ways to delete it each needs one of its own. */
const deletions = suffixes.map((suffix) => `deleteRecording${suffix}`)
/** Its answer has no end (device-feed.test.ts). */
const endless = 'followDevice'

describe.each(steps.map(([dialect, list]) => ({ id: dialect.id, dialect, list })))(
  '$id',
  ({ dialect, list }) => {
    test('no operation is left out', () => {
      const all = new Set(dialect.routes.map(({ operation }) => operation.id))
      const asked = new Set(list.map(([operation]) => operation))
      if (dialect === telefonie) for (const one of [...deletions, endless]) asked.add(one)
      expect(asked).toEqual(all)
    })

    test('good answers are as documented', async () => {
      const ids = new Map(given)
      for (const [operation, request, body] of list) {
        // No more than an account may ask in a second.
        lab.time.nowMs += 100
        const filled = request.replace(/<(\w+)>/g, (_, of) => ids.get(of) ?? 'unknown')
        const [method, url = ''] = filled.split(' ')
        const asked = { method: method as 'GET', url }
        const answer = await lab.ask({ ...asked, ...(body && { payload: body }) })
        const faults = answerFaults(dialect, asked, answer)
        const refusal = answer.status < 300 ? undefined : answer.body
        expect({ operation, refusal, faults }).toEqual({
          operation,
          refusal: undefined,
          faults: [],
        })
        const id = idIn(answer.body)
        if (id !== undefined) for (const name of ['id', operation]) ids.set(name, id)
      }
    })

    test('refusals are as documented', async () => {
      for (const [operation, request, body] of list) {
        // Its key stands in the body.
        if (operation === 'createSession') continue
        const [method, url = ''] = request.replace(/<\w+>/g, 'none').split(' ')
        const asked = { method: method as 'GET', url }
        const headers = { 'x-api-key': 'sk_test_nobody' }
        const answer = await lab.ask({ ...asked, headers, ...(body && { payload: body }) })
        expect([request, answer.status]).toEqual([request, 401])
        expect([request, answerFaults(dialect, asked, answer)]).toEqual([request, []])
      }
    })
  },
)

test.each(recordings)('DELETE %s/{recording_id}', async (base) => {
  const recording = await lab.store.recordings.get(ours.id, recordingId)
  if (!recording) throw new Error('there is no recording')
  const path = join(folder, 'b.wav')
  await writeFile(path, '')
  const id = '55555555-2222-4333-8444-555555555555' as RecordingId
  await lab.store.recordings.save({ ...recording, id, path })
  const asked = { method: 'DELETE', url: `${base}/${id}` } as const
  const answer = await lab.ask(asked)
  expect([answer.status, answerFaults(telefonie, asked, answer)]).toEqual([204, []])
})

describe('what is not documented is a fault', () => {
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  const url = `/v1/voice/calls/${callId}`
  const good = async () => (await lab.ask({ url })).body as Record<string, unknown>

  test('nothing is wrong with a good one', async () => {
    expect(answerFaults(telefonie, { url }, { status: 200, headers, body: await good() })).toEqual(
      [],
    )
  })

  test.each<[string, object, object, string]>([
    ['another status', { status: 202 }, {}, '202'],
    ['another type of content', { headers: { 'content-type': 'text/html' } }, {}, 'text/html'],
    ['a field of another type', {}, { duration: 'long' }, '/duration'],
    ['a word that is not listed', {}, { status: 'over' }, '/status'],
    ['a time that is none', {}, { created_at: 'yesterday' }, '/created_at'],
    ['a field that is missing', {}, { from: undefined }, 'from'],
    ['a field that nobody wrote down', {}, { colour: 'red' }, 'additional'],
  ])('%s', async (_what, answer, fields, says) => {
    const body = JSON.parse(JSON.stringify({ ...(await good()), ...fields }))
    const faults = answerFaults(telefonie, { url }, { status: 200, headers, body, ...answer })
    expect(faults.join('\n')).toContain(says)
  })

  test('a route that is not there, and a body where there is none', () => {
    const answer = { status: 204, headers, body: {} }
    expect(answerFaults(telefonie, { method: 'DELETE', url }, answer)).toEqual([
      'a body, where none is documented',
    ])
    expect(answerFaults(telefonie, { url: '/v1/voice' }, answer)).toEqual([
      'no route for GET /v1/voice',
    ])
  })
})
