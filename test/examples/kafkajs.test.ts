import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { client, connected, createTopic } from '../kafka/clients.js'
import { mapVariables } from '../kafka/split-dns-factory.js'
import { kafkaTest } from '../kafka/suite.js'
import { installedProject } from '../package/packed.js'
import { runNode } from '../package/run.js'
import { loaderFlags, moduleFile } from '../project.js'

kafkaTest(
  'ports',
  'examples/kafkajs.ts, copied into a project, sends a message and reads it again',
  async (t, kafka) => {
    const topic = 'example'
    await createTopic(kafka, await connected(t, client(kafka).admin()), topic)
    const cwd = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
    t.teardown(() => rm(cwd, { recursive: true }))
    await symlink(join(await installedProject(), 'node_modules'), join(cwd, 'node_modules'))
    await writeFile(join(cwd, 'package.json'), '{"type":"module"}')
    const source = moduleFile('examples/kafkajs')
    const file = `example${extname(source)}`
    await copyFile(source, join(cwd, file))
    const env = {
      KAFKA_BROKERS: kafka.bootstrap.plaintext,
      KAFKA_TOPIC: topic,
      ...mapVariables(kafka),
    }
    const { code, stdout } = await runNode([...loaderFlags, file], { cwd, env })
    t.equal(code, 0)
    t.match(stdout, /^example: hello$/m)
  },
)
