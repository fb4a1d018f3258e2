import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Client } from './api/client.ts'
import type { Feed } from './api/feed.ts'
import { mayAsk } from './api/operations.ts'
import type { Console } from './store.ts'

const context = createContext<Console | undefined>(undefined)

export const ConsoleProvider = context.Provider

export function useConsole(): Console {
  const value = useContext(context)
  if (value === undefined) throw new Error('outside the console')
  return value
}

function useSession() {
  const state = useConsole().session.value
  if (state.at !== 'in') throw new Error('nobody is signed in')
  return state
}

/** The API; only below the gate, where somebody is signed in. */
export const useClient = (): Client => useSession().client

/** Whether the key may ask an operation of that id: what would be refused is not offered. */
export function useMay(): (operation: string) => boolean {
  const { client, account } = useSession()
  return (operation) => mayAsk(client.operations, account, operation)
}

/** What happens in the account; below the gate as well. */
export const useFeed = (): Feed => useSession().feed
