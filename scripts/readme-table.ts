// Writes the table of variables in docs/configuration.md from the option table: `npm run readme`. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs'
import { withVariablesTable } from '../test/variables-table.js'

const file = new URL('../docs/configuration.md', import.meta.url)
writeFileSync(file, withVariablesTable(readFileSync(file, 'utf8')))
