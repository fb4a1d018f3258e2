import type { JSX } from 'preact'
import type { RecentCall } from '../api/shapes.ts'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'
import { Icon, type IconName } from '../parts/icons.tsx'
import { ListStates } from '../parts/list-states.tsx'
import { formatNumber } from '../words/number.ts'
import { isMissed, recentWords } from '../words/outcome.ts'
import { dayWords, whenWords } from '../words/time.ts'

/** Calls of this device, the newest first, under the days on which they were. */
export function Recents(): JSX.Element {
  const { lists, nowMs } = useApp()
  const list = lists.calls.now.value
  const now = new Date(nowMs.value)
  const days = Map.groupBy(list.rows, ({ startedAt }) => dayWords(startedAt, now))
  return (
    <section aria-labelledby="recents-title">
      <h1 id="recents-title">Recents</h1>
      <ListStates
        list={list}
        retry={() => void lists.calls.load()}
        nothing={
          <Empty icon="recents" title="No calls yet">
            <p class="muted">Calls that you make and get show up here.</p>
          </Empty>
        }
      >
        {[...days].map(([day, calls]) => (
          <section key={day} aria-label={day}>
            <h2 class="day">{day}</h2>
            <ul class="rows">
              {calls.map((call) => (
                <RecentRow key={call.id} call={call} />
              ))}
            </ul>
          </section>
        ))}
      </ListStates>
    </section>
  )
}

function RecentRow({ call }: { call: RecentCall }): JSX.Element {
  const { dial, labelOf, phone } = useApp()
  const label = labelOf(call.party, call.partyName)
  const number = formatNumber(call.party)
  return (
    <li class="row" data-missed={isMissed(call)}>
      <span class="direction">
        <Icon name={iconOf(call)} size={18} />
      </span>
      <span class="row-text">
        <span>{label}</span>
        <span class="muted">
          {recentWords(call)}
          {label === number ? '' : ` · ${number}`}
        </span>
      </span>
      <time class="when" dateTime={call.startedAt.toISOString()}>
        {whenWords(call.startedAt, call.startedAt)}
      </time>
      <IconButton
        icon="phone"
        kind="call"
        label={`Call ${label} again`}
        disabled={phone.connection.value.at !== 'ready'}
        onClick={() => dial(call.party)}
      />
    </li>
  )
}

const iconOf = (call: RecentCall): IconName =>
  isMissed(call) ? 'missed' : call.direction === 'incoming' ? 'incoming' : 'outgoing'
