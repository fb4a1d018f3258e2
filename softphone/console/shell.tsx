import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { IconButton } from '../app/parts/button.tsx'
import { Empty } from '../app/parts/empty.tsx'
import type { Feed } from './api/feed.ts'
import { text } from './api/json.ts'
import { useConsole } from './context.ts'
import { groups, type View, views } from './views.tsx'

/** Who is signed in, the rail, and the page that is looked at. */
export function Shell(): JSX.Element {
  const { session, place, isOperator, signOut } = useConsole()
  const state = session.value
  const seen = views.filter((view) => isOperator.value || !view.isForOperator)
  const view = seen.find(({ name }) => name === place.value.view)
  const page = useRef<HTMLElement>(null)
  useEffect(() => {
    document.title = `${view?.title ?? 'No such page'} - Ringdown console`
    page.current?.scrollTo(0, 0)
  }, [view, place.value.id])
  if (state.at !== 'in') return <div />
  return (
    <div class="console">
      <header class="header">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <div class="who">
          <strong>Ringdown console</strong>
          <span class="muted">{text(state.account, 'name')}</span>
        </div>
        {isOperator.value && <span class="status">Operator</span>}
        <a class="head-link" href="/">
          Phone
        </a>
        <a class="head-link" href="/docs">
          API
        </a>
        <IconButton icon="signOut" label="Sign out" onClick={() => signOut()} />
      </header>
      <Rail views={seen} current={place.value.view} />
      <main class="page" ref={page} tabindex={-1}>
        <Away feed={state.feed} />
        {text(state.account, 'status') === 'suspended' && (
          <p class="banner problem" role="status">
            This account is suspended: it makes no calls until the operator lets it go on.
          </p>
        )}
        {view ? (
          <>
            {place.value.id === '' && <h1>{view.title}</h1>}
            {view.show(place.value.id)}
          </>
        ) : (
          <Empty icon="search" title="There is no such page" />
        )}
      </main>
    </div>
  )
}

function Away({ feed }: { readonly feed: Feed }): JSX.Element | null {
  if (feed.state.value !== 'away') return null
  return (
    <p class="banner problem" role="status">
      The engine can not be reached. What is shown may be old; trying again.
    </p>
  )
}

function Rail({ views: seen, current }: { views: readonly View[]; current: string }): JSX.Element {
  const rail = useRef<HTMLElement>(null)
  // On a narrow screen it is one line, longer than the screen.
  useEffect(() => {
    rail.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [current])
  return (
    <nav class="rail" ref={rail} aria-label="Pages">
      {groups.map((group) => {
        const mine = seen.filter((view) => view.group === group)
        if (mine.length === 0) return null
        return (
          <section key={group} aria-label={group}>
            <p class="rail-group">{group}</p>
            {mine.map(({ name, title }) => (
              <a key={name} href={`#/${name}`} aria-current={name === current ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </section>
        )
      })}
    </nav>
  )
}
