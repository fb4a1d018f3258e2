import { byId, element } from './dom.js'
import { chipClass, isOver, minutes, when } from './format.js'
import { ask, askForKey, askJson, forgetKey, savedKey } from './key.js'
import { drawLadder, messageText } from './ladder.js'
import { drawTimeline } from './timeline.js'
import { legName, otherParty, timelineOf } from './timeline-model.js'
import { drawWaveform } from './waveform.js'

const id = decodeURIComponent(location.pathname.split('/')[2] ?? '')
const sipPath = `/v1/voice/calls/${encodeURIComponent(id)}/sip`
const liveMs = 700
/** The recording is completed a moment after the call. */
const waitsForRecording = 8
let shownRecording
let shownMessages = 0
/** The last messages may come a moment after the end. */
let hasLookedAgain = false
let waits = 0

show()
for (const format of ['text', 'pcap']) {
  byId(`sip-${format}`).addEventListener('click', () => void downloadSip(format))
}

function show(fault) {
  byId('call').hidden = true
  byId('gate').hidden = false
  if (savedKey() === null) askForKey(byId('gate'), () => show(), fault)
  else void refresh()
}

async function refresh() {
  try {
    const response = await ask(`/v1/voice/calls/${encodeURIComponent(id)}/events`)
    const timeline = await response.json()
    render(timeline, serverNowMs(response))
    await showSip()
    const isDone = timeline.legs.every(isOver)
    if (isDone && !hasLookedAgain) {
      hasLookedAgain = true
      setTimeout(() => void showSip().catch(fail), 1500)
    }
    const recording = isDone ? await findRecording(timeline.legs) : undefined
    if (recording) await showRecording(recording, timeline)
    const mayCome = timeline.events.some(({ type }) => type === 'recording.started')
    if (!isDone || (mayCome && !recording && waits++ < waitsForRecording)) {
      setTimeout(() => void refresh(), liveMs)
    }
  } catch (error) {
    fail(error)
  }
}

function fail(error) {
  if (error.status === 401) {
    forgetKey()
    show('The API key is not valid')
    return
  }
  const text = error.status === 404 ? 'There is no such call.' : error.message
  byId('call').hidden = true
  byId('gate').hidden = false
  byId('gate').replaceChildren(element('p', { class: 'card fault' }, text))
}

/** The engine's time: this machine's clock may be off by more than the header's whole seconds. */
function serverNowMs(response) {
  const saidMs = Date.parse(response.headers.get('date') ?? '')
  return Math.abs(Date.now() - saidMs) > 2000 ? saidMs : Date.now()
}

function render(timeline, nowMs) {
  const [call] = timeline.legs
  byId('gate').hidden = true
  byId('call').hidden = false
  showParties(timeline.legs)
  byId('status').textContent = call.status
  byId('status').className = chipClass(call.status)
  byId('summary').textContent = summaryOf(call)
  document.title = `${call.from} to ${call.to} - Ringdown`
  const place = byId('timeline')
  place.replaceChildren(drawTimeline(timelineOf(timeline, nowMs), innerWidthOf(place)))
  const startMs = Date.parse(timeline.events[0]?.at ?? call.created_at)
  byId('events').replaceChildren(...timeline.events.map((event) => row(event, startMs, timeline)))
}

/** Two people that were connected, or one that was called. */
function showParties([call, other]) {
  byId('one').textContent = other ? otherParty(call) : call.from
  byId('arrow').textContent = other ? '↔' : '→'
  byId('other').textContent = other ? other.to : call.to
}

function innerWidthOf(place) {
  const { paddingLeft, paddingRight } = getComputedStyle(place)
  return place.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)
}

function summaryOf({ created_at, duration, price, price_unit, end_reason, quality }) {
  const parts = [when(created_at)]
  if (duration) parts.push(duration < 60 ? `${duration} s` : `${minutes(duration)} min`)
  if (price !== null && Number(price) !== 0) parts.push(`${price} ${price_unit}`)
  if (end_reason !== null) parts.push(end_reason)
  if (quality?.mos) parts.push(`MOS ${quality.mos}${quality.mos_grounded ? '' : '?'}`)
  if (quality) parts.push(`${quality.loss_percent} % lost, jitter ${quality.jitter_ms} ms`)
  return parts.join(' · ')
}

function row({ at, call_id, type, data }, startMs, { legs }) {
  const leg = legs.find((one) => one.id === call_id)
  const told = Object.entries(data).filter(([name, value]) => value !== null && !isTime.test(name))
  const details = told.map(([name, value]) => {
    const named = legs.find((one) => one.id === value)
    return `${name} ${named ? otherParty(named) : asText(value)}`
  })
  return element(
    'tr',
    {},
    element('td', { class: 'time' }, `${((Date.parse(at) - startMs) / 1000).toFixed(2)} s`),
    element('td', { class: 'number' }, leg ? legName(leg, legs) : ''),
    element('td', {}, type),
    element('td', { class: 'data' }, details.join(', ')),
  )
}

/** The first column tells the time. */
const isTime = /_at_ms$/
const asText = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

async function findRecording(legs) {
  for (const leg of legs) {
    const path = `/v1/voice/recordings?status=completed&call_id=${leg.id}`
    const { recordings } = await askJson(path)
    if (recordings[0]) return recordings[0]
  }
  return undefined
}

/** Drawn again only when there is more of it: somebody may be reading a message. */
async function showSip() {
  const ladder = await askJson(sipPath)
  byId('sip').hidden = ladder.messages.length === 0
  byId('sip-truncated').hidden = !ladder.truncated
  if (ladder.messages.length === shownMessages) return
  shownMessages = ladder.messages.length
  const place = byId('ladder')
  const choose = (message) => byId('message').replaceChildren(...messageText(message))
  place.replaceChildren(drawLadder(ladder, place.clientWidth, choose))
}

/** A link can't send the key. */
async function downloadSip(format) {
  const file = await ask(`${sipPath}?format=${format}`).catch((error) => fail(error))
  if (!file) return
  const href = URL.createObjectURL(await file.blob())
  element('a', { href, download: `call-${id}.${format === 'text' ? 'txt' : format}` }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}

/** The browser's player can't send the key: the file is fetched here and handed to it. */
async function showRecording(recording, { legs }) {
  if (shownRecording === recording.id) return
  shownRecording = recording.id
  const base = `/v1/voice/recordings/${recording.id}`
  const [peaks, media] = await Promise.all([
    askJson(`${base}/peaks?buckets=900`),
    ask(`${base}/media`),
  ])
  const address = URL.createObjectURL(await media.blob())
  const player = byId('player')
  player.src = address
  byId('download').href = address
  byId('download').download = `recording-${recording.id}.wav`
  byId('recording').hidden = false
  const place = byId('waveform')
  place.replaceChildren(drawWaveform(peaks, channelNames(legs), player, place.clientWidth))
}

const channelNames = ([first, second]) => [
  `Left: ${otherParty(first)}`,
  second ? `Right: ${second.to}` : 'Right: this engine',
]
