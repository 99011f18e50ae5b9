// Where the checkout is, and how Node runs its modules: the tests run as TypeScript under a loader, or as JavaScript that
// scripts/test.mjs has made of them in a folder of its own.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const isTypeScript = import.meta.filename.endsWith('.ts')
/** What holds lib/, src/ and test/ in the form that is running. */
const codeFolder = dirname(import.meta.dirname)

/** The checkout. */
export const projectFolder = existsSync(join(codeFolder, 'package.json')) ? codeFolder : dirname(codeFolder)

/** Flags with which Node runs a module of the project. */
export const loaderFlags: readonly string[] = isTypeScript
  ? ['--import', join(projectFolder, 'node_modules/tsx/dist/loader.mjs')]
  : []

/** The file of a module that is named by its path from the checkout, without an ending: `src/split-dns`. */
export const moduleFile = (path: string) => join(codeFolder, `${path}.${isTypeScript ? 'ts' : 'js'}`)
