// Compiles TypeScript as the package is built: file by file, without the loader's helpers, which slow down what is measured.
import { build } from 'esbuild'
import { readdirSync, rmSync } from 'node:fs'
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
