/**
 * From the events of a call to what is drawn: lanes with bars and points, times in milliseconds since
 * the first event. Pure, so that it can be tested without a browser.
 */
const over = ['completed', 'failed', 'busy', 'no-answer', 'canceled']
/** What else happens to a leg: a mark on its bar. */
const notes = {
  'call.held': 'held',
  'call.resumed': 'resumed',
  'call.redirected': 'redirected',
  'media.lost': 'no audio',
  'media.back': 'audio again',
  'quality.degraded': 'sounds bad',
  'quality.restored': 'sounds good',
}
const states = ['queued', 'ringing', 'in-progress']
const pairs = {
  'verb.started': ['verb', 'verb.ended'],
  'bridge.started': ['bridge', 'bridge.ended'],
  'recording.started': ['recording', 'recording.completed', 'recording.failed'],
}

export function timelineOf({ events, legs }, nowMs) {
  const times = events.map((event) => Date.parse(event.at))
  const startMs = times.length > 0 ? Math.min(...times) : Date.parse(legs[0].created_at)
  const isLive = legs.some((leg) => !over.includes(leg.status))
  const endMs = Math.max(startMs, ...times, isLive ? nowMs : 0)
  const told = events.map((event, i) => ({ ...event, ms: times[i] - startMs }))
  const lengthMs = Math.max(1, endMs - startMs)
  const lanes = legs.map((leg) => legLane(leg, legs, told, lengthMs))
  lanes.push(...sharedLanes(told, lengthMs))
  return { startMs, lengthMs, lanes, marks: marksOf(told) }
}

/** What a leg is called: the trigger flow's first leg is the agent's, its child the lead's. */
export function legName(leg, legs) {
  const [first] = legs
  if (legs.length === 1) return otherParty(leg)
  return `${leg === first ? 'A' : 'B'} ${otherParty(leg)}`
}

/** Whom the engine talks to on a leg. */
export const otherParty = (leg) => (leg.direction === 'inbound' ? leg.from : leg.to)

function legLane(leg, legs, told, lengthMs) {
  const own = told.filter((event) => event.call_id === leg.id)
  const changes = own
    .map(({ type, ms }) => ({ status: type.replace(/^call\./, ''), ms }))
    .filter(({ status }) => states.includes(status) || over.includes(status))
  const bars = []
  for (const [i, { status, ms }] of changes.entries()) {
    if (over.includes(status)) continue
    bars.push({ kind: status, fromMs: ms, toMs: changes[i + 1]?.ms ?? lengthMs, text: status })
  }
  const points = own
    .filter(({ type }) => Object.hasOwn(notes, type))
    .map(({ type, ms }) => ({ kind: 'change', ms, text: notes[type] }))
  const last = changes.at(-1)
  if (over.includes(last?.status)) points.push({ kind: 'end', ms: last.ms, text: last.status })
  return { name: legName(leg, legs), bars, points }
}

function sharedLanes(told, lengthMs) {
  const lanes = [
    { name: 'Verbs', kind: 'verb' },
    { name: 'Keys', kind: 'digit' },
    { name: 'Bridge', kind: 'bridge' },
    { name: 'Recording', kind: 'recording' },
  ]
  const bars = pairedBars(told, lengthMs)
  const digits = told
    .filter((event) => event.type === 'digit.received')
    .map((event) => ({ kind: 'digit', ms: event.ms, text: String(event.data.digit ?? '?') }))
  return lanes
    .map(({ name, kind }) => ({
      name,
      bars: bars.filter((bar) => bar.kind === kind),
      points: kind === 'digit' ? digits : [],
    }))
    .filter((lane) => lane.bars.length + lane.points.length > 0)
}

/** Starts with their ends, the innermost first; what has no end lasts until now. */
function pairedBars(told, lengthMs) {
  const bars = []
  const open = []
  for (const event of told) {
    const opened = pairs[event.type]
    if (opened) {
      const [kind] = opened
      const text = kind === 'verb' ? String(event.data.verb ?? kind) : kind
      const bar = { kind, fromMs: event.ms, toMs: lengthMs, text }
      bars.push(bar)
      open.push({ bar, ends: opened.slice(1), leg: event.call_id })
      continue
    }
    const at = open.findLastIndex(
      ({ ends, leg }) => ends.includes(event.type) && leg === event.call_id,
    )
    if (at >= 0) open.splice(at, 1)[0].bar.toMs = event.ms
  }
  return bars
}

const marksOf = (told) =>
  told
    .filter((event) => event.type === 'trigger.connected' || event.type === 'trigger.failed')
    .map((event) => ({
      ms: event.ms,
      text:
        event.type === 'trigger.connected' ? 'connected' : String(event.data.failure ?? 'failed'),
    }))

const stepsMs = [100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3]

/** A round step that gives at most `most` ticks. */
export function tickStepMs(lengthMs, most) {
  const step = stepsMs.find((stepMs) => lengthMs / stepMs <= most)
  return step ?? Math.ceil(lengthMs / most / 3600e3) * 3600e3
}

/** 1500 as `1.5 s`, 90000 as `1:30`. */
export function tickText(ms, stepMs) {
  if (stepMs < 1000) return `${(ms / 1000).toFixed(1)} s`
  if (stepMs < 15_000) return `${ms / 1000} s`
  return `${Math.floor(ms / 60_000)}:${String((ms / 1000) % 60).padStart(2, '0')}`
}
