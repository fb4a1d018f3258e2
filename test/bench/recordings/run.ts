import { runSuite } from '../suite.ts'
import { atOnce } from './at-once.ts'
import { twoHours } from './two-hours.ts'

const suite = {
  ...{ command: 'npm run bench:recordings', about: 'about 5 minutes' },
  benches: [atOnce, twoHours],
}
await runSuite(suite, process.argv.slice(2))
