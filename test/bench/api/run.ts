import { runSuite } from '../suite.ts'
import { deliveries } from './deliveries.ts'
import { listeners } from './listeners.ts'
import { routes } from './routes.ts'

await runSuite(
  {
    command: 'npm run bench:api',
    about: 'about 4 minutes',
    benches: [routes, listeners, deliveries],
  },
  process.argv.slice(2),
)
