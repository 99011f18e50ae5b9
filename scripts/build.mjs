// Builds dist/ from lib/ and src/. The code is there once, as CommonJS: library.js holds what every entry shares, and each
// entry holds what is its own. `import` reaches the same files through a few lines of ESM, so that a process that uses both
// has one copy and one cache. It is bundled because a hundred small files would take longer to load than to run; it is not
// minified, and source maps name the files and functions of the source in stack traces (node --enable-source-maps).
// Types are as tsc makes them, with their comments, as far as an entry reaches them.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const cjs = join(dist, 'cjs')

/** What can be imported, by the name in package.json's exports. */
const libraries = { index: 'src/index.ts', register: 'src/register.ts', metrics: 'src/metrics.ts' }
/** What Node runs. */
const programs = { cli: 'src/tools/cli/bin.ts', 'serve-worker': 'src/serve/server/worker.ts' }

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  sourcemap: true,
  // The sources are not shipped twice: a stack trace needs names and lines alone.
  sourcesContent: false,
  // Only ES modules ask for it, and these are CommonJS.
  define: { 'import.meta.url': 'undefined' },
}

/** Whether every entry shares the file: all but the entries themselves and the command line. @param {string} path */
function isShared(path) {
  const file = relative(root, path).replaceAll('\\', '/')
  return /^(lib|src)\//.test(file) && !file.startsWith('src/tools/') && !isEntry(file)
}

/** @param {string} file */
const isEntry = file => Object.values({ ...libraries, ...programs }).includes(file)

/** @param {string} path */
const nameOf = path => path.replace(/\.ts$/, '').replace(/[^a-z0-9]+/gi, '_')

/**
 * The entries' files, whose imports of shared files lead to library.js; adds the shared files that they ask for.
 * @param {Record<string, string>} entryPoints @param {Set<string>} shared @param {boolean} sourcemap
 */
async function buildEntries(entryPoints, shared, sourcemap) {
  await build({
    ...common,
    sourcemap,
    entryPoints,
    outdir: cjs,
    plugins: [
      {
        name: 'shared files are in library.js',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\./ }, args => {
            const file = resolve(args.resolveDir, args.path.replace(/\.js$/, '.ts'))
            if (!isShared(file)) return undefined
            const path = relative(root, file).replaceAll('\\', '/')
            shared.add(path)
            return { path, namespace: 'shared' }
          })
          onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
            contents: `module.exports = require('./library.js').${nameOf(path)}`,
            resolveDir: cjs,
          }))
          onResolve({ filter: /^\.\/library\.js$/, namespace: 'shared' }, ({ path }) => ({ path, external: true }))
        },
      },
    ],
  })
}

/** library.js: each shared file under a name of its own. @param {Set<string>} shared */
async function buildLibrary(shared) {
  const names = [...shared].map(path => `export * as ${nameOf(path)} from './${path}'`)
  await build({
    ...common,
    // They run where import() does not, say under Jest.
    supported: { 'dynamic-import': false },
    stdin: { contents: names.sort().join('\n'), resolveDir: root, sourcefile: 'library.js' },
    outfile: join(cjs, 'library.js'),
  })
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
const shared = new Set()
await buildEntries(libraries, shared, true)
// The program's own code is read in stack traces as it is.
await buildEntries(programs, shared, false)
await buildLibrary(shared)
shrinkSourceMaps()
buildEsm()
buildTypes()
// For editors, which read it as a file.
copyFileSync(join(root, 'src/map/map.schema.json'), join(dist, 'map.schema.json'))
chmodSync(join(cjs, 'cli.js'), 0o755)
