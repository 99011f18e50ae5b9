import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const isCommonJs = typeof __dirname === 'string'

/** The version of this package, which is in its package.json alone, some folders above this file. */
export function packageVersion(): string {
  for (let folder = isCommonJs ? __dirname : dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = readPackage(join(folder, 'package.json'))
    if (found?.name === 'kafka-split-dns') return found.version
    if (dirname(folder) === folder) return 'of unknown version'
  }
}

function readPackage(file: string): { name: unknown; version: string } | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof read !== 'object' || read === null) return undefined
    return { name: Reflect.get(read, 'name'), version: String(Reflect.get(read, 'version')) }
  } catch {
    return undefined
  }
}
