import type { FastifyInstance } from 'fastify'
import { documentPath, openApi } from '../openapi/document.ts'
import type { ApiOptions } from '../options.ts'

/** Health, readiness, figures and the documentation: open to everybody who reaches the port. */
export function addServiceRoutes(app: FastifyInstance, options: ApiOptions): void {
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
  addDocuments(app, options)
}

/** An OpenAPI document for each dialect, and a list of them. */
function addDocuments(app: FastifyInstance, options: ApiOptions): void {
  const { dialects, publicUrl, version } = options
  const documents = dialects.map((dialect) => {
    const { id, title } = dialect
    return { id, title, url: publicUrl + documentPath(dialect) }
  })
  app.get('/openapi', async () => ({ documents }))
  for (const dialect of dialects) {
    let document: string | undefined
    app.get(documentPath(dialect), async (_request, reply) => {
      document ??= JSON.stringify(openApi(dialect, { version, serverUrl: publicUrl }))
      return reply.type('application/json; charset=utf-8').send(document)
    })
  }
}
