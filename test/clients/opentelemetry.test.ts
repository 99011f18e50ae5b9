import { join } from 'node:path'
import t from 'tap'
import { installedProject, registerPath } from '../package/packed.js'
import { runNode } from '../package/run.js'
import { listen } from '../src/connect/fixtures/servers.js'
import { projectFolder } from '../project.js'

t.setTimeout(300_000)

const host = 'b0.kafka.example'
const service = join(projectFolder, 'test/clients/services/opentelemetry.cjs')

for (const order of ['before', 'after'] as const) {
  t.test(
    `register is loaded ${order} OpenTelemetry's net instrumentation: the broker is led, its name stands in the span`,
    async t => {
      const { port } = await listen(t)
      const register = registerPath(await installedProject(), 'cjs')
      const args = order === 'before' ? ['--require', register, service] : [service]
      const env = {
        BROKER: host,
        KAFKA_SPLIT_DNS_MAP: `${host}=127.0.0.1:${port}`,
        ...(order === 'after' ? { REGISTER: register } : {}),
      }
      const { stdout, stderr } = await runNode(args, { cwd: projectFolder, env })
      t.equal(stderr, '')
      const said: unknown = JSON.parse(stdout)
      t.match(said, {
        port,
        spans: [
          {
            name: 'tcp.connect',
            attributes: { 'net.peer.name': host, 'net.peer.port': order === 'before' ? 9092 : port },
          },
        ],
      })
    },
  )
}
