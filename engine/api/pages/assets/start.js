import { byId, element } from './dom.js'
import { chip, isOver, minutes, when } from './format.js'
import { ask, askForKey, askJson, forgetKey, savedKey } from './key.js'

const recent = byId('recent')
const forget = byId('forget')
const callNow = byId('call-now')
const liveMs = 1500
const idleMs = 8000
let timer

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(byId(button.dataset.copy).textContent).then(
      () => {
        button.textContent = 'Copied'
        setTimeout(() => {
          button.textContent = 'Copy'
        }, 1500)
      },
      () => {
        button.textContent = 'Select and copy'
      },
    )
  })
}

forget.addEventListener('click', () => {
  forgetKey()
  show()
})
callNow?.addEventListener('click', () => void placeCall())
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) show()
})
show()

/** The list when there is a key, else the form for it. */
function show(fault) {
  clearTimeout(timer)
  const key = savedKey()
  forget.hidden = key === null
  if (key === null) askForKey(recent, () => show(), fault)
  else void refresh()
}

async function refresh() {
  try {
    const { calls, total } = await askJson('/v1/voice/calls?page_size=20')
    recent.replaceChildren(calls.length === 0 ? nothing() : table(calls, total))
    clearTimeout(timer)
    if (document.hidden) return
    timer = setTimeout(() => void refresh(), calls.every(isOver) ? idleMs : liveMs)
  } catch (error) {
    if (error.status === 401) {
      forgetKey()
      show('The API key is not valid any more')
      return
    }
    recent.replaceChildren(element('p', { class: 'fault' }, error.message))
    timer = setTimeout(() => void refresh(), idleMs)
  }
}

const nothing = () => element('p', { class: 'hint' }, 'No calls yet. Place one above.')

function table(calls, total) {
  const titles = [['When'], ['From', 'wide'], ['To'], ['Status'], ['Length', 'wide']]
  const heads = titles.map(([text, name = '']) =>
    element('th', { scope: 'col', class: name }, text),
  )
  const rows = calls.map((call) => {
    const link = element('a', { href: `/calls/${call.id}` }, when(call.created_at))
    return element(
      'tr',
      {},
      element('td', { class: 'time' }, link),
      element('td', { class: 'number wide' }, call.from),
      element('td', { class: 'number' }, call.to),
      element('td', {}, chip(call.status)),
      element('td', { class: 'time wide' }, call.duration ? minutes(call.duration) : ''),
    )
  })
  const whole = document.createDocumentFragment()
  const body = element('tbody', {}, ...rows)
  whole.append(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body))
  if (total > calls.length) {
    whole.append(element('p', { class: 'hint' }, `The newest ${calls.length} of ${total}`))
  }
  return whole
}

async function placeCall() {
  const fault = byId('call-fault')
  fault.hidden = true
  if (savedKey() === null) {
    fault.textContent = 'Enter your API key below first.'
    fault.hidden = false
    byId('key-input')?.focus()
    return
  }
  callNow.disabled = true
  try {
    const response = await ask('/api/voice/trigger-call', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: callNow.dataset.body,
    })
    const { callId } = await response.json()
    location.assign(`/calls/${uuidOf(callId)}`)
  } catch (error) {
    fault.textContent = error.message
    fault.hidden = false
  } finally {
    callNow.disabled = false
  }
}

/** `call_` ids are the UUID in base 36. */
function uuidOf(callId) {
  let value = 0n
  for (const digit of callId.slice(5)) value = value * 36n + BigInt(Number.parseInt(digit, 36))
  const hex = value.toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
