import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Empty } from '../../app/parts/empty.tsx'
import { ApiProblem, problemText } from '../api/problem.ts'
import { Facts, RecordingPlayer } from './recording-player.tsx'
import { type Details, type RecordingSource, sharedSource } from './source.ts'

interface Opened {
  readonly source: RecordingSource
  readonly details: Details
}

/** The page behind a signed link, whose path it is given: nobody signs in here. */
export function SharedPage({ path }: { readonly path: string }): JSX.Element {
  const [opened, setOpened] = useState<Opened>()
  const [problem, setProblem] = useState<unknown>()
  useEffect(() => {
    const source = sharedSource(path)
    source.details().then((details) => {
      document.title = `${details.title} - recording`
      setOpened({ source, details })
    }, setProblem)
  }, [path])
  return (
    <>
      <header class="header">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <div class="who">
          <strong>Recording</strong>
          <Ends details={opened?.details} />
        </div>
      </header>
      <main class="shared-page">
        {opened !== undefined && (
          <>
            <h1>{opened.details.title}</h1>
            <Facts details={opened.details} />
            <RecordingPlayer {...opened} />
          </>
        )}
        {problem !== undefined && <NotOpened problem={problem} />}
        {opened === undefined && problem === undefined && <p role="status">Loading…</p>}
      </main>
    </>
  )
}

function Ends({ details }: { readonly details: Details | undefined }): JSX.Element | null {
  const endsMs = details?.expiresAtMs
  if (endsMs === undefined) return null
  const words = new Date(endsMs).toLocaleString(undefined, {
    ...{ dateStyle: 'medium', timeStyle: 'short' },
  })
  return <span class="muted">This link is good until {words}</span>
}

function NotOpened({ problem }: { readonly problem: unknown }): JSX.Element {
  const isGone = problem instanceof ApiProblem && problem.status === 404
  const title = isGone ? 'This link leads nowhere any more' : 'This could not be loaded'
  return (
    <>
      <h1 class="only-read">Recording</h1>
      <Empty icon="warning" title={title}>
        <p class="muted">
          {isGone
            ? 'It is over or was revoked, or the recording was deleted. Ask whoever sent it for another one.'
            : problemText(problem)}
        </p>
      </Empty>
    </>
  )
}
