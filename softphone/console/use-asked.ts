import { useSignalEffect } from '@preact/signals'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { News } from './api/feed.ts'
import { ApiProblem } from './api/problem.ts'
import { useConsole, useFeed } from './context.ts'

/** What the engine said last; what was there stays while it is asked again. */
export interface AskedFor<Value> {
  readonly value: Value | undefined
  readonly problem: unknown
  readonly isAsking: boolean
  reload(): void
}

interface State<Value> {
  readonly value?: Value
  readonly problem?: unknown
  readonly isAsking: boolean
}

interface Options {
  /** Asked again after so long, while the page is to be seen. */
  readonly everyMs?: number
  /** News that changes it. While news comes by itself, nothing else has it asked again for a while. */
  readonly at?: (news: News) => boolean
}

/** Several events of one cause are one reason to ask. */
const gatherMs = 150
/** With news: in case that something has no event. */
const seldomMs = 15_000

export const ofCalls = ({ callId }: News): boolean => callId !== ''

/** Asks when the page comes up, when `about` changes, at news, and every so often. */
export function useAsked<Value>(
  ask: () => Promise<Value>,
  about: readonly unknown[],
  { everyMs, at }: Options = {},
): AskedFor<Value> {
  const { signOut } = useConsole()
  const [state, setState] = useState<State<Value>>({ isAsking: true })
  const latest = useRef(ask)
  latest.current = ask
  const asking = useRef({ turn: 0, isBusy: false, isWantedAgain: false })
  const reload = useCallback(() => {
    const now = asking.current
    // One request at a time: with a lot of news no answer would ever be the newest one.
    if (now.isBusy) {
      now.isWantedAgain = true
      return
    }
    const mine = now.turn
    now.isBusy = true
    const done = (next: (was: State<Value>) => State<Value>) => {
      if (mine !== now.turn) return
      now.isBusy = false
      setState(next)
      if (!now.isWantedAgain) return
      now.isWantedAgain = false
      reload()
    }
    setState((was) => ({ ...was, isAsking: true }))
    latest.current().then(
      (value) => done(() => ({ value, isAsking: false })),
      (problem: unknown) => {
        done((was) => ({ ...was, problem, isAsking: false }))
        if (problem instanceof ApiProblem && problem.status === 401) signOut(problem.message)
      },
    )
  }, [signOut])
  useEffect(() => {
    setState({ isAsking: true })
    reload()
    return () => {
      asking.current.turn++
      asking.current.isBusy = false
      asking.current.isWantedAgain = false
    }
  }, about)
  const hasNews = useNews(at, reload)
  useTimer(everyMs === undefined || !hasNews ? everyMs : Math.max(everyMs, seldomMs), reload)
  return { value: state.value, problem: state.problem, isAsking: state.isAsking, reload }
}

/** Asks again at news that concerns the page, and when news comes again after a break. Returns whether it comes. */
function useNews(at: Options['at'], reload: () => void): boolean {
  const feed = useFeed()
  const concerns = useRef(at)
  concerns.current = at
  const [isUp, setUp] = useState(false)
  const wasAway = useRef(false)
  useSignalEffect(() => {
    const now = feed.state.value
    setUp(now === 'up')
    if (now === 'up' && wasAway.current) reload()
    wasAway.current = now === 'away'
  })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = feed.follow((news) => {
      if (timer !== undefined || concerns.current?.(news) !== true) return
      timer = setTimeout(() => {
        timer = undefined
        reload()
      }, gatherMs)
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  }, [feed, reload])
  return isUp && at !== undefined
}

function useTimer(everyMs: number | undefined, reload: () => void): void {
  useEffect(() => {
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, reload])
}
