// Builds dist/ from lib/ and src/. The code is there once, as CommonJS: each file of the source is in one file of dist/cjs,
// so that a process that uses `import` and `require` has one copy of it and one cache. It is bundled because a hundred small
// files would take longer to load than to run; what the source imports by import() is in a file of its own, so that a
// service that does not use it does not compile it. It is not minified, and source maps name the files and functions of the
// source in stack traces (node --enable-source-maps). Types are as tsc makes them, as far as an entry reaches them.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const cjs = join(dist, 'cjs')

/** What can be imported, by the name in package.json's exports. */
const libraries = { index: 'src/index.ts', register: 'src/register.ts', metrics: 'src/metrics.ts' }
/** What Node runs. */
const programs = { cli: 'src/tools/cli/bin.ts', 'serve-worker': 'src/serve/server/worker.ts' }
const entries = { ...libraries, ...programs }

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  outdir: cjs,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  // Only ES modules ask for it, and these are CommonJS.
  define: { 'import.meta.url': 'undefined' },
}

/**
 * What each file of the source imports, by its path.
 * @returns {Promise<Map<string, { path: string, isLater: boolean }[]>>}
 */
async function readImports() {
  const { metafile } = await build({ ...common, entryPoints: entries, write: false, metafile: true })
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports
        .filter(({ external }) => !external)
        .map(({ path, kind }) => ({ path, isLater: kind === 'dynamic-import' })),
    ]),
  )
}

/**
 * The name, without `.js`, of the file of dist/cjs that each file of the source is in. An entry, and what is imported by
 * import(), begins a file, which holds what it alone needs; library.js holds what several need.
 * @param {Map<string, { path: string, isLater: boolean }[]>} imports
 */
function findHomes(imports) {
  /** @param {string} file */
  const importedBy = file => (imports.get(file) ?? []).map(({ path }) => path)
  const later = [...imports.values()].flat().filter(({ isLater }) => isLater)
  const beginnings = new Map(later.map(({ path }) => [path, basename(path, '.ts')]))
  for (const [name, file] of Object.entries(entries)) beginnings.set(file, name)
  /** @type {Map<string, string[]>} */
  const users = new Map()
  for (const [first, name] of beginnings) {
    const needed = reachable([first], file => importedBy(file).filter(path => !beginnings.has(path)))
    for (const file of needed) users.set(file, [...(users.get(file) ?? []), name])
  }
  const ofServices = [...reachable(Object.values(libraries), importedBy)].map(file => beginnings.get(file))
  /** @param {string[]} names */
  const homeOf = names => {
    if (names.length === 1) return names[0] ?? ''
    // What programs share with one file of services is there, unless that is an entry: others get its exports alone.
    const [name = 'library', ...others] = names.filter(user => ofServices.includes(user))
    return others.length > 0 || name in libraries ? 'library' : name
  }
  return new Map([...users].map(([file, names]) => [file, beginnings.get(file) ?? homeOf(names)]))
}

/** What a file of the source is called in the file of dist/cjs that others get it from. @param {string} path */
const nameOf = path => path.replace(/\.ts$/, '').replace(/[^a-z0-9]+/gi, '_')

/**
 * Leads imports of what is in another file of dist/cjs there. A file that is no entry gives each part of it that others import.
 * @param {Map<string, string>} homes @param {ReadonlySet<string>} shared @returns {import('esbuild').Plugin}
 */
const eachInOneFile = (homes, shared) => ({
  name: 'each file of the source is in one file',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./, namespace: 'file' }, ({ path, resolveDir, importer, kind }) => {
      if (kind === 'entry-point' || !path.startsWith('.')) return undefined
      const file = relativePath(resolve(resolveDir, path.replace(/\.js$/, '.ts')))
      const isHere = homes.get(file) === homes.get(relativePath(importer))
      return isHere ? undefined : { path: file, namespace: 'elsewhere' }
    })
    onLoad({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({
      contents: `module.exports = require('./${homes.get(path)}.js').${nameOf(path)}`,
    }))
    onResolve({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({ path, external: true }))
    onResolve({ filter: /^shared:/ }, ({ path }) => ({ path: path.slice('shared:'.length), namespace: 'shared' }))
    onLoad({ filter: /./, namespace: 'shared' }, ({ path: name }) => ({
      contents: [...shared]
        .filter(file => homes.get(file) === name)
        .map(file => `export * as ${nameOf(file)} from './${file}'`)
        .join('\n'),
      resolveDir: root,
    }))
  },
})

/** @param {string} path */
const relativePath = path => relative(root, path).replaceAll('\\', '/')

async function buildCode() {
  const imports = await readImports()
  const homes = findHomes(imports)
  const shared = new Set(
    [...imports].flatMap(([file, targets]) =>
      targets.map(({ path }) => path).filter(path => homes.get(path) !== homes.get(file)),
    ),
  )
  const sharedNames = new Set([...shared].map(file => homes.get(file) ?? ''))
  const options = { ...common, plugins: [eachInOneFile(homes, shared)] }
  await build({
    ...options,
    entryPoints: { ...libraries, ...Object.fromEntries([...sharedNames].map(name => [name, `shared:${name}`])) },
    // They run where import() does not, say under Jest.
    supported: { 'dynamic-import': false },
    sourcemap: true,
    // The sources are not shipped twice: a stack trace needs names and lines alone.
    sourcesContent: false,
  })
  // A program's own code is read in stack traces as it is.
  await build({ ...options, entryPoints: programs })
  write(join(cjs, 'package.json'), '{"type":"commonjs"}\n')
}

/** dist/esm: what `import` gets. */
function buildEsm() {
  const require = createRequire(import.meta.url)
  // Nothing happens at import, but in register, which does nothing then.
  process.env.KAFKA_SPLIT_DNS_DISABLE = '1'
  for (const name of Object.keys(libraries)) {
    const file = `../cjs/${name}.js`
    const names = Object.keys(require(join(cjs, `${name}.js`)))
    write(join(dist, 'esm', `${name}.js`), `export { ${names.join(', ')} } from '${file}'\n`)
    write(join(dist, 'esm', `${name}.d.ts`), `export * from '../cjs/${name}.js'\n`)
  }
}

/** Types: tsc's own files in dist/cjs/types, less those that no entry needs. `npm test` checks them, which takes longer than all else here. */
function buildTypes() {
  const types = join(cjs, 'types')
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const args = ['-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', types]
  execFileSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' })
  const entries = Object.values(libraries).map(file => join(types, file.replace(/\.ts$/, '.d.ts')))
  const needed = reachable(entries, file =>
    [...readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path = '']) =>
      resolve(dirname(file), path.replace(/\.js$/, '.d.ts')),
    ),
  )
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.d.ts') && !needed.has(join(types, name))) rmSync(join(types, name))
  }
  for (const [name, file] of Object.entries(libraries)) {
    write(join(cjs, `${name}.d.ts`), `export * from './types/${file.replace(/\.ts$/, '.js')}'\n`)
  }
}

/** @param {readonly string[]} from @param {(file: string) => readonly string[]} next */
function reachable(from, next) {
  /** @type {Set<string>} */
  const seen = new Set()
  const rest = [...from]
  for (let file = rest.pop(); file !== undefined; file = rest.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    rest.push(...next(file))
  }
  return seen
}

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The numbers of a segment of a source map: base64 digits of five bits, the least first, the sixth bit says that more follow. @param {string} text */
function decodeVlq(text) {
  const numbers = []
  let [value, shift] = [0, 0]
  for (const digit of text) {
    const bits = base64.indexOf(digit)
    value += (bits & 31) << shift
    shift += 5
    if (bits & 32) continue
    // The least bit is the sign.
    numbers.push(value & 1 ? -(value >> 1) : value >> 1)
    value = shift = 0
  }
  return numbers
}

/** @param {number} number */
function encodeVlq(number) {
  let value = number < 0 ? (-number << 1) | 1 : number << 1
  let text = ''
  do {
    text += base64[(value & 31) | (value > 31 ? 32 : 0)]
    value >>= 5
  } while (value > 0)
  return text
}

/**
 * The mappings without columns: of each line its source and line, which is what a stack trace needs, in a fifth of the size.
 * @param {string} mappings
 */
function linesOnly(mappings) {
  const [here, written] = [
    [0, 0],
    [0, 0],
  ]
  const lines = mappings.split(';').map(line => {
    let text = ''
    for (const segment of line.split(',').map(decodeVlq)) {
      const [, source, sourceLine] = segment
      if (source === undefined || sourceLine === undefined) continue
      here[0] += source
      here[1] += sourceLine
      if (text !== '') continue
      text = [0, here[0] - written[0], here[1] - written[1], 0].map(encodeVlq).join('')
      written.splice(0, 2, ...here)
    }
    return text
  })
  return lines.join(';')
}

/** Takes out of each source map what no stack trace needs. */
function shrinkSourceMaps() {
  for (const name of readdirSync(cjs).filter(name => name.endsWith('.js.map'))) {
    const map = JSON.parse(readFileSync(join(cjs, name), 'utf8'))
    write(join(cjs, name), JSON.stringify({ ...map, mappings: linesOnly(map.mappings), names: [] }))
  }
}

rmSync(dist, { recursive: true, force: true })
await buildCode()
shrinkSourceMaps()
buildEsm()
buildTypes()
// For editors, which read it as a file.
copyFileSync(join(root, 'src/map/map.schema.json'), join(dist, 'map.schema.json'))
chmodSync(join(cjs, 'cli.js'), 0o755)
