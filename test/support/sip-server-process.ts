import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { certificateFiles } from './certificate-files.ts'

const root = resolve(import.meta.dirname, '../..')
const secret = 'of-the-tests'

/** Our SIP server as a program, beside the engine as a drachtio-server would be. */
export interface SipServerProcess {
  /** `host:port:secret` */
  readonly control: string
  stop(): Promise<void>
}

/**
 * True for `TEST_SIP_SERVER=separate`, which gives each engine of the tests such a server. What is the
 * embedded server's alone is then skipped: `/sip` of the HTTP server, and silence that is noticed within
 * seconds (100 Trying is not shown by the control protocol).
 */
export const sipServerIsSeparate = process.env['TEST_SIP_SERVER'] === 'separate'

export async function startSipServerProcess(ports: {
  readonly sip: number
  readonly tls: number
}): Promise<SipServerProcess> {
  const certificate = certificateFiles()
  const flags = {
    ...{ 'sip-host': '127.0.0.1', 'sip-port': ports.sip, 'control-port': 0, secret },
    ...{ 'sip-tls-port': ports.tls, 'cert-file': certificate.certFile },
    'key-file': certificate.keyFile,
  }
  const child = spawn(
    join(root, 'node_modules/.bin/node'),
    [
      join(root, 'engine/sip-server/standalone.ts'),
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exit = once(child, 'exit')
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    exit.then(() => {
      throw new Error('the SIP server ended at its start')
    }),
  ])
  const control = /control (\d+)/.exec(String(line))?.[1]
  return {
    control: `127.0.0.1:${control}:${secret}`,
    stop: async () => {
      child.kill('SIGTERM')
      await exit
      certificate.remove()
    },
  }
}
