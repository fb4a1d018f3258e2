import { startSipServer } from '../../../engine/sip-server/index.ts'
import type { PortPlan } from './ports.ts'
import { type ServerNeeds, type ServerUnderTest, secret } from './server-under-test.ts'

/** The embedded server inside the test process, its timers shortened by `speed`. */
export async function startEmbedded(plan: PortPlan, needs: ServerNeeds): Promise<ServerUnderTest> {
  const speed = needs.speed ?? 1
  const server = await startSipServer({
    host: '127.0.0.1',
    port: plan.sip,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
  })
  return {
    kind: 'embedded',
    controlHost: '127.0.0.1',
    controlPort: server.controlPort,
    sipPort: server.sipPort,
    secret,
    speed,
    stop: () => server.close(),
  }
}
