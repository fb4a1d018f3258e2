import type { GeneratorQuestion } from './call-generator.ts'
import { BenchChild, type ChildOptions } from './child.ts'
import type { SipSideLeft, SipSidePorts, SipSideQuestion } from './sip-side.ts'

export const phonesAddress = '127.0.0.5'
const profile = process.env['BENCH_PROFILE']
const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]

/** The SIP half of an engine on one core, and all its phones on another. */
export class SipRig {
  readonly side: BenchChild
  readonly phones: BenchChild
  readonly ports: SipSidePorts

  private constructor(side: BenchChild, phones: BenchChild, ports: SipSidePorts) {
    this.side = side
    this.phones = phones
    this.ports = ports
  }

  static async start(
    options: ChildOptions & Pick<SipSideQuestion & { is: 'open' }, 'tls' | 'traceBytes'> = {},
  ): Promise<SipRig> {
    const { execArgv = [], tls, traceBytes } = options
    const side = new BenchChild(new URL('./sip-side.ts', import.meta.url), {
      ...{ core: 0, execArgv: [...execArgv, ...profiling] },
    })
    const phones = new BenchChild(new URL('./call-generator.ts', import.meta.url), { core: 1 })
    const opening: GeneratorQuestion = { is: 'open', address: phonesAddress }
    const port = await phones.ask<number>(opening)
    const open: SipSideQuestion = {
      is: 'open',
      trunk: { host: phonesAddress, port },
      ...(tls === undefined ? {} : { tls }),
      ...(traceBytes === undefined ? {} : { traceBytes }),
    }
    const ports = await side.ask<SipSidePorts>(open)
    const toServer: GeneratorQuestion = { is: 'server', port: ports.sipPort }
    await phones.ask(toServer)
    return new SipRig(side, phones, ports)
  }

  left(): Promise<SipSideLeft> {
    const question: SipSideQuestion = { is: 'left' }
    return this.side.ask(question)
  }

  async stop(): Promise<void> {
    await this.side.stop()
    await this.phones.stop()
  }
}
