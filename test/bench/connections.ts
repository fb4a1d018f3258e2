import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import { certificateFiles } from '../support/certificate-files.ts'
import { Inspector } from './inspector.ts'
import { rssBytes } from './process-figures.ts'
import { type Bench, inKib, inMib, type Print, printTable } from './report.ts'
import { phonesAddress, SipRig } from './sip-rig.ts'

const settleMs = 2_000
const host = '127.0.0.1'
const localAddress = phonesAddress

interface Kind {
  readonly name: string
  open(ports: SipRig['ports']): Promise<() => void>
}

const opened = async (socket: Socket, event: string): Promise<() => void> => {
  await once(socket, event)
  return () => socket.destroy()
}

const kinds: readonly Kind[] = [
  {
    name: 'TCP',
    open: ({ sipPort: port }) => opened(connect({ host, port, localAddress }), 'connect'),
  },
  {
    name: 'WebSocket',
    open: async ({ wsPort }) => {
      const socket = new WebSocket(`ws://${host}:${wsPort}`, 'sip', { localAddress })
      await once(socket, 'open')
      return () => socket.terminate()
    },
  },
  {
    name: 'TLS',
    open: ({ tlsPort: port }) =>
      opened(
        connectTls({
          socket: connect({ host, port, localAddress }),
          rejectUnauthorized: false,
        }),
        'secureConnect',
      ),
  },
]

interface Held {
  readonly heap: number
  readonly rss: number
}

async function held(rig: SipRig, inspector: Inspector): Promise<Held> {
  await sleep(settleMs)
  const heaps = await inspector.heaps()
  await sleep(500)
  const heap = heaps.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
  return { heap, rss: rssBytes(rig.side.pid) }
}

async function openAll(rig: SipRig, kind: Kind, count: number): Promise<(() => void)[]> {
  const close: (() => void)[] = []
  while (close.length < count) {
    const some = Array.from({ length: Math.min(50, count - close.length) }, () =>
      kind.open(rig.ports),
    )
    close.push(...(await Promise.all(some)))
  }
  return close
}

/** Each kind twice in one process: what the first time leaves for reuse is not counted the second time. */
async function run(print: Print, isShort: boolean): Promise<void> {
  const count = isShort ? 50 : 1_000
  const files = certificateFiles()
  const { certFile, keyFile } = files
  const rig = await SipRig.start({
    execArgv: ['--inspect=127.0.0.1:0'],
    tls: { certFile, keyFile, port: 0 },
  })
  try {
    const inspector = await Inspector.attach(rig.side)
    const rows = [['', 'connections', 'heaps each', 'RSS each', 'RSS each, again', 'RSS in all']]
    for (const kind of kinds) {
      const before = await held(rig, inspector)
      const first = await openAll(rig, kind, count)
      const at = await held(rig, inspector)
      const { connections } = await rig.left()
      for (const close of first) close()
      const between = await held(rig, inspector)
      const second = await openAll(rig, kind, count)
      const again = await held(rig, inspector)
      for (const close of second) close()
      await held(rig, inspector)
      rows.push([
        kind.name,
        String(connections),
        inKib((at.heap - before.heap) / count),
        inKib((at.rss - before.rss) / count),
        inKib((again.rss - between.rss) / count),
        inMib(again.rss),
      ])
    }
    printTable(print, rows)
    print(`  (still open after all were closed: ${(await rig.left()).connections})`)
    inspector.close()
  } finally {
    await rig.stop()
    files.remove()
  }
}

export const connections: Bench = {
  name: 'connections',
  title: 'Memory of an idle TCP connection, WebSocket and TLS connection',
  run,
}
