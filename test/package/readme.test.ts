import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectFolder } from '../kafka/paths.js'
import { mapVariables } from '../kafka/split-dns-factory.js'
import { kafkaTest } from '../kafka/suite.js'
import { installedProject } from './packed.js'
import { runNode } from './run.js'

/** The README's first example, with the brokers of the test in place of its own. */
async function readmeExample(brokers: readonly string[]): Promise<string> {
  const readme = await readFile(join(projectFolder, 'README.md'), 'utf8')
  const [, example] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const written = "brokers: ['bootstrap.kafka.example:9092']"
  if (example?.includes(written) !== true) throw new Error('the README begins with another example')
  return example.replace(written, `brokers: ${JSON.stringify(brokers)}`)
}

kafkaTest('ports', "the README's lines, in a project that has the tarball and kafkajs alone", async (t, kafka) => {
  const cwd = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(cwd, { recursive: true }))
  await symlink(join(await installedProject(), 'node_modules'), join(cwd, 'node_modules'))
  const use = `
    const admin = kafka.admin()
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    await admin.disconnect()
    console.log(brokers.map(({ host }) => host).sort().join(' '))`
  await writeFile(join(cwd, 'app.mjs'), (await readmeExample([kafka.bootstrap.ssl])) + use)
  await writeFile(join(cwd, 'ca.pem'), kafka.ca)
  const env = { ...mapVariables(kafka), NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') }
  const { code, stdout } = await runNode(['app.mjs'], { cwd, env })
  t.equal(
    stdout,
    `${kafka.brokers
      .map(({ name }) => name)
      .sort()
      .join(' ')}\n`,
  )
  t.equal(code, 0)
})
