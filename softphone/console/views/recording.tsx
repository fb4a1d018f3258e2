import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Empty } from '../../app/parts/empty.tsx'
import { Select } from '../../app/parts/select.tsx'
import type { Client } from '../api/client.ts'
import { type Json, objectOf, text } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'
import { Act } from '../parts/act.tsx'
import { Chip } from '../parts/chip.tsx'
import { Shown } from '../parts/shown.tsx'
import { Facts, RecordingPlayer } from '../recording/recording-player.tsx'
import { type Details, marksOf, type RecordingSource, sharedSource } from '../recording/source.ts'
import { useAsked } from '../use-asked.ts'

/** The browser's own player sends no key and no session's header: it hears by a link of this long. */
const listeningS = 12 * 3_600

interface Opened {
  readonly recording: Json
  readonly source: RecordingSource
  readonly details: Details
}

/** One recording: heard, seen, and handed on by a link. */
export function RecordingView({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const asked = useAsked(() => opened(client, id), [id])
  const { value, problem } = asked
  if (value === undefined)
    return problem === undefined ? (
      <p role="status">Loading…</p>
    ) : (
      <Empty icon="warning" title="This recording can not be shown">
        <p class="muted">{problemText(problem)}</p>
        <p>
          <a href="#/recordings">All recordings</a>
        </p>
      </Empty>
    )
  const { recording, source, details } = value
  const callId = text(recording, 'call_id')
  const conferenceId = text(recording, 'conference_id')
  return (
    <article class="call">
      <p>
        <a href="#/recordings">All recordings</a>
      </p>
      <h1>{details.title}</h1>
      <Facts details={details} />
      <p class="call-facts">
        <Chip word={text(recording, 'source')} />
        {recording['encrypted'] === true && <Chip word="encrypted" />}
        {text(recording, 'hold_reason') !== '' && (
          <span>On hold: {text(recording, 'hold_reason')}</span>
        )}
        {callId !== '' && <a href={`#/calls/${callId}`}>Its call</a>}
        {conferenceId !== '' && <a href={`/conferences/${conferenceId}`}>Its conference</a>}
      </p>
      <RecordingPlayer source={source} details={details} />
      <HandOn id={id} />
    </article>
  )
}

const ttls = [
  { id: '3600', name: '1 hour' },
  { id: '86400', name: '1 day' },
  { id: '604800', name: '1 week' },
]

/** A link for somebody who has no key. */
function HandOn({ id }: { readonly id: string }): JSX.Element {
  const client = useClient()
  const [ttl, setTtl] = useState('86400')
  const [link, setLink] = useState('')
  const make = async (): Promise<void> => {
    const params = { recording_id: id }
    const body = { ttl: Number(ttl), use: 'page' }
    const made = objectOf(await client.ask('createRecordingLink', { params, body }))
    setLink(text(made, 'page_url'))
  }
  return (
    <section class="said-part" aria-labelledby="hand-on-title">
      <h2 id="hand-on-title">Hand it on</h2>
      <p class="muted">
        Whoever has the link hears this recording without signing in, until it is over. It does not
        tell which keys were pressed.
      </p>
      <div class="filters">
        <Select label="Good for" value={ttl} options={ttls} onChange={setTtl} />
        <Act word="Make a link" operation="createRecordingLink" act={make} />
      </div>
      {link !== '' && <Shown label="link" value={link} />}
    </section>
  )
}

async function opened(client: Client, id: string): Promise<Opened> {
  const params = { recording_id: id }
  const recording = objectOf(await client.ask('getRecording', { params }))
  const [link, told] = await Promise.all([
    client.ask('createRecordingLink', { params, body: { ttl: listeningS, use: 'page' } }),
    client.ask('getRecordingMarks', { params }),
  ])
  // As clients reach the engine is not always as this browser does.
  const source = sharedSource(new URL(text(objectOf(link), 'page_url')).pathname)
  const details = await source.details()
  return { recording, source, details: { ...details, marks: marksOf(told) } }
}
