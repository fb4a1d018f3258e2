import { startSipServer } from './server.ts'
import { readFlags } from './standalone-flags.ts'

/** `node engine/sip-server/standalone.ts --sip-port 5060 --control-port 9022 --secret x` */
try {
  const server = await startSipServer(readFlags(process.argv.slice(2)))
  const { sipPort, controlPort, tlsPort, wssPort, wsPort } = server
  const more = Object.entries({ tls: tlsPort, wss: wssPort, ws: wsPort })
    .filter(([, port]) => port !== 0)
    .map(([name, port]) => `${name} ${port}\n`)
  process.stdout.write(`sip ${sipPort} control ${controlPort}\n${more.join('')}`)
  const stop = (): void => {
    void server.close().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
