import { render } from 'preact'
import '../../app/styles/tokens.css'
import '../../app/styles/base.css'
import '../../app/styles/controls.css'
import '../../app/styles/lists.css'
import '../../app/styles/messages.css'
import '../../app/styles/motion.css'
import '../styles/console.css'
import '../styles/parts.css'
import '../styles/timeline.css'
import '../styles/recording.css'
import { SharedPage } from './shared-page.tsx'

const place = document.querySelector('#app')
if (place !== null) render(<SharedPage path={location.pathname.replace(/\/$/, '')} />, place)
