import { type ReadonlySignal, signal } from '@preact/signals'
import { isObject, objectOf, text } from './json.ts'

/** Of the account's log, as much as tells which pages it concerns. */
export interface News {
  readonly type: string
  readonly callId: string
}

/** Whether news comes by itself: not yet, it does, or the engine is away. */
export type FeedState = 'connecting' | 'up' | 'away'

/** The log of the account as it is written, for as long as somebody is signed in. */
export interface Feed {
  readonly state: ReadonlySignal<FeedState>
  /** Returns how to end it. */
  follow(tell: (news: News) => void): () => void
  /** Nothing is told any more. */
  stop(): void
}

/** What of a WebSocket is used. */
export interface Wire {
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((message: { readonly data: unknown }) => void) | null
  send(text: string): void
  close(): void
}

interface FeedPorts {
  readonly connect: () => Wire
  readonly wait: (then: () => void, ms: number) => () => void
}

const firstWaitMs = 500
const longestWaitMs = 15_000
const ask = JSON.stringify({ id: 1, do: 'follow', params: { events: { after: 'now' } } })

/** Connects, and again with growing pauses whenever it was cut off. The session's cookie goes with it by itself. */
export function createFeed({ connect, wait }: FeedPorts): Feed {
  const state = signal<FeedState>('connecting')
  const listeners = new Set<(news: News) => void>()
  let waitMs = firstWaitMs
  let wire: Wire | undefined
  let endWait: () => void = () => undefined
  const open = (): void => {
    const mine = connect()
    wire = mine
    mine.onopen = () => mine.send(ask)
    mine.onmessage = ({ data }) => {
      const said = readMessage(data)
      if (said === 'begun') {
        waitMs = firstWaitMs
        state.value = 'up'
      } else if (said !== undefined) for (const tell of listeners) tell(said)
    }
    mine.onclose = () => {
      state.value = 'away'
      endWait = wait(open, waitMs)
      waitMs = Math.min(waitMs * 2, longestWaitMs)
    }
  }
  open()
  return {
    state,
    follow(tell) {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    stop() {
      endWait()
      listeners.clear()
      if (wire) wire.onclose = null
      wire?.close()
    },
  }
}

/** `begun` is the answer to what was asked; what is odd is passed over. */
function readMessage(data: unknown): News | 'begun' | undefined {
  const message = parsed(data)
  if (!isObject(message)) return undefined
  if (message['id'] === 1 && message['ok'] === true) return 'begun'
  if (message['event'] !== 'event') return undefined
  const event = objectOf(message['data'])
  return { type: text(event, 'type'), callId: text(event, 'call_id') }
}

function parsed(data: unknown): unknown {
  try {
    return JSON.parse(String(data))
  } catch {
    return undefined
  }
}

/** The feed of this engine, over a WebSocket of the browser. */
export function browserFeed({ protocol, host }: Pick<Location, 'protocol' | 'host'>): Feed {
  const address = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/v1/voice/ws`
  return createFeed({
    connect: () => wireOf(new WebSocket(address)),
    wait(then, ms) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
  })
}

function wireOf(socket: WebSocket): Wire {
  const wire: Wire = {
    ...{ onopen: null, onclose: null, onmessage: null },
    send: (message) => socket.send(message),
    close: () => socket.close(),
  }
  socket.onopen = () => wire.onopen?.()
  socket.onclose = () => wire.onclose?.()
  socket.onmessage = ({ data }) => wire.onmessage?.({ data })
  return wire
}
