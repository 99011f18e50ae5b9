// Compiles TypeScript as the package is built: file by file, without the loader's helpers, which slow down what is measured.
import { build } from 'esbuild'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** @param {string} folder */
export const typeScriptIn = folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.includes('node_modules'))
    .map(file => join(folder, file))

/**
 * Empties the folder `outdir` of the checkout, and writes the folders' files there, each at its own path.
 * @param {readonly string[]} folders @param {string} outdir
 */
export async function compile(folders, outdir) {
  rmSync(join(root, outdir), { recursive: true, force: true })
  await build({
    absWorkingDir: root,
    entryPoints: folders.flatMap(typeScriptIn),
    outdir,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
    // Where there is no require, the sources make one.
    logOverride: { 'unsupported-require-call': 'silent' },
  })
}

/**
 * Writes tap as one file where modules in the folder find it: reading its 260 modules takes longer than most test files run.
 * @param {string} folder
 */
export async function bundleTap(folder) {
  const outdir = join(root, folder, 'node_modules/tap')
  // It leaves its own frames out of stack traces, and would not know them in this file.
  const ignoreOwnFrames = `import { addIgnoredPackage } from '@tapjs/stack'\naddIgnoredPackage('tap')`
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `${ignoreOwnFrames}\nexport * from 'tap'\nexport { default } from 'tap'`,
      resolveDir: root,
    },
    outfile: join(outdir, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    // Its CommonJS parts call require.
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)`,
    },
    logLevel: 'warning',
  })
  writeFileSync(join(outdir, 'package.json'), '{"type":"module","exports":"./index.js"}')
}
