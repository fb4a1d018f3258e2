import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { type Client, connect } from './api/client.ts'
import type { Feed } from './api/feed.ts'
import { type Json, objectOf } from './api/json.ts'
import { hasScope } from './api/operations.ts'
import { ApiProblem, problemText } from './api/problem.ts'

export type Session =
  | { readonly at: 'out'; readonly problem: string }
  | { readonly at: 'signing-in' }
  | { readonly at: 'in'; readonly client: Client; readonly account: Json; readonly feed: Feed }

/** Where somebody is: `#/calls/<id>` is view `calls` with that id. */
export interface Place {
  readonly view: string
  readonly id: string
}

export interface Console {
  readonly session: ReadonlySignal<Session>
  readonly place: ReadonlySignal<Place>
  /** The key is for the whole installation, not for an account alone. */
  readonly isOperator: ReadonlySignal<boolean>
  signIn(key: string): Promise<void>
  signOut(problem?: string): void
}

export function createConsole(
  browser: Pick<Window, 'fetch' | 'location' | 'addEventListener'>,
  openFeed: () => Feed,
): Console {
  const session = signal<Session>({ at: 'out', problem: '' })
  const place = signal(placeOf(browser.location.hash))
  browser.addEventListener('hashchange', () => {
    place.value = placeOf(browser.location.hash)
  })
  const enter = async (key?: string): Promise<void> => {
    session.value = { at: 'signing-in' }
    try {
      const client = await connect((path, init) => browser.fetch(path, init), key)
      const account = objectOf(await client.ask('getOwnAccount'))
      session.value = { at: 'in', client, account, feed: openFeed() }
    } catch (error) {
      const isNobody = key === undefined && error instanceof ApiProblem && error.status === 401
      session.value = { at: 'out', problem: isNobody ? '' : problemText(error) }
    }
  }
  void enter()
  return {
    ...{ session, place },
    signIn: (key) => enter(key),
    isOperator: computed(
      () => session.value.at === 'in' && hasScope(session.value.account, 'operator'),
    ),
    signOut(problem = '') {
      if (session.value.at !== 'in') return
      const { client, feed } = session.value
      feed.stop()
      const isOut = () => {
        session.value = { at: 'out', problem }
      }
      // Out once the cookie is gone: a page loaded before that would still be signed in. An engine that is away is not
      // waited for; the session ends by itself.
      const later = new Promise<void>((done) => setTimeout(done, longestLeaveMs))
      void Promise.race([client.ask('endSession'), later]).then(isOut, isOut)
    },
  }
}

const longestLeaveMs = 2_000

export function placeOf(hash: string): Place {
  const [view = '', id = ''] = hash.replace(/^#\/?/, '').split('/')
  return { view: view === '' ? 'overview' : view, id: decoded(id) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
