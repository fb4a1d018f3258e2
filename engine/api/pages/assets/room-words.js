/** What things are called on the pages of conferences. Pure, so that it can be tested without a browser. */
export const roomWords = { init: 'Not begun', 'in-progress': 'Live', completed: 'Over' }
export const roomTones = { init: 'wait', 'in-progress': 'good', completed: '' }

export const endWords = {
  last_member_left: 'The last member has left.',
  moderator_left: 'The moderator has left.',
  api: 'It was ended by the API or by this page.',
  max_duration: 'It was as long as it might be.',
  never_begun: 'Nobody came.',
  process_restarted: 'The engine was started again.',
  media_error: 'The audio of the engine failed.',
}

const uuid = /^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A room without a name is called by its id, of which the beginning does. */
export const roomName = (name) => name.replace(uuid, 'Room $1') || 'Conference'

const recordingChips = {
  running: ['● Recording', 'bad'],
  paused: ['Recording paused', 'wait'],
  masked: ['Recording masked', 'wait'],
}

/** What is to be said beside the name of a room, each with the tone of its chip. */
export function roomChips(room) {
  const { status, recording_id, recording_mode, record, locked, has_pin, has_moderator_pin } = room
  const chips = [[roomWords[status] ?? status, roomTones[status] ?? '']]
  if (status === 'completed') return chips
  const isLive = status === 'in-progress'
  if (isLive && recording_id !== null) chips.push(recordingChips[recording_mode ?? 'running'])
  else if (recording_id !== null || (record && !isLive)) chips.push(['Will be recorded', 'later'])
  if (locked) chips.push(['Locked', 'wait'])
  if (has_pin) chips.push(['PIN', ''])
  if (has_moderator_pin) chips.push(['Moderator PIN', ''])
  return chips
}

const outcomes = {
  __proto__: null,
  busy: 'is busy',
  'no-answer': 'does not answer',
  canceled: 'is not called any more',
  completed: 'answered, but has not come in',
}

/** What came of calling somebody who is not there. */
export const outcomeOf = (name, status) => `${name} ${outcomes[status] ?? 'could not be reached'}`

/** What a button for all would do: mutes everybody but moderators; when all are muted it ends that. */
export function muteAll(members) {
  const meant = [...members].filter(({ status, moderator }) => status === 'connected' && !moderator)
  const muted = meant.length === 0 || meant.some((member) => !member.muted)
  return { muted, callIds: meant.filter((member) => member.muted !== muted).map(idOf) }
}

const idOf = ({ call_id }) => call_id
