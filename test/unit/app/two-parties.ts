import type { CallId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab } from '../../support/call-lab.ts'

export interface TwoParties {
  readonly lab: CallLab
  /** Device 1001, who dialled. */
  readonly caller: CallId
  /** Device 1002, who answered. */
  readonly callee: CallId
}

/** Device 1001 has dialled 1002, and they talk. 1003 is registered too, 1004 is not. */
export async function twoParties(
  overrides: Parameters<typeof openCallLab>[0] = {},
): Promise<TwoParties> {
  const lab = await openCallLab(overrides)
  await lab.addDevice('1001', true)
  await lab.addDevice('1002', true)
  await lab.addDevice('1003', true)
  await lab.addDevice('1004', false)
  const caller = await dials(lab, '1001', '1002')
  const callee = lab.invited.at(-1)!
  await answers(lab, callee)
  lab.commands.length = 0
  return { lab, caller, callee }
}

/** A device dials; the INVITE to whom it wants is out. */
export async function dials(
  lab: CallLab,
  username: string,
  to: string,
  replaces?: CallId,
): Promise<CallId> {
  const callId = lab.ports.ids.uuid() as CallId
  const device = await lab.store.devices.byUsername(username)
  lab.sip.incoming({
    ...{ callId, sipCallId: `${username}@phone`, from: username, fromName: null, to },
    protocol: 'udp',
    source: { kind: 'device', deviceId: device!.id, username },
    sdp: 'v=0 theirs',
    ...(replaces === undefined ? {} : { replaces }),
  })
  await lab.settle()
  return callId
}

export async function answers(lab: CallLab, id: CallId): Promise<void> {
  lab.sip.answered(id, 'v=0', 'x@phone')
  await lab.settle()
}

export async function hangsUp(lab: CallLab, id: CallId): Promise<void> {
  lab.sip.remoteHangup(id, 'BYE')
  await lab.settle()
}
