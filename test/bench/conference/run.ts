import { runSuite } from '../suite.ts'
import { conferences, jittery, largest } from './conference.ts'

const benches = [conferences, jittery, largest]
const suite = { command: 'npm run bench:conference', about: 'about 25 minutes', benches }
await runSuite(suite, process.argv.slice(2))
