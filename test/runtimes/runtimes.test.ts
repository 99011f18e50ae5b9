// `npm run test:runtimes`: the packed package on other Nodes than this one, on Bun and on Deno, against the real Kafka;
// and on the other Nodes the tests of what leans on Node's own sockets most.
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { client, connected, createTopic } from '../kafka/clients.js'
import type { ClusterView, Protocol } from '../kafka/shape.js'
import { mapVariables } from '../kafka/split-dns-factory.js'
import { kafkaTest } from '../kafka/suite.js'
import { installedProject, registerPath } from '../package/packed.js'
import { run } from '../package/run.js'
import { loaderFlags, moduleFile, projectFolder } from '../project.js'

const count = 30
const expected = Array.from({ length: count }, (_, i) => `message ${i}`).sort()
const packages = ['kafkajs@^2.2.4', '@platformatic/kafka@^2.12'] as const

interface Runtime {
  readonly name: string
  /** An npm package that brings it. */
  readonly package: string
  readonly ways: readonly Way[]
}

interface Way {
  readonly service: 'kafkajs' | 'platformatic'
  readonly protocol: Protocol
  /** How the service comes to the map; `factory`: by kafkajs' socket factory. */
  readonly by: 'factory' | '--import' | '--require' | '--preload'
  readonly form: 'esm' | 'cjs'
}

const nodeWays: readonly Way[] = [
  { service: 'kafkajs', protocol: 'ssl', by: 'factory', form: 'esm' },
  { service: 'kafkajs', protocol: 'plaintext', by: '--import', form: 'esm' },
  { service: 'kafkajs', protocol: 'ssl', by: '--require', form: 'cjs' },
  { service: 'platformatic', protocol: 'ssl', by: '--import', form: 'esm' },
]
const factoryWays: readonly Way[] = [
  { service: 'kafkajs', protocol: 'plaintext', by: 'factory', form: 'esm' },
  { service: 'kafkajs', protocol: 'ssl', by: 'factory', form: 'esm' },
]

const runtimes: readonly Runtime[] = [
  ...[22, 24, 26].map(major => ({ name: `Node ${major}`, package: `node@${major}`, ways: nodeWays })),
  {
    name: 'Bun',
    package: 'bun@1',
    ways: [...factoryWays, { service: 'kafkajs', protocol: 'plaintext', by: '--preload', form: 'cjs' }],
  },
  {
    name: 'Deno',
    package: 'deno@2',
    ways: [...factoryWays, { service: 'kafkajs', protocol: 'plaintext', by: '--preload', form: 'esm' }],
  },
]

/** The runtime's own program, which npx may have to fetch. */
async function programOf({ package: name }: Runtime): Promise<readonly string[]> {
  const [command = ''] = name.split('@')
  const ask: Readonly<Record<string, readonly string[]>> = {
    node: ['-p', 'process.execPath'],
    bun: ['-p', 'process.execPath'],
    deno: ['eval', 'console.log(Deno.execPath())'],
  }
  const { stdout, stderr } = await run('npx', ['-y', name, ...(ask[command] ?? [])], { cwd: tmpdir() })
  const path = stdout.trim().split('\n').at(-1) ?? ''
  if (path === '') throw new Error(`npx ${name} gives no program: ${stderr}`)
  return command === 'deno' ? [path, 'run', '-A', '--quiet', '--node-modules-dir=manual'] : [path]
}

/** A folder with the services and, beside them, what a tenant has installed. */
async function tenantFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await cp(join(projectFolder, 'test/clients/services'), folder, { recursive: true })
  await symlink(join(await installedProject(packages), 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{}')
  return folder
}

function environment(kafka: ClusterView, topic: string, { protocol, by }: Way): NodeJS.ProcessEnv {
  return {
    BROKERS: kafka.bootstrap[protocol],
    TOPIC: topic,
    COUNT: String(count),
    ...mapVariables(kafka),
    ...(protocol === 'ssl' ? { CA: kafka.ca } : {}),
    ...(by === 'factory' ? { FACTORY: '1' } : {}),
  }
}

for (const runtime of runtimes) {
  kafkaTest('ports', `${runtime.name}: services send and receive through the map`, async (t, kafka) => {
    const [command = '', ...first] = await programOf(runtime)
    const cwd = await tenantFolder(t)
    const admin = await connected(t, client(kafka).admin())
    for (const [index, way] of runtime.ways.entries()) {
      const { service, protocol, by, form } = way
      await t.test(`${service}, ${protocol}, by ${by}`, async t => {
        const topic = `runtime-${runtime.name.replace(' ', '-')}-${index}`
        await createTopic(kafka, admin, topic)
        const load = by === 'factory' ? [] : [by, registerPath(cwd, form)]
        const args = [...first, ...load, `${service}.mjs`]
        const { code, stdout, stderr } = await run(command, args, { cwd, env: environment(kafka, topic, way) })
        if (code !== 0) t.comment(stderr)
        t.equal(code, 0)
        t.strictSame(JSON.parse(stdout || '{}'), { received: expected })
      })
    }
  })
}

const socketTests = ['connect/socket-factory', 'connect/reroute', 'register/hook'].map(name => `test/src/${name}.test`)
for (const runtime of runtimes.filter(({ name }) => name.startsWith('Node'))) {
  t.test(`${runtime.name}: the tests of what leans on Node's own sockets`, { timeout: 300_000 }, async t => {
    const [command = ''] = await programOf(runtime)
    for (const path of socketTests) {
      const { code, stdout } = await run(command, [...loaderFlags, moduleFile(path)], { cwd: projectFolder })
      if (code !== 0)
        t.comment(
          stdout
            .split('\n')
            .filter(line => /not ok/.test(line))
            .join('\n'),
        )
      t.equal(code, 0, path)
    }
  })
}
