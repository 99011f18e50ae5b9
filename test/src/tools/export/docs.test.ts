import t from 'tap'
import { exportFlags } from '../../../../src/tools/cli/export/export-flags.js'
import { formats } from '../../../../src/tools/export/formats/formats.js'
import { fencedBlocks, readDocument } from '../../../documents.js'
import { runMain } from '../cli/fixtures/run-main.js'

const page = readDocument('docs/export.md')

/** The words of the command, as a shell reads them. */
const words = (command: string) =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')

const examples = fencedBlocks(page, 'console')
t.test('the page has examples', async t => t.ok(examples.length >= 4))
for (const example of examples) {
  const [command = '', ...rest] = example.split('\n')
  t.test(command, async t => {
    const [prompt, name, ...args] = words(command.replace(/ 2>\/dev\/null$/, ''))
    t.same([prompt, name], ['$', 'kafka-split-dns'])
    const { stdout, stderr } = await runMain(args)
    t.equal(command.endsWith('2>/dev/null') ? stdout : stderr + stdout, rest.join('\n'))
  })
}

for (const { name, takes = [], allowPositionals } of formats) {
  t.test(
    `${name} has a section that tells how it is installed, what it costs, when to take it and what it lacks`,
    async t => {
      const section = page.split(/^## /m).find(text => text.startsWith(`${name}\n`)) ?? ''
      for (const part of ['Install', 'Costs', 'When', 'Not expressed']) t.match(section, `**${part}**:`)
      t.match(page, new RegExp(`^\\| \`${name}\` \\|`, 'm'))
      if (takes.length > 0 || allowPositionals === true) t.match(page, new RegExp(`^\\| \`.*\` \\| .*\`${name}\``, 'm'))
    },
  )
}

t.test('every flag is told, in the help and on the page', async t => {
  const { stdout } = await runMain(['export', '--help'])
  for (const flag of ['to', 'out', 'partial', ...Object.keys(exportFlags)]) {
    t.match(stdout, `  --${flag} `)
    t.match(page, `\`--${flag}`)
  }
})
