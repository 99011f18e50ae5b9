import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { projectFolder } from '../kafka/paths.js'
import { installedProject, packedTarball } from './packed.js'
import { runNode } from './run.js'

t.setTimeout(300_000)

const packages = ['kafkajs@^2.2.4', '@types/node@^20', 'prom-client@^15'] as const

/** Uses each entry with types that would be `any` where they are not found. */
const consumer = `
import { Kafka } from 'kafkajs'
import { ConfigError, createSocketFactory, createSplitDns, parseMap, type Resolution, type Route } from 'kafka-split-dns'
import { collectMetrics } from 'kafka-split-dns/metrics'
import { splitDns as registered } from 'kafka-split-dns/register'
import { Registry } from 'prom-client'

export const kafka = new Kafka({ brokers: ['b0.kafka.example:9092'], ssl: true, socketFactory: createSocketFactory() })
const splitDns = createSplitDns({ map: parseMap('*.kafka.example=vpce.example'), family: 4 })
const route: Route = splitDns.route('b0.kafka.example', 9092)
export const port: number | undefined = route.targets[0]?.port
export const resolve: (host: string) => Promise<Resolution> = host => splitDns.resolve(host)
export const faults = (error: unknown) => (error instanceof ConfigError ? error.faults.length : 0)
collectMetrics(splitDns, { register: new Registry() })
registered?.on('connect', ({ host }) => host.toUpperCase())
// @ts-expect-error: no such option
createSplitDns({ mapp: '' })
// @ts-expect-error: a route's port is no text
export const wrong: string = route.port
`

const consumers = [
  { module: 'nodenext', moduleResolution: 'nodenext', type: 'module' },
  { module: 'nodenext', moduleResolution: 'nodenext', type: 'commonjs' },
  { module: 'node16', moduleResolution: 'node16', type: 'module' },
  { module: 'node16', moduleResolution: 'node16', type: 'commonjs' },
  { module: 'commonjs', moduleResolution: 'node10', type: 'commonjs' },
  { module: 'commonjs', moduleResolution: 'bundler', type: 'commonjs' },
  { module: 'preserve', moduleResolution: 'bundler', type: 'module' },
  { module: 'esnext', moduleResolution: 'bundler', type: 'module' },
] as const

for (const { module, moduleResolution, type } of consumers) {
  // What passes without skipLibCheck passes with it: one form of each kind shows that.
  for (const skipLibCheck of module === 'nodenext' ? [false, true] : [false]) {
    t.test(`TypeScript ${module}, ${moduleResolution}, ${type}, skipLibCheck ${skipLibCheck}`, async t => {
      const project = await installedProject(packages)
      const cwd = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
      t.teardown(() => rm(cwd, { recursive: true }))
      await symlink(join(project, 'node_modules'), join(cwd, 'node_modules'))
      await writeFile(join(cwd, 'package.json'), JSON.stringify({ type }))
      await writeFile(join(cwd, 'consumer.ts'), consumer)
      const compilerOptions = {
        module,
        moduleResolution,
        skipLibCheck,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        types: ['node'],
        outDir: 'out',
        rootDir: '.',
        preserveSymlinks: true,
        esModuleInterop: true,
        ...(moduleResolution === 'node10' ? { ignoreDeprecations: '6.0' } : {}),
      }
      await writeFile(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
      const ran = await runNode([join(projectFolder, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd })
      t.strictSame(ran, { code: 0, stdout: '', stderr: '' })
      if (moduleResolution === 'bundler') return
      // What it was compiled to finds the package, too.
      const env = { KAFKA_SPLIT_DNS_DISABLE: '1' }
      const started = await runNode(['--preserve-symlinks', '--preserve-symlinks-main', 'out/consumer.js'], {
        cwd,
        env,
      })
      t.strictSame(started, { code: 0, stdout: '', stderr: '' })
    })
  }
}

t.test('publint finds nothing', async t => {
  const folder = join(await installedProject(), 'node_modules/kafka-split-dns')
  const { messages, pkg } = await publint({ pkgDir: folder, level: 'suggestion', strict: true, pack: false })
  t.strictSame(
    messages.map(message => formatMessage(message, pkg)),
    [],
  )
})

t.test('are-the-types-wrong finds nothing', async t => {
  const data = createPackageFromTarballData(new Uint8Array(await readFile(await packedTarball())))
  const result = await checkPackage(data)
  t.ok(result.types)
  if (result.types !== false) t.strictSame(result.problems, [])
})
