import { element, svg } from './dom.js'
import { tickStepMs, tickText } from './timeline-model.js'

const channelHeight = 76
const gap = 10
/** Room for a time under the drawing; the last one is left out where it would be cut off. */
const labelWidth = 32

/**
 * Draws the channels of a recording one above the other; a click moves the player. `names` are those of the channels.
 */
export function drawWaveform({ channels, duration }, names, player, width) {
  const height = channels.length * (channelHeight + gap)
  const drawing = svg('svg', {
    class: 'drawing seekable',
    viewBox: `0 0 ${width} ${height + 18}`,
    role: 'img',
    'aria-label': `Waveform of ${duration.toFixed(1)} seconds: ${names.join(' and ')}`,
  })
  drawing.append(...ticks(duration, height, width))
  channels.forEach((channel, i) => {
    drawing.append(...drawChannel(channel, i, width))
  })
  drawing.append(playHead(player, duration, height, width))
  drawing.addEventListener('click', (event) => {
    const box = drawing.getBoundingClientRect()
    player.currentTime = ((event.clientX - box.left) / box.width) * duration
  })
  const sides = ['left', 'right']
  const entries = names.map((name, i) =>
    element('li', {}, element('i', { class: sides[i] ?? '' }), name),
  )
  const whole = document.createDocumentFragment()
  whole.append(drawing, element('ul', { class: 'legend' }, ...entries))
  return whole
}

function ticks(duration, height, width) {
  const stepMs = tickStepMs(duration * 1000, Math.max(2, width / 80))
  const parts = []
  for (let ms = 0; ms < duration * 1000; ms += stepMs) {
    const x = (ms / 1000 / duration) * width
    parts.push(svg('line', { class: 'grid', x1: x, x2: x, y1: 0, y2: height - gap }))
    if (x + labelWidth < width) {
      parts.push(svg('text', { x: x + 3, y: height + 10 }, tickText(ms, stepMs)))
    }
  }
  return parts
}

function drawChannel({ min, max }, index, width) {
  const middle = index * (channelHeight + gap) + channelHeight / 2
  const x = (i) => ((i / min.length) * width).toFixed(1)
  const y = (value) => (middle - loudness(value) * (channelHeight / 2)).toFixed(1)
  const upper = max.map((value, i) => `${x(i)} ${y(Math.max(value, 0.004))}`)
  const lower = min.map((value, i) => `${x(i)} ${y(Math.min(value, -0.004))}`).reverse()
  return [
    svg('path', {
      class: index === 0 ? 'left' : 'right',
      d: `M${upper.join('L')}L${lower.join('L')}Z`,
    }),
  ]
}

/** Speech is mostly quiet: the square root makes it visible without cutting the loud parts. */
const loudness = (value) => Math.sign(value) * Math.sqrt(Math.abs(value))

function playHead(player, duration, height, width) {
  const head = svg('line', { class: 'head', x1: 0, x2: 0, y1: 0, y2: height - gap })
  const move = () => {
    const x = (player.currentTime / duration) * width
    head.setAttribute('x1', String(x))
    head.setAttribute('x2', String(x))
    if (!player.paused && head.isConnected) requestAnimationFrame(move)
  }
  for (const name of ['play', 'pause', 'seeked', 'timeupdate']) player.addEventListener(name, move)
  return head
}
