import { telefonie } from '../../engine/api/dialects/telefonie/index.ts'
import { noticeRenderer, transcriptRenderer } from '../../engine/compose/dialects.ts'
import type { OutgoingRequest } from '../../engine/core/ports/web.ts'
import type { CallLab } from './call-lab.ts'

const written = noticeRenderer([telefonie], (id) => `https://pbx.example/${id}`)

export interface Sent {
  readonly method: string
  readonly path: string
  /** Of its body, or of the query of one without. */
  readonly form: Record<string, string>
  readonly request: OutgoingRequest
}

/** All webhooks that wait, as they would be sent, in order; then none waits any more. */
export async function sentBy(lab: CallLab): Promise<Sent[]> {
  const all: Sent[] = []
  const { recordings } = lab.store
  const render = transcriptRenderer(written, recordings, (id) => `https://pbx.example/${id}/text`)
  for (;;) {
    await lab.settle()
    const due = await lab.store.outbox.due(lab.clock.nowMs() + 1e9, 50)
    if (due.length === 0) return all
    for (const delivery of due) {
      const request = await render(delivery)
      if (!request) throw new Error('nothing is to be sent')
      const { pathname, search } = new URL(request.url)
      const form = Object.fromEntries(new URLSearchParams(request.body ?? search))
      all.push({ method: request.method, path: pathname, form, request })
      await lab.store.outbox.delivered(delivery.id)
    }
  }
}
