import type { FastifyInstance } from 'fastify'
import type { ApiOptions } from '../options.ts'
import { openApi } from './openapi.ts'

/** Health, readiness, figures and the documentation: open to everybody who reaches the port. */
export function addServiceRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { dialects, publicUrl, version } = options
  const document = JSON.stringify(openApi(dialects, { version, serverUrl: publicUrl }))
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const { ready, checks } = options.readiness()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks })
  })
  app.get('/metrics', async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(await options.observe.metricsText()),
  )
  app.get('/openapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(document),
  )
}
