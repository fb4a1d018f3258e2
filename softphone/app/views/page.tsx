import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Login } from './login.tsx'
import { NoticeList } from './notices.tsx'
import { Shell } from './shell.tsx'

export function Page(): JSX.Element {
  const { session } = useApp()
  return (
    <>
      {session.state.value.at === 'in' ? <Shell /> : <Login />}
      <NoticeList />
    </>
  )
}
