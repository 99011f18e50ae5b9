import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import https from 'node:https'
import t from 'tap'
import { Agent, fetch } from 'undici'
import { createSplitDns } from '../../src/index.js'
import { certificateFor } from '../src/connect/fixtures/servers.js'
import { startSchemaRegistry } from './schema-registry.js'

const host = 'registry.kafka.example'

t.test("undici's Agent takes lookup, and checks the certificate against the name of the URL", async t => {
  const certificate = certificateFor(t, `DNS:${host}`)
  const { port, asked } = await startSchemaRegistry(t, certificate)
  await using splitDns = createSplitDns({ map: `${host}=127.0.0.1, other.kafka.example=127.0.0.1` })
  const dispatcher = new Agent({ connect: { lookup: splitDns.lookup, ca: certificate.cert } })
  t.teardown(() => dispatcher.close())
  const response = await fetch(`https://${host}:${port}/config/orders`, { dispatcher })
  t.same(await response.json(), { compatibilityLevel: 'BACKWARD' })
  t.strictSame(asked, [`GET /config/orders ${host}`])
  const wrong = fetch(`https://other.kafka.example:${port}/config/orders`, { dispatcher })
  await t.rejects(wrong, { cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
})

t.test("@kafkajs/confluent-schema-registry's agent takes lookup", async t => {
  const certificate = certificateFor(t, `DNS:${host}`)
  const { port, asked } = await startSchemaRegistry(t, certificate)
  await using splitDns = createSplitDns({ map: `${host}=127.0.0.1` })
  const agent = new https.Agent({ lookup: splitDns.lookup, ca: certificate.cert, keepAlive: true })
  t.teardown(() => agent.destroy())
  const registry = new SchemaRegistry({ host: `https://${host}:${port}`, agent })
  const schema = { type: 'record', name: 'Order', namespace: 'example', fields: [{ name: 'id', type: 'string' }] }
  const { id } = await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(schema) })
  const encoded = await registry.encode(id, { id: 'A-1' })
  const reader = new SchemaRegistry({ host: `https://${host}:${port}`, agent })
  t.match(await reader.decode(encoded), { id: 'A-1' })
  t.ok(asked.length >= 2)
  t.ok(asked.every(line => line.endsWith(` ${host}`)))
})
