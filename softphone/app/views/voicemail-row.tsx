import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Voicemail } from '../api/shapes.ts'
import { Button, IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { clockTime, whenWords } from '../words/time.ts'

const speeds = [1, 1.25, 1.5, 2, 0.75] as const

interface VoicemailRowProps {
  readonly voicemail: Voicemail
  /** It is being heard, and is no new one any more. */
  readonly heard: () => void
}

/** A message: who, when, how long, what was said, and what can be done with it. */
export function VoicemailRow({ voicemail, heard }: VoicemailRowProps): JSX.Element {
  const { lists, notices, labelOf, nowMs } = useApp()
  const audio = useAudio(voicemail.id)
  const { from, fromName, folder, isUrgent, receivedAt, durationS } = voicemail
  const label = labelOf(from, fromName)
  const play = (): void =>
    notices.attempt(async () => {
      await audio.load()
      if (folder !== 'new') return
      heard()
      await lists.moveVoicemail(voicemail, 'saved')
    })
  return (
    <li class="message" data-new={folder === 'new'}>
      <div class="message-head">
        <span class="row-text">
          <span>
            {label}
            {folder === 'new' && <span class="badge">New</span>}
            {isUrgent && <span class="badge urgent">Urgent</span>}
          </span>
          <span class="muted">
            {whenWords(receivedAt, new Date(nowMs.value))} · {clockTime(durationS)}
          </span>
        </span>
        <Actions voicemail={voicemail} label={label} />
      </div>
      {audio.url.value === undefined ? (
        <Button icon="play" onClick={play}>
          Listen
        </Button>
      ) : (
        <Player url={audio.url.value} label={`Message from ${label}`} />
      )}
      <p class="transcript">{transcriptWords(voicemail)}</p>
    </li>
  )
}

function transcriptWords({ transcript, isTranscribing }: Voicemail): string {
  if (transcript !== null) return transcript
  return isTranscribing
    ? 'The transcript is being made.'
    : 'There is no transcript of this message.'
}

function Actions({ voicemail, label }: { voicemail: Voicemail; label: string }): JSX.Element {
  const { lists, notices, dial } = useApp()
  const { id, from, folder, isHeard } = voicemail
  const move = (to: Voicemail['folder']) => () =>
    notices.attempt(() => lists.moveVoicemail(voicemail, to))
  return (
    <>
      <IconButton icon="phone" kind="call" label={`Call ${label}`} onClick={() => dial(from)} />
      {folder === 'new' && (
        <IconButton icon="check" label={`Save message from ${label}`} onClick={move('saved')} />
      )}
      {folder === 'deleted' ? (
        <>
          <IconButton
            icon="recents"
            label={`Restore message from ${label}`}
            onClick={move(isHeard ? 'saved' : 'new')}
          />
          <IconButton
            icon="trash"
            kind="danger"
            label={`Delete message from ${label} for good`}
            onClick={() => notices.attempt(() => lists.deleteVoicemail(id))}
          />
        </>
      ) : (
        <IconButton icon="trash" label={`Delete message from ${label}`} onClick={move('deleted')} />
      )}
    </>
  )
}

/** The sound with its position, and how fast it is heard. */
function Player({ url, label }: { url: string; label: string }): JSX.Element {
  const audio = useRef<HTMLAudioElement>(null)
  const speed = useSignal<number>(1)
  const faster = (): void => {
    const at = speeds.indexOf(speed.value as (typeof speeds)[number])
    speed.value = speeds[(at + 1) % speeds.length] ?? 1
    if (audio.current) audio.current.playbackRate = speed.value
  }
  return (
    <div class="message-player">
      {/* biome-ignore lint/a11y/useMediaCaption: what was said stands below as the transcript */}
      <audio ref={audio} controls autoPlay src={url} aria-label={label} />
      <button
        type="button"
        class="button quiet"
        aria-label={`Speed: ${speed.value} times`}
        onClick={faster}
      >
        {speed.value}×
      </button>
    </div>
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
