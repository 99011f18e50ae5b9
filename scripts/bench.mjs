// npm run bench: compiles the sources into .compiled-bench/ and runs bench/main.ts there, with the arguments given.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { compile, root } from './compile.mjs'

const outdir = '.compiled-bench'
await compile(['lib', 'src', 'test', 'bench'], outdir)
const main = join(root, outdir, 'bench/main.js')
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
