import { element, svg } from './dom.js'

const left = 150
const right = 150
const top = 36
const rowHeight = 32
const leastGap = 210
const mostGap = 560
const headLength = 8

/**
 * Draws SIP messages as arrows between columns, `wanted` pixels wide or as much as it needs. `choose` is
 * called with the message that somebody picks.
 */
export function drawLadder({ columns, messages }, wanted, choose) {
  const gaps = Math.max(1, columns.length - 1)
  const gap = Math.min(mostGap, Math.max(leastGap, (wanted - left - right) / gaps))
  const width = Math.max(Math.round(wanted), left + gaps * gap + right)
  const bottom = top + messages.length * rowHeight
  const at = (column) => left + column * gap
  const drawing = svg('svg', {
    class: 'drawing ladder',
    viewBox: `0 0 ${width} ${bottom + 8}`,
    role: 'group',
    'aria-label': `${messages.length} SIP messages between ${columns.join(', ')}`,
  })
  drawing.append(...columns.flatMap((name, column) => drawColumn(name, at(column), bottom)))
  const dialogs = [...new Set(messages.map(({ sip_call_id }) => sip_call_id))]
  for (const [i, message] of messages.entries()) {
    const number = dialogs.length > 1 ? dialogs.indexOf(message.sip_call_id) + 1 : undefined
    const note = number === undefined ? message.protocol : `${message.protocol} · #${number}`
    drawing.append(drawRow(message, { y: top + i * rowHeight, width, at, note }, choose))
  }
  // Wider than the card: it scrolls instead of shrinking.
  drawing.style.minWidth = `${left + gaps * leastGap + right}px`
  return drawing
}

function drawColumn(name, x, bottom) {
  const kind = name === 'Ringdown' ? 'lane own' : 'lane'
  return [
    svg('text', { class: kind, x, y: 16, 'text-anchor': 'middle' }, name),
    svg('line', { class: 'rail', x1: x, x2: x, y1: top - 10, y2: bottom }),
  ]
}

function drawRow(message, { y, width, at, note }, choose) {
  const { label, protocol, offset_ms, retransmission } = message
  const [from, to] = [at(message.from), at(message.to)]
  const line = y + rowHeight - 9
  const again = retransmission ? ' again' : ''
  const row = svg('g', {
    class: `message ${toneOf(message)}${again}`,
    tabindex: 0,
    role: 'button',
    'aria-label': `${label}, ${protocol}, after ${timeText(offset_ms)}${again}`,
  })
  const text = retransmission ? `${label} · again` : label
  row.append(
    svg('rect', { class: 'band', x: 0, y, width, height: rowHeight, rx: 4 }),
    svg('text', { class: 'time', x: 72, y: line + 4, 'text-anchor': 'end' }, timeText(offset_ms)),
    ...drawArrow(from, to, line),
    svg('text', { x: (from + to) / 2, y: line - 7, 'text-anchor': 'middle' }, text),
    svg('text', { class: 'note', x: width - 12, y: line + 4, 'text-anchor': 'end' }, note),
  )
  const pick = () => {
    for (const other of row.parentNode.querySelectorAll('.chosen')) other.classList.remove('chosen')
    row.classList.add('chosen')
    choose(message)
  }
  row.addEventListener('click', pick)
  row.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    pick()
  })
  return row
}

function drawArrow(from, to, y) {
  const back = from < to ? to - headLength : to + headLength
  return [
    svg('line', { class: 'shaft', x1: from, x2: back, y1: y, y2: y }),
    svg('path', { class: 'tip', d: `M ${to} ${y} L ${back} ${y - 4.5} L ${back} ${y + 4.5} Z` }),
  ]
}

/** By what the message says: a request, going on, done, refused. */
function toneOf({ status }) {
  if (status === null) return 'request'
  if (status < 200) return 'going'
  return status < 300 ? 'done' : 'refused'
}

/** 12 as `12 ms`, 4582 as `4.582 s`. */
const timeText = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(3)} s`)

/** The whole of one message, with where it went. */
export function messageText({ at, protocol, local, remote, direction, raw }) {
  const [from, to] = direction === 'in' ? [remote, local] : [local, remote]
  const where = element('p', { class: 'hint' }, `${at} · ${protocol} · ${from} → ${to}`)
  return [where, element('pre', { tabindex: 0 }, raw)]
}
