// Builds dist/ from lib/ and src/. The code is there once, as CommonJS that `import` reaches through a few lines of ESM:
// a process that uses both has one copy of it, and one cache, not two. It is bundled, so that register reads few files at
// a process' start, and without comments, indentation and local names, for size; lines are short enough for a stack trace
// to point somewhere. Types are as tsc makes them, with their comments, as far as an entry reaches them.
import { build, transform } from 'esbuild'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
const target = 'node20.19'

/** What can be imported, by the name in package.json's exports. */
const libraries = existing({ index: 'src/index.ts', register: 'src/register.ts', metrics: 'src/metrics.ts' })
const programs = existing({ cli: 'src/tools/cli/bin.ts' })

/**
 * What a process may never need, or not before its first look-up: at its start it would take as long as all the rest.
 * All of it is CommonJS or Node's own, so that its default export is the module itself.
 */
const loadedLate = new Set([
  'dns-packet',
  'lru-cache',
  'yaml',
  'node:dgram',
  'node:fs/promises',
  'node:stream',
  'node:tls',
  'node:zlib',
])

/** @param {Record<string, string>} entries */
function existing(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file))))
}

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** dist/cjs: a file for each entry, and what they share. */
async function buildCode() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...libraries, ...programs },
    outdir: 'dist/cjs',
    bundle: true,
    // Only its ESM output can be split, so each file is turned into CommonJS afterwards.
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    target,
    write: false,
    metafile: true,
  })
  const ofLibraries = reachable(
    Object.keys(libraries).map(name => `dist/cjs/${name}.js`),
    file => (metafile.outputs[file]?.imports ?? []).filter(({ external }) => !external).map(({ path }) => path),
  )
  for (const { path, text } of outputFiles) {
    const isLibrary = ofLibraries.has(path.slice(root.length + 1).replaceAll('\\', '/'))
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target,
      minifyWhitespace: true,
      minifySyntax: true,
      // For size; functions and classes of the libraries keep their names all the same, for stack traces and logs.
      minifyIdentifiers: true,
      keepNames: isLibrary,
      lineLimit: 120,
      // The libraries run where import() does not, say under Jest; the program imports the user's own ES modules.
      supported: { 'dynamic-import': !isLibrary },
    })
    write(path, loadSparingly(code))
  }
  write(join(dist, 'cjs/package.json'), '{"type":"commonjs"}\n')
}

/**
 * The code, which asks for each module once, not once for each file that went into it, and for each of `loadedLate`
 * when something of it is first used.
 * @param {string} code
 */
function loadSparingly(code) {
  /** @type {Map<string, string>} */
  const names = new Map()
  // `import x` is given to a helper, which would read every property.
  const loads = /(?<![\w$.])([\w$]+)\s*=\s*((?:[\w$]+\(\s*)?(require\(\s*"([^"]+)"\s*\))(?:\s*\))?)/g
  const changed = code.replace(loads, (_, name, load, required, module) => {
    const isLate = loadedLate.has(module)
    const what = isLate ? `$late(()=>${required})` : load
    const known = names.get(what)
    if (known !== undefined) return `${name}=${known}`
    names.set(what, name)
    return `${name}=${what}`
  })
  // Behind the code, whose first line may be for the shell.
  return changed.includes('$late(') ? changed + lateHelper : changed
}

const lateHelper =
  'function $late(load){let m;return new Proxy({},{get:(_,name)=>(m??=load(),name==="default"?m:m[name])})}\n'

/** dist/esm: what `import` gets. */
function buildEsm() {
  const require = createRequire(import.meta.url)
  for (const name of Object.keys(libraries)) {
    const file = `../cjs/${name}.js`
    const names = Object.keys(loadQuietly(require, join(dist, 'cjs', `${name}.js`)))
    write(join(dist, 'esm', `${name}.js`), `export { ${names.join(', ')} } from '${file}'\n`)
    write(join(dist, 'esm', `${name}.d.ts`), `export * from '../cjs/${name}.js'\n`)
  }
}

/** Nothing happens at import, but in register, which is told to do nothing here. */
function loadQuietly(require, file) {
  process.env.KAFKA_SPLIT_DNS_DISABLE = '1'
  return require(file)
}

/** Types: tsc's own files in dist/cjs/types, less those that no entry needs. */
function buildTypes() {
  const types = join(dist, 'cjs/types')
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', types]
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
    write(join(dist, 'cjs', `${name}.d.ts`), `export * from './types/${file.replace(/\.ts$/, '.js')}'\n`)
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

rmSync(dist, { recursive: true, force: true })
await buildCode()
buildEsm()
buildTypes()
// For editors, which read it as a file.
copyFileSync(join(root, 'src/map/map.schema.json'), join(dist, 'map.schema.json'))
for (const name of Object.keys(programs)) chmodSync(join(dist, 'cjs', `${name}.js`), 0o755)
