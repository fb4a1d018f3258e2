import { type EngineProcess, startEngine } from '../support/engine-process.ts'

/** The engine that is measured: a process of its own, with a trunk whose other end is the bench. */
export interface BenchEngine {
  readonly api: EngineProcess
  readonly pid: number
  readonly sip: { readonly address: string; readonly port: number }
  /** A figure of /metrics; NaN when it is not there. */
  metric(name: string): Promise<number>
  stop(): Promise<void>
}

export const trunkAddress = '127.0.0.5'
export const trunkPrefix = '+612555'
export const ownNumber = '+61290000001'
const httpPort = 9_190
const sipPort = 9_690

/** Everything else is as shipped. Ports of calls rest for 30 s, so that there must be many of them. */
export async function startBenchEngine(
  trunkPort: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchEngine> {
  const api = await startEngine({
    RINGDOWN_HTTP_PORT: String(httpPort),
    RINGDOWN_SIP_PORT: String(sipPort),
    RINGDOWN_SIP_HOST: '127.0.0.1',
    RINGDOWN_RTP_PORTS: '40000-59999',
    RINGDOWN_LAB: 'off',
    RINGDOWN_DEFAULT_NUMBER: ownNumber,
    ...profiled(),
    ...settings,
  })
  const trunk = { name: 'bench', host: trunkAddress, port: trunkPort, prefixes: [trunkPrefix] }
  await created(api, '/v1/voice/trunks', trunk)
  return {
    api,
    pid: api.process.pid!,
    sip: { address: '127.0.0.1', port: sipPort },
    metric: async (name) => {
      const text: string = (await api.get('/metrics')).body
      const line = text.split('\n').find((one) => one.startsWith(`${name} `))
      return Number(line?.slice(name.length + 1) ?? Number.NaN)
    },
    stop: async () => {
      await api.stop()
      api.removeData()
    },
  }
}

/** `BENCH_PROFILE=folder` leaves CPU profiles of every thread of the engine there. */
function profiled(): Readonly<Record<string, string>> {
  const folder = process.env['BENCH_PROFILE']
  return folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` }
}

export async function created(api: EngineProcess, path: string, body: object): Promise<string> {
  const answer = await api.send('POST', path, body)
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  return answer.body.id ?? answer.body.callId
}
