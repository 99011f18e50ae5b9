import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import { projectFolder } from './project.js'

/** Each room and the rooms it may import from, besides itself; everything may import the units and what reads a thrown error. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'lib/units.ts': [],
  'lib/timers.ts': [],
  'lib/deferred.ts': [],
  'lib/cancel.ts': [],
  'lib/thrown.ts': [],
  'lib/packages.ts': [],
  'lib/address': [],
  'lib/wire': ['lib/address'],
  'lib/cache': ['lib/address'],
  'lib/transport': ['lib/address', 'lib/wire', 'lib/timers.ts', 'lib/deferred.ts', 'lib/cancel.ts'],
  'lib/server': ['lib/address', 'lib/wire', 'lib/transport', 'lib/timers.ts'],
  'lib/resolver': ['lib'],
  'src/errors.ts': [],
  'src/text': [],
  'src/package-version.ts': [],
  'src/map': ['src/errors.ts', 'src/text', 'lib'],
  'src/config': ['src/errors.ts', 'src/text', 'src/map', 'lib'],
  'src/source': ['src/errors.ts', 'src/text', 'src/map', 'src/config', 'lib'],
  'src/connect': ['src/errors.ts', 'src/text', 'src/map', 'src/config', 'lib'],
  'src/observe': ['src/errors.ts', 'src/package-version.ts', 'src/map', 'src/config', 'src/connect', 'lib'],
  // In a thread of its own, which makes a SplitDns of its own; a service's own thread never loads it.
  'src/serve/server': ['src', 'lib'],
  'src/serve': ['src/errors.ts', 'src/text', 'src/config', 'src/observe', 'lib'],
  'src/split-dns.ts': [
    ...['src/errors.ts', 'src/map', 'src/config', 'src/source', 'src/connect', 'src/observe', 'lib'],
    ...['src/serve/options.ts', 'src/serve/pod-server.ts'],
  ],
  'src/shared.ts': ['src/errors.ts', 'src/split-dns.ts', 'src/connect', 'src/observe', 'lib'],
  'src/index.ts': ['src', 'lib'],
  'src/metrics.ts': ['src/errors.ts', 'src/split-dns.ts', 'src/observe', 'src/connect'],
  'src/register': ['src/errors.ts', 'src/config', 'src/connect', 'src/split-dns.ts'],
  'src/register.ts': ['src/errors.ts', 'src/register', 'src/connect', 'src/observe', 'src/split-dns.ts'],
  'src/tools': ['src', 'lib'],
}

const sources = ['lib', 'src'].flatMap(top =>
  readdirSync(join(projectFolder, top), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(top, file)),
)

const roomOf = (file: string) => Object.keys(mayImport).find(room => file === room || file.startsWith(`${room}/`))

const importsOf = (file: string) => {
  const text = readFileSync(join(projectFolder, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target = '']) =>
    relative(projectFolder, resolve(projectFolder, dirname(file), target)).replace(/\.js$/, '.ts'),
  )
}

t.test('every file stands in a room that is known', async t => {
  t.same(
    sources.filter(file => roomOf(file) === undefined),
    [],
  )
})

t.test('imports point one way', async t => {
  const backwards = sources.flatMap(file => {
    const room = roomOf(file) ?? file
    const allowed = [room, 'lib/units.ts', 'lib/thrown.ts', 'lib/packages.ts', ...(mayImport[room] ?? [])]
    return importsOf(file)
      .filter(target => !allowed.some(prefix => target === prefix || target.startsWith(`${prefix}/`)))
      .map(target => `${file} -> ${target}`)
  })
  t.same(backwards, [])
})

t.test('there are imports to judge', async t => t.ok(sources.flatMap(importsOf).length > 10))

t.test('nothing is exported by default or by star', async t => {
  const found = sources.filter(file => /^export (default|\*)/m.test(readFileSync(join(projectFolder, file), 'utf8')))
  t.same(found, [])
})

t.test('nothing outside of src/tools/ imports it: a service never loads it', async t => {
  const isTool = (file: string) => file.startsWith('src/tools/')
  const found = sources.filter(file => !isTool(file) && importsOf(file).some(isTool))
  t.same(found, [])
})

/** Circles of imports: at least one where there are any. */
function findCircles(files: readonly string[], importsOf: (file: string) => readonly string[]): readonly string[] {
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const circles: string[] = []
  const visit = (file: string) => {
    if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (state.has(file)) return
    state.set(file, 'open')
    path.push(file)
    for (const target of importsOf(file)) visit(target)
    path.pop()
    state.set(file, 'done')
  }
  for (const file of files) visit(file)
  return circles
}

t.test('a circle of imports is found', async t => {
  const imports: Readonly<Record<string, readonly string[]>> = { a: ['b', 'd'], b: ['c'], c: ['b'], d: ['c'], e: ['e'] }
  t.same(
    findCircles(Object.keys(imports), file => imports[file] ?? []),
    ['b -> c -> b', 'e -> e'],
  )
})

t.test('no files import each other in a circle, type-only imports included', async t => {
  t.same(findCircles(sources, importsOf), [])
})
