import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import ts from 'typescript'
import { installedProject, packedTarball, typedPackages } from './packed.js'
import { runNode } from './run.js'

t.setTimeout(300_000)

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
// @ts-expect-error: choices are typed by their words
createSplitDns({ onMove: 'recconect' })
// @ts-expect-error
createSplitDns({ fallback: 'sytem' })
// @ts-expect-error
createSplitDns({ unmapped: 'refused' })
// @ts-expect-error
createSplitDns({ family: 'six' })
const listener = () => undefined
splitDns.on('reload', listener).off('reload', listener)
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

const moduleKinds = {
  node16: ts.ModuleKind.Node16,
  nodenext: ts.ModuleKind.NodeNext,
  commonjs: ts.ModuleKind.CommonJS,
  esnext: ts.ModuleKind.ESNext,
  preserve: ts.ModuleKind.Preserve,
}
const resolutionKinds = {
  // oxlint-disable-next-line typescript/no-deprecated -- tenants still use it
  node10: ts.ModuleResolutionKind.Node10,
  node16: ts.ModuleResolutionKind.Node16,
  nodenext: ts.ModuleResolutionKind.NodeNext,
  bundler: ts.ModuleResolutionKind.Bundler,
}

/** The declarations in node_modules, read once for all programs; a file is another one where it is of the other module format. */
const declarations = new Map<string, ts.SourceFile | undefined>()

/** Compiles consumer.ts in the folder to `outDir`; what the compiler reports. */
function compile(cwd: string, outDir: string, own: ts.CompilerOptions): string {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(cwd, 'node_modules/@types')],
    outDir,
    rootDir: cwd,
    preserveSymlinks: true,
    esModuleInterop: true,
    ...own,
  }
  const host = ts.createCompilerHost(options)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getCurrentDirectory = () => cwd
  host.getSourceFile = (file, language, ...rest) => {
    if (!file.includes('/node_modules/')) return getSourceFile(file, language, ...rest)
    // The language's own library is of none.
    const format = typeof language === 'object' && !file.includes('/typescript/lib/') ? language.impliedNodeFormat : ''
    const key = `${file} ${format ?? ''}`
    if (!declarations.has(key)) declarations.set(key, getSourceFile(file, language, ...rest))
    return declarations.get(key)
  }
  const consumerFile = join(cwd, 'consumer.ts')
  const program = ts.createProgram([consumerFile], options, host)
  // Not those of the language and of Node.js: to check them takes ten times as long and says nothing of the package.
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => !/\/(typescript\/lib|@types\/node|undici-types)\//.test(fileName))
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    // Without a file it would check all others as well.
    ...program.emit(program.getSourceFile(consumerFile)).diagnostics,
  ]
  return ts.formatDiagnostics(diagnostics, host)
}

/** A folder with consumer.ts and what a tenant has installed, by the type of its package: one for all forms of each. */
const folders = new Map<string, Promise<string>>()

async function makeFolder(type: string): Promise<string> {
  const project = await installedProject(typedPackages)
  const cwd = await mkdtemp(join(tmpdir(), 'kafka-split-dns-'))
  t.teardown(() => rm(cwd, { recursive: true }))
  await symlink(join(project, 'node_modules'), join(cwd, 'node_modules'))
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ type }))
  await writeFile(join(cwd, 'consumer.ts'), consumer)
  return cwd
}

for (const { module, moduleResolution, type } of consumers) {
  // What passes without skipLibCheck passes with it: one form of each kind shows that.
  for (const skipLibCheck of module === 'nodenext' ? [false, true] : [false]) {
    // The older language of the two is the harder one: the declarations must name nothing newer.
    const target = skipLibCheck ? ts.ScriptTarget.ES2022 : ts.ScriptTarget.ES2020
    t.test(`TypeScript ${module}, ${moduleResolution}, ${type}, skipLibCheck ${skipLibCheck}`, async t => {
      const folder = folders.get(type) ?? makeFolder(type)
      folders.set(type, folder)
      const cwd = await folder
      const outDir = join(cwd, `${module}-${skipLibCheck}`)
      const found = compile(cwd, outDir, {
        module: moduleKinds[module],
        moduleResolution: resolutionKinds[moduleResolution],
        skipLibCheck,
        target,
        ...(moduleResolution === 'node10' ? { ignoreDeprecations: '6.0' } : {}),
      })
      t.equal(found, '')
      if (moduleResolution === 'bundler') return
      // What it was compiled to finds the package, too.
      const env = { KAFKA_SPLIT_DNS_DISABLE: '1' }
      const main = join(outDir, 'consumer.js')
      const started = await runNode(['--preserve-symlinks', '--preserve-symlinks-main', main], { cwd, env })
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
  // The schema is for editors, and no module.
  const result = await checkPackage(data, { excludeEntrypoints: ['./map.schema.json'] })
  t.ok(result.types)
  if (result.types !== false) t.strictSame(result.problems, [])
})
