import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { diagnosis } from '../doctor/fixtures/probes.js'
import { runMain } from './fixtures/run-main.js'
import { projectFolder } from '../../../project.js'

const page = readFileSync(join(projectFolder, 'docs/cli.md'), 'utf8')

/** The names in the first column of the table that begins with this head. */
function documented(head: string): string[] {
  const table = page.slice(page.indexOf(`| ${head}`)).split('\n\n')[0] ?? ''
  const rows = table.split('\n').slice(2)
  return rows.flatMap(row => [...(row.split(' | ')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name)).sort()
}

const keys = (object: object) => Object.keys(object).sort()

t.test('the JSON of check has the keys that its table has', async t => {
  const { stdout } = await runMain(['check', '--map', '*.kafka.test=127.0.0.1', '--json'])
  const section = page.slice(page.indexOf('## check'), page.indexOf('## explain'))
  t.same(
    keys(JSON.parse(stdout) as object),
    [...section.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)]
      .flatMap(([, names = '']) => names.replaceAll('`', '').split(', '))
      .sort(),
  )
})

t.test('the JSON of explain has the keys that its table has, also where it fails', async t => {
  for (const name of ['b0.kafka.test:9092', 'other.test', 'refused.test']) {
    const { stdout } = await runMain([
      'explain',
      name,
      '--json',
      '--map',
      '*.kafka.test=127.0.0.1, refused.test=refuse',
    ])
    t.same(keys(JSON.parse(stdout) as object), documented('`--json`: one object a line'))
  }
})

t.test('the JSON of the doctor has the keys that its tables have', async t => {
  const found = diagnosis()
  const section = page.slice(page.indexOf('## doctor'))
  const table = section.slice(section.indexOf('| `--json`: one object |')).split('\n\n')[0] ?? ''
  const names = [...table.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, row = '']) =>
    row.replaceAll('`', '').split(', '),
  )
  t.same(keys(found), names.sort())
  t.same(keys(found.brokers[0] ?? {}), documented('an entry'))
})

t.test('every kind of advice is listed', async t => {
  const types = readFileSync(join(projectFolder, 'src/tools/doctor/types.ts'), 'utf8')
  const kinds = types.slice(types.indexOf('type AdviceKind'), types.indexOf('/** The certificate'))
  for (const [, kind = ''] of kinds.matchAll(/'([a-z-]+)'/g)) t.match(page, `\`${kind}\``)
})

t.test('every flag of the doctor is told of, in its help and on the page', async t => {
  const { doctorOptions } = await import('../../../../src/tools/cli/doctor/doctor-options.js')
  const { stdout } = await runMain(['doctor', '--help'])
  for (const flag of Object.keys(doctorOptions)) {
    t.match(stdout, `--${flag}`)
    t.match(page, `--${flag}`)
  }
})
