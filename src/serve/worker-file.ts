import { join } from 'node:path'

/**
 * The worker's file: an entry of its own in the built package, beside the file that this is in; a module in the sources.
 * It takes none of this process' Node flags, of which `--input-type` would stop it, but the loader of the sources.
 */
export function workerFile(): { readonly file: string | URL; readonly execArgv: readonly string[] } {
  if (typeof require === 'function') return { file: join(__dirname, 'serve-worker.js'), execArgv: [] }
  const isTypeScript = import.meta.url.endsWith('.ts')
  const file = new URL(`./server/worker.${isTypeScript ? 'ts' : 'js'}`, import.meta.url)
  return { file, execArgv: isTypeScript ? process.execArgv : [] }
}
