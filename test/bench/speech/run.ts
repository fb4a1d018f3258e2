import { runSuite } from '../suite.ts'
import { atOnce, cached, providers, transcription } from './speech.ts'

const benches = [providers, cached, atOnce, transcription]
const suite = { command: 'npm run bench:speech', about: 'about 2 minutes', benches }
await runSuite(suite, process.argv.slice(2))
