// Builds dist/esm and dist/cjs from lib/ and src/: the same sources twice, so that `import` and `require` both get
// plain files and types of their own kind.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const dist = join(root, 'dist')

/** @param {string} kind @param {string[]} args */
function compile(kind, args) {
  const out = join(dist, kind)
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', out, ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ type: kind === 'cjs' ? 'commonjs' : 'module' })}\n`)
}

rmSync(dist, { recursive: true, force: true })
compile('esm', [])
// verbatimModuleSyntax forbids `import` in CommonJS output, where it has to become `require`.
compile('cjs', ['--module', 'commonjs', '--moduleResolution', 'bundler', '--verbatimModuleSyntax', 'false'])

// For editors, which read it as a file.
copyFileSync(join(root, 'src', 'map', 'map.schema.json'), join(dist, 'map.schema.json'))

const bin = join(dist, 'esm', 'src', 'cli', 'bin.js')
if (existsSync(bin)) chmodSync(bin, 0o755)
