import { readFileSync } from 'node:fs'
import t from 'tap'
import { withVariablesTable } from './variables-table.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

t.test('the table of variables is the option table (npm run readme writes it)', async t => {
  t.equal(readme, withVariablesTable(readme))
})
