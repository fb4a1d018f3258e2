import { ApiSocket } from './api-socket.js'
import { byId, element } from './dom.js'
import { when } from './format.js'
import { askForKey, askJson, forgetKey, savedKey } from './key.js'
import { MemberDialog } from './room-member.js'
import { nameOf, RoomModel } from './room-model.js'
import { showRecordings } from './room-recordings.js'
import { RoomTiles } from './room-tiles.js'

const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const params = { conference_id: id }
const model = new RoomModel()
const tiles = new RoomTiles(byId('members'), model, (what, callId) => void actOn(what, callId))
const dialog = new MemberDialog(model, (callId, name, parts) =>
  socket.ask(name, { params: paramsOf(name, callId), ...parts }),
)
const filter = byId('filter')
let socket
/** The one that ran when the list was read last. */
let recorded

show()
filter.addEventListener('input', () => tellCount())
byId('record').addEventListener('click', () => {
  const isOn = model.conference.recording_id !== null
  void act(`${isOn ? 'stop' : 'start'}ConferenceRecording`)
})
byId('lock').addEventListener('click', () => {
  void act('updateConference', { body: { locked: !model.conference.locked } })
})
byId('stop-playing').addEventListener('click', () => void act('stopPlayingToConference'))
byId('end').addEventListener('click', () => {
  if (confirm('Hang everybody up?')) void act('endConference')
})
onSubmit('say', ({ text }) => act('playToConference', { body: { text } }), 'It is said')
onSubmit(
  'invite',
  ({ to, from }) => act('addConferenceParticipant', { body: { to, from } }),
  'They are called',
  ['from'],
)

function show(fault) {
  byId('room').hidden = true
  byId('gate').hidden = false
  const key = savedKey()
  if (key === null) askForKey(byId('gate'), () => show(), fault)
  else {
    byId('gate').replaceChildren(element('p', { class: 'hint' }, 'Connecting…'))
    socket = new ApiSocket(key, { state: (state) => void entered(state) })
    void suggest()
  }
}

async function entered(state) {
  byId('away').hidden = state !== 'down'
  byId('live').toggleAttribute('inert', state === 'down')
  if (state === 'down' && model.conference === undefined) {
    byId('gate').replaceChildren(
      element('p', { class: 'card fault' }, 'The engine can not be reached. Trying again…'),
    )
  }
  if (state === 'refused') {
    forgetKey()
    socket.close()
    show('The API key is not valid')
  }
  if (state === 'up') await begin().catch(fail)
}

/** One that is over has no news. */
async function begin() {
  const conference = await socket.ask('getConference', { params })
  model.isOver = conference.status === 'completed'
  if (model.isOver) take('conference', { conference })
  else await socket.follow(params, take)
}

/** 404, or something that nobody thought of. */
function fail(error) {
  if (error.status === 0) return
  socket.close()
  const text = error.status === 404 ? 'There is no such conference.' : error.message
  byId('room').hidden = true
  byId('gate').hidden = false
  byId('gate').replaceChildren(element('p', { class: 'card fault' }, text))
}

function take(event, data) {
  const changed = model.take(event, data)
  tiles.take(changed)
  dialog.take(changed)
  if (changed.conference) showConference()
  if (changed.conference || changed.members.size > 0) showLoudest()
  if (event === 'all' || changed.members.size > 0 || changed.gone.length > 0) tellCount()
  if (event === 'ended') void begin().catch(fail)
}

function showConference() {
  const { conference, isOver } = model
  byId('gate').hidden = true
  byId('room').hidden = false
  byId('live').hidden = isOver
  byId('over').hidden = !isOver
  const name = conference.friendly_name || 'Conference'
  document.title = `${name} - Ringdown`
  byId('name').textContent = name
  byId('status').textContent = isOver ? 'completed' : conference.status
  byId('status').className = `chip ${isOver ? '' : statusTone[conference.status]}`
  byId('summary').textContent = summaryOf(conference)
  const isRecorded = conference.recording_id !== null && !isOver
  byId('is-recorded').hidden = !isRecorded
  byId('is-locked').hidden = !conference.locked || isOver
  listRecordings(conference.recording_id, isOver)
  byId('record').textContent = isRecorded ? 'Stop recording' : 'Record'
  byId('lock').textContent = conference.locked ? 'Unlock' : 'Lock'
  if (!isOver) return
  tiles.clear()
  const reason = endWords[conference.end_reason] ?? ''
  const most = `${conference.peak_participants} at a time at most.`
  byId('over-text').textContent = `${reason} ${most}`.trim()
}

/** Read again when a recording begins or ends; the file is there a moment after its end. */
function listRecordings(running, isOver) {
  const state = `${running} ${isOver}`
  if (state === recorded) return
  recorded = state
  const read = () =>
    socket.ask('listRecordings', { query: { conference_id: id, page_size: 20 } }).then(
      ({ recordings }) => showRecordings(recordings, knownName, ({ message }) => tell(message)),
      // told by whatever else fails
      () => undefined,
    )
  void read()
  setTimeout(() => void read(), 1500)
}

function knownName(callId) {
  const member = model.members.get(callId)
  return member && nameOf(member)
}

const statusTone = { init: 'wait', 'in-progress': 'good' }
const endWords = {
  last_member_left: 'The last member has left.',
  moderator_left: 'The moderator has left.',
  api: 'It was ended by the API or by this page.',
  max_duration: 'It was as long as it might be.',
  never_begun: 'Nobody came.',
  process_restarted: 'The engine was started again.',
  media_error: 'The audio of the engine failed.',
}

function summaryOf({ participant_count, max_participants, start_time, date_created, end_time }) {
  const since = start_time ? `since ${when(start_time)}` : `made ${when(date_created)}`
  if (end_time) return `${when(start_time ?? date_created)} to ${when(end_time)}`
  return `${participant_count} of ${max_participants} · ${since}`
}

function showLoudest() {
  const name = model.loudest() ?? 'nobody'
  if (byId('loudest').textContent !== name) byId('loudest').textContent = name
}

function tellCount() {
  const shown = tiles.filter(filter.value)
  const count = model.members.size
  byId('nobody').hidden = shown > 0
  byId('nobody').textContent =
    count === 0
      ? 'Nobody is here. Invite somebody above, or let a number or a call lead here by the API.'
      : 'Nobody here is called that.'
}

/** What the buttons of a tile do. */
function actOn(what, callId) {
  if (what === 'more') return dialog.open(callId)
  const parts = { params: paramsOf('Participant', callId) }
  if (what === 'kick') return act('removeConferenceParticipant', parts)
  const { muted, hold } = model.members.get(callId)
  const body = what === 'mute' ? { muted: !muted } : { hold: !hold }
  return act('updateConferenceParticipant', { ...parts, body })
}

const paramsOf = (command, callId) =>
  command.includes('Participant') ? { ...params, call_id: callId } : params

/** Tells what went wrong, where it is seen and heard. */
async function act(name, parts = {}) {
  tell('')
  try {
    await socket.ask(name, { params, ...parts })
    return true
  } catch (error) {
    tell(error.message)
    return false
  }
}

function tell(text) {
  byId('fault').textContent = text
  byId('fault').hidden = text === ''
}

/** A form whose fields go with a command; it is emptied, but for what is `kept`, once that was taken. */
function onSubmit(name, send, said, kept = []) {
  const form = byId(name)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(form))
    void send(fields).then((done) => {
      if (!done) return
      byId('spoken').textContent = said
      form.reset()
      for (const field of kept) form.elements[field].value = fields[field]
    })
  })
}

/** Whom one might call, and as whom. */
async function suggest() {
  const [{ devices }, { numbers }] = await Promise.all([
    askJson('/v1/voice/devices'),
    askJson('/v1/voice/numbers'),
  ]).catch(() => [{ devices: [] }, { numbers: [] }])
  byId('devices').replaceChildren(
    ...devices.map(({ username, name }) => element('option', { value: username }, name)),
  )
  byId('numbers').replaceChildren(
    ...numbers.map(({ number }) => element('option', { value: number })),
  )
  const { from } = byId('invite').elements
  from.value ||= numbers[0]?.number ?? ''
}
