import { element } from './dom.js'

const tones = {
  queued: 'wait',
  ringing: 'wait',
  'in-progress': 'good',
  completed: 'good',
  failed: 'bad',
  busy: 'bad',
  'no-answer': 'bad',
}

export const isOver = (call) => !['queued', 'ringing', 'in-progress'].includes(call.status)

/** The chip's class by status. */
export const chipClass = (status) => `chip ${tones[status] ?? ''}`

export const chip = (status) => element('span', { class: chipClass(status) }, status)

/** 75 as 1:15. */
export function minutes(seconds) {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Time of day, with the date when it was not today. */
export function when(iso) {
  const date = new Date(iso)
  const time = date.toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? time : `${date.toLocaleDateString()} ${time}`
}
