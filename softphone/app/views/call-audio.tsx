import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useApp } from '../parts/context.ts'
import type { CallView } from '../store/call-view.ts'

/** What is heard of each call. */
export function CallAudio(): JSX.Element {
  const { calls } = useApp()
  const heard = calls.views.value.filter(({ hasAudio }) => hasAudio)
  return (
    <>
      {heard.map((view) => (
        <OneCall key={view.id} view={view} />
      ))}
    </>
  )
}

function OneCall({ view: { id, held } }: { view: CallView }): JSX.Element {
  const { calls, settings } = useApp()
  const element = useRef<HTMLAudioElement>(null)
  const { callVolume, speakerId } = settings.now.value
  const stream = calls.streamOf(id)
  useEffect(() => {
    const audio = element.current
    if (audio === null || stream === undefined) return undefined
    if (audio.srcObject !== stream) audio.srcObject = stream
    const play = (): void => {
      audio.play().catch(() => undefined)
    }
    play()
    // Refused as long as nobody touched the page.
    document.addEventListener('pointerdown', play, { once: true })
    return () => document.removeEventListener('pointerdown', play)
  }, [stream])
  useEffect(() => {
    if (element.current !== null) element.current.volume = callVolume
  }, [callVolume])
  useEffect(() => {
    const audio = element.current
    // A speaker that was unplugged: the browser's own choice is better than silence.
    if (audio !== null && 'setSinkId' in audio)
      audio.setSinkId(speakerId).catch(() => audio.setSinkId('').catch(() => undefined))
  }, [speakerId])
  return <audio ref={element} autoPlay muted={held} data-call={id} />
}
