import { startSipServer } from './server.ts'
import { readFlags } from './standalone-flags.ts'

/** `node engine/sip-server/standalone.ts --sip-port 5060 --control-port 9022 --secret x` */
const options = readFlags(process.argv.slice(2))
try {
  const server = await startSipServer(options)
  process.stdout.write(`sip ${server.sipPort} control ${server.controlPort}\n`)
  const stop = (): void => {
    void server.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
