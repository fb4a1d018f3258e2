import type { CallId } from '../../../engine/core/ids.ts'

/** One good answer of each live action, of two calls. */
export const actionSteps = (id: CallId, other: CallId): [string, string, object?][] => [
  ['muteCall', `POST /v1/voice/calls/${id}/mute`, { what: 'both' }],
  ['unmuteCall', `POST /v1/voice/calls/${id}/unmute`],
  ['playToCall', `POST /v1/voice/calls/${id}/play`, { text: 'Hello', both: true }],
  ['whisperToCall', `POST /v1/voice/calls/${id}/whisper`, { text: 'Hello' }],
  ['stopPlayingToCall', `POST /v1/voice/calls/${id}/stop`],
  ['sendDigitsToCall', `POST /v1/voice/calls/${id}/digits`, { digits: '12#' }],
  ['redirectCall', `POST /v1/voice/calls/${id}/redirect`, { verbs: [{ verb: 'hangup' }] }],
  ['bridgeCalls', `POST /v1/voice/calls/${id}/bridge`, { call_id: other }],
  ['unbridgeCall', `POST /v1/voice/calls/${id}/unbridge`],
  ['controlCallRecording', `POST /v1/voice/calls/${id}/recording`, { action: 'start' }],
  ['listenToCall', `POST /v1/voice/calls/${id}/listen`, { to: '1003' }],
  [
    'startCallStream',
    `POST /v1/voice/calls/${id}/streams`,
    { url: 'wss://bot.example', name: 'a' },
  ],
  ['listCallStreams', `GET /v1/voice/calls/${id}/streams`],
  ['getCallStream', `GET /v1/voice/calls/${id}/streams/a`],
  ['stopCallStream', `DELETE /v1/voice/calls/${id}/streams/a`],
  ['parkCall', `POST /v1/voice/calls/${id}/park`, { slot: 'a' }],
  ['listParkedCalls', 'GET /v1/voice/parked'],
  ['pickUpSlot', 'POST /v1/voice/parked/a/pickup', { call_id: other }],
  ['pickUpCall', `POST /v1/voice/calls/${id}/pickup`, { to: '1003' }],
]
