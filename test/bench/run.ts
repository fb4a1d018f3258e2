import { benches } from './benches.ts'
import { runSuite } from './suite.ts'

const suite = { command: 'npm run bench', about: 'about 25 minutes', benches }
await runSuite(suite, process.argv.slice(2))
