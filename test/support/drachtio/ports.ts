/**
 * The port plan of one scenario. Everything that shows up inside a SIP message or a control frame
 * has a fixed place relative to a base, so that a recording can name it (`srv`, `p0`, ...).
 */
export interface PortPlan {
  /** SIP port of the server under test, UDP and TCP. */
  readonly sip: number
  /** Control port; used only where the server runs as a process of its own. */
  readonly control: number
  peer(index: number): number
}

/** Two runs on one machine need two ranges. */
const firstPort = Number(process.env['RINGDOWN_TEST_FIRST_PORT'] ?? 24_000)
const stride = 20
const peers = 8
const peerOffset = 2

const slots = 150

export function portPlan(slot: number): PortPlan {
  if (slot < 0 || slot >= slots) throw new RangeError(`no ports for slot ${slot}`)
  const base = firstPort + slot * stride
  return {
    sip: base,
    control: base + 12,
    peer(index) {
      if (index < 0 || index >= peers) throw new RangeError(`no port for peer ${index}`)
      return base + peerOffset + index
    },
  }
}

/** Names a port for a recording; undefined for a port that is not part of the plan. */
export type PortNames = (port: number) => string | undefined

/** `sipPort`: where the server really listens, which differs from the plan for an external server. */
export function planNames(plan: PortPlan, sipPort: number): PortNames {
  const names = new Map<number, string>([
    [plan.sip, 'srv'],
    [sipPort, 'srv'],
  ])
  for (let index = 0; index < peers; index++) names.set(plan.peer(index), `p${index}`)
  return (port) => names.get(port)
}
