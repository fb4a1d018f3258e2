import { element, svg } from './dom.js'
import { tickStepMs, tickText } from './timeline-model.js'

const minWidth = 600
const left = 148
const right = 16
const laneHeight = 34
const barHeight = 20
const top = 10

/** Draws lanes over a common time axis, `wanted` pixels wide or as much as it needs. */
export function drawTimeline({ lengthMs, lanes, marks }, wanted) {
  const width = Math.max(minWidth, Math.round(wanted))
  const scale = (ms) => left + (ms / lengthMs) * (width - left - right)
  const bottom = top + lanes.length * laneHeight
  const drawing = svg('svg', {
    class: 'drawing',
    viewBox: `0 0 ${width} ${bottom + 26}`,
    role: 'img',
    'aria-label': summary(lanes),
  })
  drawing.append(...axis(lengthMs, scale, bottom))
  drawing.append(...marks.flatMap((mark) => drawMark(mark, scale, bottom)))
  lanes.forEach((lane, i) => {
    drawing.append(...drawLane(lane, top + i * laneHeight, scale, width))
  })
  const whole = document.createDocumentFragment()
  whole.append(drawing, legend())
  return whole
}

const summary = (lanes) =>
  lanes
    .map(({ name, bars, points }) => {
      const parts = [...bars, ...points].map(({ text }) => text)
      return `${name}: ${parts.join(', ')}`
    })
    .join('. ')

function axis(lengthMs, scale, bottom) {
  const stepMs = tickStepMs(lengthMs, 9)
  const parts = []
  for (let ms = 0; ms <= lengthMs; ms += stepMs) {
    const x = scale(ms)
    parts.push(
      svg('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom }),
      svg(
        'text',
        { x, y: bottom + 17, 'text-anchor': ms === 0 ? 'start' : 'middle' },
        tickText(ms, stepMs),
      ),
    )
  }
  return parts
}

function drawLane({ name, bars, points }, y, scale, limit) {
  const middle = y + laneHeight / 2
  const label = svg('text', { class: 'lane', x: 0, y: middle + 4 }, short(name, 19))
  label.append(svg('title', {}, name))
  return [
    label,
    ...bars.flatMap((bar) => drawBar(bar, middle, scale)),
    ...points.flatMap((point, i) => {
      const next = points[i + 1]
      return drawPoint(point, middle, scale, next ? scale(next.ms) : limit)
    }),
  ]
}

function drawBar({ kind, fromMs, toMs, text }, middle, scale) {
  const x = scale(fromMs)
  const long = Math.max(2, scale(toMs) - x)
  const y = middle - barHeight / 2
  const box = svg('rect', { class: kind, x, y, width: long, height: barHeight, rx: 4 })
  box.append(svg('title', {}, `${text}: ${((toMs - fromMs) / 1000).toFixed(2)} s`))
  const fits = long > text.length * 7 + 10
  return fits ? [box, svg('text', { class: 'on', x: x + 7, y: middle + 4 }, text)] : [box]
}

function drawPoint({ kind, ms, text }, middle, scale, limit) {
  const x = scale(ms)
  if (kind === 'digit') {
    const dot = svg('circle', { class: 'digit', cx: x, cy: middle, r: 11 })
    dot.append(svg('title', {}, `key ${text} at ${(ms / 1000).toFixed(2)} s`))
    return [dot, svg('text', { class: 'on', x, y: middle + 4, 'text-anchor': 'middle' }, text)]
  }
  if (kind === 'change') return drawChange({ ms, text }, middle, x, limit)
  const tick = { class: 'mark', x1: x, x2: x, y1: middle - 13, y2: middle + 13 }
  // At the right edge there is no room for the word; the page's head tells it there.
  const hasRoom = x < limit - 90
  const label = hasRoom ? [svg('text', { x: x + 8, y: middle + 4 }, text)] : []
  return [svg('line', tick), ...label]
}

/** On a bar; the word stands there when it ends before the next mark. */
function drawChange({ ms, text }, middle, x, limit) {
  const line = svg('line', { class: 'change', x1: x, x2: x, y1: middle - 13, y2: middle + 13 })
  line.append(svg('title', {}, `${text} at ${(ms / 1000).toFixed(2)} s`))
  const hasRoom = x + text.length * 7 + 10 < limit
  return hasRoom ? [line, svg('text', { class: 'on', x: x + 6, y: middle + 4 }, text)] : [line]
}

function drawMark({ ms, text }, scale, bottom) {
  const x = scale(ms)
  const line = svg('line', { class: 'mark', x1: x, x2: x, y1: top, y2: bottom })
  line.append(svg('title', {}, `${text} at ${(ms / 1000).toFixed(2)} s`))
  return [line]
}

function legend() {
  const states = ['queued', 'ringing', 'in-progress']
  const entries = states.map((state) => element('li', {}, element('i', { class: state }), state))
  return element('ul', { class: 'legend' }, ...entries)
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
