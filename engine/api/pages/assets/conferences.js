import { byId, element } from './dom.js'
import { when } from './format.js'
import { ask, askForKey, askJson, forgetKey, savedKey } from './key.js'
import { roomChips, roomName } from './room-words.js'

const refreshMs = 3000
const rooms = byId('rooms')
const form = byId('create')
let timer

byId('forget').addEventListener('click', () => {
  forgetKey()
  show()
})
form.addEventListener('submit', (event) => {
  event.preventDefault()
  void create()
})
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) show()
})
show()

function show(fault) {
  clearTimeout(timer)
  const hasKey = savedKey() !== null
  byId('gate').hidden = hasKey
  byId('page').hidden = !hasKey
  if (hasKey) void refresh()
  else askForKey(byId('gate'), () => show(), fault)
}

async function refresh() {
  clearTimeout(timer)
  try {
    const { conferences } = await askJson('/v1/voice/conferences')
    rooms.replaceChildren(conferences.length === 0 ? nothing() : table(conferences))
  } catch (error) {
    if (error.status === 401) {
      forgetKey()
      show('The API key is not valid')
      return
    }
    const text = error.status === undefined ? 'The engine can not be reached.' : error.message
    rooms.replaceChildren(element('p', { class: 'fault' }, text))
  }
  if (!document.hidden) timer = setTimeout(() => void refresh(), refreshMs)
}

const nothing = () => element('p', { class: 'hint' }, 'There are none yet. Open one above.')

function table(conferences) {
  const heads = [['Room'], ['Status'], ['Members'], ['Opened', 'wide']].map(([text, name = '']) =>
    element('th', { scope: 'col', class: name }, text),
  )
  const rows = conferences.map((one) => {
    const link = element('a', { href: `/conferences/${one.id}` }, roomName(one.friendly_name))
    const isOver = one.status === 'completed'
    const count = isOver ? `peak ${one.peak_participants}` : String(one.participant_count)
    return element(
      'tr',
      {},
      element('td', { class: 'room-name' }, link, element('small', {}, when(one.date_created))),
      element('td', {}, element('span', { class: 'chips' }, ...chips(one))),
      element('td', { class: 'time' }, count),
      element('td', { class: 'time wide' }, when(one.date_created)),
    )
  })
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...rows),
  )
}

const chips = (one) =>
  roomChips(one).map(([text, tone]) => element('span', { class: `chip ${tone}` }, text))

async function create() {
  const fault = form.querySelector('.fault')
  fault.hidden = true
  const { friendly_name, pin, max_participants, record } = form.elements
  const body = {
    max_participants: Number(max_participants.value),
    record: record.checked,
    ...(friendly_name.value !== '' && { friendly_name: friendly_name.value }),
    ...(pin.value !== '' && { pin: pin.value }),
  }
  try {
    const response = await ask('/v1/voice/conferences', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { id } = await response.json()
    location.assign(`/conferences/${id}`)
  } catch (error) {
    fault.textContent = error.message
    fault.hidden = false
  }
}
