import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Certificate, Teardown } from '../src/connect/fixtures/servers.js'

export interface SchemaRegistryServer {
  readonly port: number
  /** `METHOD /path` of each request, with the name that its client checked the certificate against. */
  readonly asked: string[]
}

/** A schema registry of one process: it keeps schemas by id, over HTTPS on 127.0.0.1, until the test ends. */
export async function startSchemaRegistry(t: Teardown, certificate: Certificate): Promise<SchemaRegistryServer> {
  const asked: string[] = []
  const schemas: string[] = []
  const server = createServer({ ...certificate }, (request, response) => {
    const { method = '', url = '' } = request
    asked.push(`${method} ${url} ${String(Reflect.get(request.socket, 'servername'))}`)
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const answer = answerTo(method, url, body, schemas)
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? { error_code: 40401, message: 'not found' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

function answerTo(method: string, url: string, body: string, schemas: string[]): object | undefined {
  if (method === 'GET' && url.startsWith('/config/')) return { compatibilityLevel: 'BACKWARD' }
  if (method === 'POST' && /^\/subjects\/[^/]+\/versions$/.test(url)) {
    const { schema } = JSON.parse(body) as { schema: string }
    return { id: schemas.push(schema) }
  }
  const [, id] = /^\/schemas\/ids\/(\d+)/.exec(url) ?? []
  const schema = schemas[Number(id) - 1]
  return schema === undefined ? undefined : { schema, schemaType: 'AVRO' }
}
