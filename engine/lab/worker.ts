import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { Log } from '../core/ports/observe.ts'
import { resample } from '../dsp/resampler.ts'
import { ToneGenerator } from '../dsp/tone-generator.ts'
import { TONES, type ToneName } from '../dsp/tones.ts'
import { downmix, readWav } from '../dsp/wav.ts'
import { startSipServer } from '../sip-server/index.ts'
import { Carrier } from './carrier.ts'
import type { LabSound } from './plan.ts'

/** What the lab's thread is started with. */
export interface LabWorkerData {
  readonly address: string
  readonly sipPort: number
  /** WAV files of what the lab's people say; without one a tone pattern takes its place. */
  readonly voices: Readonly<Partial<Record<LabSound, string>>>
}

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const standIns: Readonly<Record<LabSound, ToneName>> = {
  agent: 'ringbackUk',
  lead: 'busyUs',
  greeting: 'busyEu',
  hello: 'busyEu',
}

function soundOf(name: LabSound, path: string | undefined): Int16Array {
  if (path !== undefined) {
    const { samples, rateHz } = readWav(readFileSync(path))
    return resample(downmix(samples), rateHz, 8_000)
  }
  const pcm = new Int16Array(name === 'hello' ? 4_000 : 16_000)
  new ToneGenerator(TONES[standIns[name]]).next(pcm, 0, pcm.length)
  return pcm
}

async function main({ address, sipPort, voices }: LabWorkerData): Promise<void> {
  const secret = crypto.randomUUID()
  const server = await startSipServer({
    host: address,
    port: sipPort,
    transports: ['udp', 'tcp'],
    controlHost: '127.0.0.1',
    controlPort: 0,
    secret,
    publicAddress: address,
  })
  const sounds = {
    agent: soundOf('agent', voices.agent),
    lead: soundOf('lead', voices.lead),
    greeting: soundOf('greeting', voices.greeting),
    hello: soundOf('hello', voices.hello),
  }
  const control = { host: '127.0.0.1', port: server.controlPort, secret }
  const carrier = new Carrier({ control, address, sounds, log: quiet })
  await carrier.ready
  parentPort?.on('message', () => {
    carrier.close()
    void server.close().then(() => process.exit(0))
  })
  parentPort?.postMessage({ ready: true, sipPort: server.sipPort })
}

main(workerData as LabWorkerData).catch((error: unknown) => {
  parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) })
})
