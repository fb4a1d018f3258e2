import { type Clock, startSipServer } from '../../../engine/sip-server/index.ts'
import type { PortPlan } from './ports.ts'
import { nowMs } from './recording.ts'
import { type ServerNeeds, type ServerUnderTest, secret } from './server-under-test.ts'

/** The embedded server inside the test process, on a clock that runs `speed` times faster. */
export async function startEmbedded(plan: PortPlan, needs: ServerNeeds): Promise<ServerUnderTest> {
  const speed = needs.speed ?? 1
  const { externalAddress } = needs
  const server = await startSipServer({
    host: '127.0.0.1',
    port: plan.sip,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    clock: fastClock(speed),
    ...(externalAddress === undefined
      ? {}
      : { publicAddress: externalAddress, publicFor: 'all' as const }),
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

function fastClock(speed: number): Clock {
  const startMs = nowMs()
  return {
    nowMs: () => startMs + (nowMs() - startMs) * speed,
    after(delayMs, fn) {
      const timer = setTimeout(fn, delayMs / speed)
      return () => clearTimeout(timer)
    },
  }
}
