import { ApiSocket } from './api-socket.js'
import { byId, element } from './dom.js'
import { when } from './format.js'
import { askForKey, askJson, forgetKey, savedKey } from './key.js'
import { Invited } from './room-invited.js'
import { MemberDialog } from './room-member.js'
import { nameOf, RoomModel } from './room-model.js'
import { showRecordings } from './room-recordings.js'
import { say } from './room-said.js'
import { RoomTiles } from './room-tiles.js'
import { endWords, muteAll, roomChips, roomName } from './room-words.js'

const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const params = { conference_id: id }
const model = new RoomModel()
const tiles = new RoomTiles(byId('members'), model, (what, callId) => void actOn(what, callId))
const dialog = new MemberDialog(model, (callId, name, parts) =>
  socket.ask(name, { params: paramsOf(name, callId), ...parts }),
)
const invited = new Invited(
  model,
  (callId) => socket.ask('getCall', { params: { call_id: callId } }),
  say,
)
const filter = byId('filter')
const narrow = matchMedia('(max-width: 50rem)')
let socket
let isFolded = false
/** The one that ran when the list was read last. */
let recorded

show()
filter.addEventListener('input', () => tellCount())
narrow.addEventListener('change', () => fold())
onClick('record', async () => {
  const isOn = model.conference.recording_id !== null
  const { status } = model.conference
  const begun = status === 'init' ? 'It is recorded once somebody is here' : 'It is recorded'
  const done = await act(`${isOn ? 'stop' : 'start'}ConferenceRecording`)
  if (done) say(isOn ? 'It is not recorded any more' : begun)
})
onClick('pause', async () => {
  const isOn = model.conference.recording_mode === 'running'
  const body = { action: isOn ? 'pause' : 'resume' }
  const done = await act('updateConferenceRecording', { body })
  if (done) say(isOn ? 'The recording waits' : 'The recording goes on')
})
onClick('lock', async () => {
  const locked = !model.conference.locked
  const done = await act('updateConference', { body: { locked } })
  if (done) say(locked ? 'Nobody else comes in' : 'Others can come in again')
})
onClick('mute-all', () => muteEverybody())
onClick('stop-playing', async () => {
  if (await act('stopPlayingToConference')) say('Nothing is played')
})
onClick('end', async () => {
  if (confirm('Hang everybody up?')) await act('endConference')
})
onSubmit('say', async ({ text }) => {
  if (!isAnybodyHere()) {
    say('Nobody is here who could hear it')
    return false
  }
  const done = await act('playToConference', { body: { text } })
  if (done) say('It is said to everybody')
  return done
})
onSubmit(
  'invite',
  async ({ to, from }) => {
    const member = await act('addConferenceParticipant', { body: { to, from } })
    if (member) invited.add(member.call_id, to)
    return member
  },
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
  invited.take(changed)
  if (changed.conference) showConference()
  if (changed.conference || changed.members.size > 0) showLoudest()
  if (event === 'all' || changed.members.size > 0 || changed.gone.length > 0) {
    tellCount()
    showSwitches()
  }
  if (event === 'all' && !isFolded) fold()
  if (event === 'ended') void begin().catch(fail)
}

function showConference() {
  const { conference, isOver } = model
  byId('gate').hidden = true
  byId('room').hidden = false
  byId('live').hidden = isOver
  byId('over').hidden = !isOver
  const name = roomName(conference.friendly_name)
  document.title = `${name} - Ringdown`
  byId('name').textContent = name
  const chips = roomChips(isOver ? { ...conference, status: 'completed' } : conference)
  byId('chips').replaceChildren(
    ...chips.map(([text, tone]) => element('span', { class: `chip ${tone}` }, text)),
  )
  byId('summary').textContent = summaryOf(conference)
  listRecordings(conference.recording_id, isOver)
  byId('record').textContent = conference.recording_id !== null ? 'Stop recording' : 'Record'
  const { recording_mode: mode } = conference
  byId('pause').hidden = mode === null || isOver
  byId('pause').textContent = mode === 'running' ? 'Pause recording' : 'Resume recording'
  byId('lock').textContent = conference.locked ? 'Unlock' : 'Lock'
  if (!isOver) return
  tiles.clear()
  const reason = endWords[conference.end_reason] ?? ''
  const most = `Peak: ${conference.peak_participants} at a time.`
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

const isAnybodyHere = () => [...model.members.values()].some(({ status }) => status === 'connected')

function showSwitches() {
  const { muted, callIds } = muteAll(model.members.values())
  byId('mute-all').textContent = muted ? 'Mute all' : 'Unmute all'
  byId('mute-all').disabled = callIds.length === 0
  byId('stop-playing').disabled = !isAnybodyHere()
}

/** A few at a time: the engine takes 32 commands without an answer, and 100 requests a second. */
async function muteEverybody() {
  const { muted, callIds } = muteAll(model.members.values())
  const count = callIds.length
  let done = 0
  while (callIds.length > 0) {
    const some = callIds.splice(0, 8).filter((callId) => model.members.has(callId))
    const results = await Promise.all(
      some.map((callId) =>
        act('updateConferenceParticipant', {
          params: paramsOf('Participant', callId),
          body: { muted },
        }),
      ),
    )
    if (results.includes(false)) return
    done += some.length
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const who = count === 1 ? '1 member is' : `${done} members are`
  say(`${who} ${muted ? 'muted' : 'not muted any more'}`)
}

/** On a small screen members come first, unless nobody is there. */
function fold() {
  isFolded = true
  byId('controls').open = !narrow.matches || model.members.size === 0
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

/** The result, or that it was done; tells what went wrong, where it is seen and heard. */
async function act(name, parts = {}) {
  tell('')
  try {
    return (await socket.ask(name, { params, ...parts })) ?? true
  } catch (error) {
    tell(error.message)
    return false
  }
}

function tell(text) {
  byId('fault').textContent = text
  byId('fault').hidden = text === ''
}

function onClick(name, does) {
  byId(name).addEventListener('click', () => void does())
}

/** A form whose fields go with a command; it is emptied, but for what is `kept`, once that was taken. */
function onSubmit(name, send, kept = []) {
  const form = byId(name)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(form))
    void send(fields).then((done) => {
      if (!done) return
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
