import { render } from 'preact'
import './styles/index.css'
import { AppProvider } from './parts/context.ts'
import { createApp } from './store/app.ts'
import {
  chooseMicrophone,
  followEngine,
  followVoiceSettings,
  leaveWhenOver,
  runPhone,
  sound,
  takeBack,
  tellOutside,
  wearTheme,
} from './store/wiring.ts'
import { Page } from './views/page.tsx'

const app = createApp(window)
wearTheme(app)
takeBack(app, window)
runPhone(app)
followEngine(app)
sound(app)
tellOutside(app)
chooseMicrophone(app)
followVoiceSettings(app)
leaveWhenOver(app)

const place = document.querySelector('#app')
if (place !== null)
  render(
    <AppProvider value={app}>
      <Page />
    </AppProvider>,
    place,
  )

// Most of the page's weight: fetched when the page stands, so that it is there once somebody has signed in.
import('../device/index.ts').catch(() => undefined)
