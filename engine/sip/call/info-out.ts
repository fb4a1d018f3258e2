import type { Context } from '../context.ts'

/** A key press in an INFO of the dialog; false when the phone does not take it. */
export const sendInfoDigit = (
  ctx: Context,
  dialogId: string,
  digit: string,
  durationMs: number,
): Promise<boolean> =>
  new Promise((resolve) => {
    ctx.link.request(
      {
        method: 'INFO',
        dialogId,
        headers: { 'Content-Type': 'application/dtmf-relay' },
        body: `Signal=${digit}\r\nDuration=${durationMs}\r\n`,
      },
      {
        response: ({ status }) => {
          if (status >= 200) resolve(status < 300)
        },
        failed: () => resolve(false),
      },
    )
  })
