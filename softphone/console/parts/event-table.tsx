import type { JSX } from 'preact'
import { legName } from '../../../engine/api/pages/assets/timeline-model.js'
import { type Json, objectOf, text, timeMs } from '../api/json.ts'

interface EventTableProps {
  readonly events: readonly Json[]
  readonly legs: readonly Json[]
}

/** The log of a call in words. */
export function EventTable({ events, legs }: EventTableProps): JSX.Element {
  const startMs = timeMs(events[0] ?? {}, 'at') ?? 0
  const named = (id: string): string => {
    const leg = legs.find((one) => text(one, 'id') === id)
    return leg ? legName(leg, legs) : ''
  }
  return (
    <section aria-label="Events">
      <h2>Events</h2>
      <div class="table-place">
        <table aria-label="Events of the call">
          <thead>
            <tr>
              <th scope="col" class="number">
                Time
              </th>
              <th scope="col">Leg</th>
              <th scope="col">Event</th>
              <th scope="col">Details</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr key={text(event, 'sequence')}>
                <td class="number" data-title="Time">
                  {(((timeMs(event, 'at') ?? startMs) - startMs) / 1000).toFixed(2)} s
                </td>
                <td data-title="Leg">{named(text(event, 'call_id'))}</td>
                <td data-title="Event">{text(event, 'type')}</td>
                <td class="details" data-title="Details">
                  {detailsOf(objectOf(event['data']))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const detailsOf = (data: Json): string =>
  Object.entries(data)
    .filter(([name, value]) => value !== null && !name.endsWith('_at_ms'))
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
