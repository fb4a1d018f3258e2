import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * A server that closes takes a connection for idle once its answer was ended, also while that is still on its way
 * through TLS or a slow network, and cuts it off. So it closes only when what was ended is sent.
 */
export function sendBeforeClosing(app: FastifyInstance): void {
  const answers = new Set<ServerResponse>()
  app.addHook('onRequest', async (_request, { raw }) => {
    answers.add(raw)
    raw.once('close', () => answers.delete(raw))
  })
  const unsent = (): ServerResponse[] =>
    [...answers].filter((one) => one.writableEnded && !one.writableFinished && !one.destroyed)
  app.addHook('preClose', async () => {
    for (let rest = unsent(); rest.length > 0; rest = unsent()) {
      await Promise.all(rest.map((one) => new Promise((resolve) => one.once('close', resolve))))
    }
  })
}
