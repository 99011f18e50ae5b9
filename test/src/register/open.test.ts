import t from 'tap'
import { programOf, type Program } from '../../../src/register/open.js'

const cases: [script: string | undefined, expected: Program][] = [
  [undefined, 'service'],
  ['/app/server.js', 'service'],
  ['/app/npm', 'package manager'],
  ['/usr/local/bin/npm', 'package manager'],
  ['/usr/local/bin/npx', 'package manager'],
  ['/usr/local/lib/node_modules/npm/bin/npm-cli.js', 'package manager'],
  ['/usr/local/lib/node_modules/npm/bin/npx-cli.js', 'package manager'],
  ['/usr/local/lib/node_modules/corepack/dist/corepack.js', 'package manager'],
  ['/usr/local/bin/pnpm', 'package manager'],
  ['/opt/pnpm/pnpm.cjs', 'package manager'],
  ['/app/.yarn/releases/yarn-4.5.0.cjs', 'service'],
  ['C:\\nodejs\\node_modules\\npm\\bin\\npx-cli.js', 'package manager'],
  ['/app/node_modules/.bin/kafka-split-dns', 'own command'],
  ['/app/node_modules/kafka-split-dns/dist/cjs/cli.js', 'own command'],
  ['C:\\app\\node_modules\\kafka-split-dns\\dist\\cjs\\cli.js', 'own command'],
  ['/app/node_modules/kafka-split-dns/dist/cjs/index.js', 'service'],
  ['/app/dist/cjs/cli.js', 'service'],
  ['/app/npm/index.js', 'service'],
]
for (const [script, expected] of cases) {
  t.test(`${script ?? 'no script'} is a ${expected}`, async t => t.equal(programOf(script), expected))
}
