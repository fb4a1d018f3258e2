import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why tests with Kamailio cannot run here; undefined when they can. */
export const noKamailio: string | undefined =
  spawnSync('kamailio', ['-v']).status === 0 ? undefined : 'kamailio is not installed'

export interface Kamailio {
  readonly address: string
  readonly port: number
  /** What it printed: its log, and a line for each REGISTER and INVITE. */
  output(): string
  /** Hears nothing from now on, and keeps its port. */
  freeze(): void
  thaw(): void
  /** Resolves when its port is free. */
  kill(): Promise<void>
  stop(): Promise<void>
}

interface KamailioOptions {
  readonly address: string
  readonly port: number
  readonly realm: string
  readonly login: { readonly username: string; readonly password: string }
  /** Where calls that prove who they are from go. */
  readonly phone: { readonly address: string; readonly port: number }
}

/**
 * A provider: REGISTER and INVITE have to bring a digest, a call from the phone goes to whoever registered.
 * It does not ask to stay in dialogs (Record-Route), and passes on what comes nevertheless.
 */
const config = ({ address, port, realm, login, phone }: KamailioOptions): string => `
debug=2
log_stderror=yes
fork=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:${address}:${port}
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 60)
modparam("auth", "nonce_expire", 30)

request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (is_method("OPTIONS")) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (has_totag() && is_method("ACK|BYE")) {
    t_relay();
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("${realm}", "${login.password}", "0") || $au != "${login.username}") {
      xlog("L_NOTICE", "REGISTER refused $fU $ci $cs\\n");
      www_challenge("${realm}", "0");
      exit;
    }
    xlog("L_NOTICE", "REGISTER taken $fU for $hdr(Expires)\\n");
    save("location");
    exit;
  }
  if (!is_method("INVITE")) {
    sl_send_reply("405", "Method Not Allowed");
    exit;
  }
  if ($si == "${phone.address}" && $sp == ${phone.port}) {
    $ru = "sip:${login.username}@${realm}";
    if (!lookup("location")) {
      sl_send_reply("480", "Not Registered");
      exit;
    }
    t_relay();
    exit;
  }
  if (!pv_proxy_authenticate("${realm}", "${login.password}", "0") || $au != "${login.username}") {
    proxy_challenge("${realm}", "0");
    exit;
  }
  consume_credentials();
  xlog("L_NOTICE", "INVITE taken for $rU\\n");
  $rd = "${phone.address}";
  $rp = "${phone.port}";
  t_relay();
  exit;
}
`

/** Starts one of the test's own. Rejects when it does not answer within 40 seconds. */
export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const folder = mkdtempSync(join(tmpdir(), 'kamailio-'))
  const file = join(folder, 'kamailio.cfg')
  writeFileSync(file, config(options))
  const args = ['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '8']
  args.push('-w', folder, '-Y', folder, '-P', join(folder, 'pid'))
  const child = spawn('kamailio', args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // a process group of its own
    detached: true,
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      text += data.toString()
    })
  }
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await answering(options, child)
  } catch (error) {
    await stop()
    throw new Error(`kamailio did not start: ${text.slice(-2_000)}`, { cause: error })
  }
  return {
    ...{ address: options.address, port: options.port, output: () => text, stop },
    freeze: () => signal(child, 'SIGSTOP'),
    thaw: () => signal(child, 'SIGCONT'),
    kill: async () => {
      signal(child, 'SIGKILL')
      while (!(await isFree(options))) await new Promise((retry) => setTimeout(retry, 20))
    },
  }
}

async function isFree({ address, port }: Pick<KamailioOptions, 'address' | 'port'>) {
  const socket = createSocket('udp4')
  const bound = once(socket.bind(port, address), 'listening')
  return bound.then(
    () => {
      socket.close()
      return true
    },
    () => false,
  )
}

/** To all processes of its group, which are its own. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, name)
  }
}

/** Its children end with it. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  signal(child, 'SIGCONT')
  child.kill('SIGTERM')
  const late = setTimeout(() => signal(child, 'SIGKILL'), 5_000)
  await exit
  clearTimeout(late)
}

async function answering(
  { address, port }: Pick<KamailioOptions, 'address' | 'port'>,
  child: ChildProcess,
): Promise<void> {
  const socket = createSocket('udp4')
  const answer = once(socket, 'message')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const own = `127.0.0.1:${socket.address().port}`
  const options = [
    `OPTIONS sip:${address}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bKready;rport`,
    `From: <sip:test@${own}>;tag=1`,
    `To: <sip:${address}:${port}>`,
    `Call-ID: ready@${own}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 10',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n')
  const asking = setInterval(() => socket.send(options, port, address, () => {}), 100)
  try {
    await Promise.race([
      answer,
      once(child, 'exit').then(([code]) => {
        throw new Error(`it ended with ${code}`)
      }),
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error('no answer within 40 s')), 40_000).unref()
      }),
    ])
  } finally {
    clearInterval(asking)
    socket.close()
  }
}
