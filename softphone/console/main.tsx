import { render } from 'preact'
import '../app/styles/tokens.css'
import '../app/styles/base.css'
import '../app/styles/controls.css'
import '../app/styles/lists.css'
import '../app/styles/messages.css'
import '../app/styles/motion.css'
import './styles/console.css'
import './styles/parts.css'
import './styles/timeline.css'
import './styles/recording.css'
import { browserFeed } from './api/feed.ts'
import { ConsoleProvider } from './context.ts'
import { Page } from './page.tsx'
import { createConsole } from './store.ts'

const place = document.querySelector('#app')
if (place !== null)
  render(
    <ConsoleProvider value={createConsole(window, () => browserFeed(location))}>
      <Page />
    </ConsoleProvider>,
    place,
  )
