import type { Authenticator } from '../auth/authenticator.ts'
import type { Dialog } from '../call/dialog.ts'
import type { RequestIn } from '../link/link.ts'

/** A re-INVITE or UPDATE from where `username` was not yet: of a phone that moved, or of somebody else. */
export async function receiveMoved(
  authenticator: Authenticator,
  dialog: Dialog,
  username: string,
  request: RequestIn,
): Promise<void> {
  let canceled = false
  request.onCancel(() => {
    canceled = true
  })
  const device = await authenticator.admit(request)
  if (device === undefined || canceled) return
  if (device.username !== username) {
    request.respond(403)
    return
  }
  dialog.movedTo(request.address)
  dialog.receive(request)
}
