import { join } from 'node:path'
import { client, connected, createTopic } from '../kafka/clients.js'
import { mapVariables } from '../kafka/split-dns-factory.js'
import { shapes } from '../kafka/shape.js'
import { kafkaTest } from '../kafka/suite.js'
import { installedProject, registerPath } from '../package/packed.js'
import { runNode } from '../package/run.js'
import { projectFolder } from '../project.js'

const count = 30
const expected = Array.from({ length: count }, (_, i) => `message ${i}`).sort()
const services = join(projectFolder, 'test/clients/services')

const loads = [
  { name: '--import', flag: '--import', form: 'esm' },
  { name: '--require', flag: '--require', form: 'cjs' },
] as const

for (const name of ['kafkajs', 'platformatic']) {
  for (const [index, shape] of shapes.entries()) {
    for (const protocol of ['plaintext', 'ssl'] as const) {
      // Each way of loading in one of the shapes.
      const load = loads[index] ?? loads[0]
      kafkaTest(shape, `${protocol}: a service on ${name} is led by ${load.name} alone`, async (t, kafka) => {
        const topic = `register-${name}-${protocol}`
        await createTopic(kafka, await connected(t, client(kafka).admin()), topic)
        const project = await installedProject()
        const env = {
          BROKERS: kafka.bootstrap[protocol],
          TOPIC: topic,
          COUNT: String(count),
          ...(protocol === 'ssl' ? { CA: kafka.ca } : {}),
          ...mapVariables(kafka),
          // A factory's setting, which has no say here.
          KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
        }
        const args = [load.flag, registerPath(project, load.form), join(services, `${name}.mjs`)]
        const { code, stdout, stderr } = await runNode(args, { cwd: project, env })
        t.equal(stderr.replace(/.*(TimeoutNegativeWarning|trace-warnings).*\n/g, ''), '')
        t.equal(code, 0)
        t.strictSame(JSON.parse(stdout || '{}'), { received: expected })
      })
    }
  }

  kafkaTest('ports', `without it a service on ${name} finds no broker`, async (t, kafka) => {
    const env = { BROKERS: kafka.bootstrap.plaintext, TOPIC: 'never', RETRIES: '1', ...mapVariables(kafka) }
    const ran = await runNode([join(services, `${name}.mjs`)], { cwd: services, env })
    t.not(ran.code, 0)
    t.match(ran.stderr, /ENOTFOUND|EAI_AGAIN/)
  })
}
