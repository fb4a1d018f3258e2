import type { Ladder, LadderRow } from './ladder.ts'

const timeWidth = 9
const leastGap = 26
const mostGap = 64

/** A ladder drawn with characters: a line for each message, times in milliseconds. */
export function ladderText(ladder: Ladder): string {
  const lines = [headOf(ladder)]
  if (!ladder.isOn) lines.push('SIP messages are not kept (RINGDOWN_SIP_TRACE=off).')
  if (ladder.truncated) lines.push('Some messages are not there: they found no room.')
  const gap = gapOf(ladder)
  if (ladder.rows.length > 0) lines.push('', headingOf(ladder, gap))
  for (const row of ladder.rows) lines.push(rowOf(ladder, row, gap))
  if (ladder.dialogs.length > 0) lines.push('')
  for (const [index, { sipCallId, callId }] of ladder.dialogs.entries()) {
    const id = sipCallId.replace(/[^\x20-\x7e]/g, '?')
    lines.push(`#${index + 1} Call-ID ${id}, call ${callId}`)
  }
  return `${lines.join('\n')}\n`
}

function headOf({ callId, rows, dialogs, startMs }: Ladder): string {
  const from = startMs === undefined ? '' : `, from ${new Date(startMs).toISOString()}`
  return `Call ${callId}: ${counted(rows.length, 'SIP message')} in ${counted(dialogs.length, 'dialog')}${from}`
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** From one column to the next. */
function gapOf({ rows, columns }: Ladder): number {
  const labels = rows.map(({ label }) => label.length + 9)
  const names = columns.map((name) => name.length + 3)
  return Math.min(mostGap, Math.max(leastGap, ...labels, ...names))
}

const headingOf = ({ columns }: Ladder, gap: number): string =>
  `${'ms'.padStart(timeWidth)}  ${columns.map((name) => name.padEnd(gap)).join('')}`.trimEnd()

function rowOf({ columns, dialogs }: Ladder, row: LadderRow, gap: number): string {
  const time = row.offsetMs.toFixed(0).padStart(timeWidth)
  const rails = columns.map((_name, index) => (index === columns.length - 1 ? '|' : rail(gap)))
  const line = rails.join('')
  const [left, right] = [Math.min(row.from, row.to), Math.max(row.from, row.to)]
  const drawn =
    line.slice(0, left * gap + 1) + arrow(row, (right - left) * gap - 1) + line.slice(right * gap)
  const dialog = dialogs.length > 1 ? ` #${row.dialog + 1}` : ''
  return `${time}  ${drawn}  ${row.message.protocol}${dialog}${row.isRepeated ? ' again' : ''}`
}

const rail = (gap: number): string => `|${' '.repeat(gap - 1)}`

function arrow({ label, from, to, isRepeated }: LadderRow, width: number): string {
  const text = label.length > width - 6 ? `${label.slice(0, width - 7)}~` : label
  const stroke = isRepeated ? '- ' : '-'
  const shaft = (length: number): string => stroke.repeat(length).slice(0, length)
  const rest = width - text.length - 2
  const before = Math.floor(rest / 2)
  const [first, last] = [shaft(before), shaft(rest - before)]
  return from < to ? `${first} ${text} ${last.slice(1)}>` : `<${first.slice(1)} ${text} ${last}`
}
