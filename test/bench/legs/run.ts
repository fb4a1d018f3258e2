import { runSuite } from '../suite.ts'
import { cost, knee, profile } from './legs.ts'

const suite = {
  command: 'npm run bench:legs',
  about: 'an hour, of which five minutes for each step of "last"',
  benches: [cost, profile, knee],
}
await runSuite(suite, process.argv.slice(2))
