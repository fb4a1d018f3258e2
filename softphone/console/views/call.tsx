import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Empty } from '../../app/parts/empty.tsx'
import type { Client } from '../api/client.ts'
import { type Json, objectOf, rows, text, timeMs } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'
import { type CallState, stateOf } from '../live-state.ts'
import { CallActions } from '../parts/call-actions.tsx'
import { Chip } from '../parts/chip.tsx'
import { Download } from '../parts/download.tsx'
import { EventTable } from '../parts/event-table.tsx'
import { OneClock } from '../parts/one-clock.tsx'
import { ofCalls, useAsked } from '../use-asked.ts'
import { lengthOf, mosOf, priceOf, whenOf } from '../words.ts'

export interface CallStory {
  readonly legs: readonly Json[]
  readonly events: readonly Json[]
  readonly sip: readonly Json[]
  readonly recording: RecordedStory | undefined
  /** Whose member it is now; empty: of none. */
  readonly conference: string
}

interface RecordedStory {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startMs: number
  readonly peaks: Json
}

const refreshMs = 2_000

/** All that is known of one call, on one clock: events, SIP messages, audio. */
export function CallView({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const [message, setMessage] = useState<Json>()
  const asked = useAsked(() => storyOf(client, id), [id], {
    everyMs: refreshMs,
    at: ofCalls,
  })
  const story = asked.value
  const [call] = story?.legs ?? []
  if (story === undefined || call === undefined)
    return asked.problem === undefined ? (
      <p role="status">Loading…</p>
    ) : (
      <Empty icon="warning" title="This call can not be shown">
        <p class="muted">{problemText(asked.problem)}</p>
      </Empty>
    )
  return (
    <article class="call">
      <p>
        <a href="#/calls">All calls</a>
      </p>
      <h1>
        {text(call, 'from')} <span class="muted">to</span> {text(call, 'to')}
      </h1>
      <p class="call-facts">
        <Chip word={text(call, 'status')} />
        {facts(call).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {text(call, 'end_time') === '' && (
        <Told {...stateOf(story.events, id)} conference={story.conference} />
      )}
      <CallActions call={call} events={story.events} reload={asked.reload} />
      <OneClock story={story} choose={setMessage} />
      <div class="filters">
        <Download
          operation="getCallSip"
          params={{ call_id: id }}
          query={{ format: 'pcap' }}
          type="application/vnd.tcpdump.pcap"
          name={`call-${id}.pcap`}
        >
          SIP as pcap
        </Download>
        <a class="button" href={`/calls/${encodeURIComponent(id)}`}>
          SIP ladder
        </a>
      </div>
      {message && (
        <section class="sip-message" aria-label="SIP message">
          <h2>{text(message, 'label')}</h2>
          <pre tabindex={0}>{text(message, 'raw')}</pre>
        </section>
      )}
      <EventTable events={story.events} legs={story.legs} />
    </article>
  )
}

/** Who listens in is told before all else; and where the call is. */
function Told(props: CallState & Pick<CallStory, 'conference'>): JSX.Element {
  const { listeners, conference, isHeld, isMuted } = props
  return (
    <>
      {listeners > 0 && (
        <p class="banner problem" role="status">
          <strong>Somebody listens in to this call.</strong>
        </p>
      )}
      {(isHeld || isMuted || conference !== '') && (
        <p class="call-facts">
          {isHeld && <Chip word="held" />}
          {isMuted && <Chip word="muted" />}
          {conference !== '' && <a href={`/conferences/${conference}`}>Its conference</a>}
        </p>
      )}
    </>
  )
}

const facts = (call: Json): readonly string[] =>
  [
    whenOf(call, 'start_time'),
    lengthOf(call, Date.now()),
    priceOf(call),
    mosOf(call) && `MOS ${mosOf(call)}`,
    text(call, 'end_reason'),
    text(call, 'answered_by') && `answered by ${text(call, 'answered_by')}`,
  ].filter((fact) => fact !== '')

async function storyOf(client: Client, id: string): Promise<CallStory> {
  const params = { call_id: id }
  const [told, sip] = await Promise.all([
    client.ask('getCallTimeline', { params }),
    client.ask('getCallSip', { params }),
  ])
  const [legs, events] = [rows(told, 'legs'), rows(told, 'events')]
  return {
    legs,
    events,
    sip: rows(sip, 'messages'),
    recording: await recordingOf(client, legs, events),
    conference: await conferenceOf(client, legs[0] ?? {}),
  }
}

const mostConferences = 10

/** A call's log does not tell where it is a member: the conferences that go on do. */
async function conferenceOf(client: Client, call: Json): Promise<string> {
  if (text(call, 'status') !== 'in-progress') return ''
  const query = { status: 'in-progress', page_size: mostConferences }
  for (const one of rows(await client.ask('listConferences', { query }), 'conferences')) {
    const params = { conference_id: text(one, 'id') }
    const members = await client.ask('listConferenceParticipants', { params })
    const isMember = (member: Json) => text(member, 'call_id') === text(call, 'id')
    if (rows(members, 'participants').some(isMember)) return text(one, 'id')
  }
  return ''
}

async function recordingOf(
  client: Client,
  legs: readonly Json[],
  events: readonly Json[],
): Promise<RecordedStory | undefined> {
  for (const leg of legs) {
    const query = { call_id: text(leg, 'id'), status: 'completed' }
    const [recording] = rows(await client.ask('listRecordings', { query }), 'recordings')
    if (recording === undefined) continue
    const id = text(recording, 'id')
    const began = events.find(
      (event) =>
        text(event, 'type') === 'recording.started' &&
        text(objectOf(event['data']), 'recording_id') === id,
    )
    const startMs = timeMs(began ?? {}, 'at') ?? timeMs(recording, 'date_created')
    if (startMs === undefined) continue
    const asked = { params: { recording_id: id }, query: { buckets: 900 } }
    const peaks = objectOf(await client.ask('getRecordingPeaks', asked))
    return { id, startMs, peaks }
  }
  return undefined
}
