import { runSuite } from '../../bench/suite.ts'
import { webRtcBenches } from './benches.ts'

const suite = {
  ...{ command: 'npm run bench:webrtc', about: 'about 7 minutes' },
  benches: webRtcBenches,
}
await runSuite(suite, process.argv.slice(2))
