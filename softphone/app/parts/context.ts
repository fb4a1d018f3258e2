import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { App } from '../store/app.ts'

const AppContext = createContext<App | undefined>(undefined)

export const AppProvider = AppContext.Provider

/** What the page's parts share. */
export function useApp(): App {
  const app = useContext(AppContext)
  if (app === undefined) throw new Error('No app around this component.')
  return app
}
