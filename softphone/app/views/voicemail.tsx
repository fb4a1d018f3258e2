import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Voicemail } from '../api/shapes.ts'
import { Button, IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'
import { ListStates } from '../parts/list-states.tsx'
import { clockTime, whenWords } from '../words/time.ts'

/** Messages that callers left. */
export function Voicemails(): JSX.Element {
  const { lists } = useApp()
  const list = lists.voicemails.now.value
  return (
    <section aria-labelledby="voicemail-title">
      <h1 id="voicemail-title">Voicemail</h1>
      <ListStates
        list={list}
        retry={() => void lists.voicemails.load()}
        nothing={
          <Empty icon="voicemail" title="No messages">
            <p class="muted">When callers leave a message, you hear it here.</p>
          </Empty>
        }
      >
        <ul class="rows">
          {list.rows.map((voicemail) => (
            <VoicemailRow key={voicemail.id} voicemail={voicemail} />
          ))}
        </ul>
      </ListStates>
    </section>
  )
}

function VoicemailRow({ voicemail }: { voicemail: Voicemail }): JSX.Element {
  const { lists, notices, labelOf, dial, nowMs } = useApp()
  const audio = useAudio(voicemail.id)
  const { id, from, receivedAt, durationS, isHeard, transcript } = voicemail
  const label = labelOf(from)
  const play = (): void =>
    notices.attempt(async () => {
      await audio.load()
      if (!isHeard) await lists.markHeard(id, true)
    })
  return (
    <li class="message" data-new={!isHeard}>
      <div class="message-head">
        <span class="row-text">
          <span>
            {label}
            {!isHeard && <span class="badge">New</span>}
          </span>
          <span class="muted">
            {whenWords(receivedAt, new Date(nowMs.value))} · {clockTime(durationS)}
          </span>
        </span>
        <IconButton icon="phone" kind="call" label={`Call ${label}`} onClick={() => dial(from)} />
        <IconButton
          icon="trash"
          label={`Delete message from ${label}`}
          onClick={() => notices.attempt(() => lists.deleteVoicemail(id))}
        />
      </div>
      {audio.url.value === undefined ? (
        <Button icon="play" onClick={play}>
          Listen
        </Button>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: what was said stands below as the transcript
        <audio controls autoPlay src={audio.url.value} aria-label={`Message from ${label}`} />
      )}
      <p class="transcript">{transcript ?? 'There is no transcript of this message.'}</p>
    </li>
  )
}

/** The sound of a message as an address in this page, fetched when it is wanted. */
function useAudio(id: string) {
  const { lists } = useApp()
  const url = useSignal<string | undefined>(undefined)
  useEffect(
    () => () => {
      if (url.peek() !== undefined) URL.revokeObjectURL(url.peek() ?? '')
    },
    [url],
  )
  return {
    url,
    async load(): Promise<void> {
      url.value = URL.createObjectURL(await lists.audioOf(id))
    },
  }
}
