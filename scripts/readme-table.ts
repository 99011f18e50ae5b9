// Writes the README's table of variables from the option table: `npm run readme`. A test holds the two together.
import { readFileSync, writeFileSync } from 'node:fs'
import { withVariablesTable } from '../test/variables-table.js'

const file = new URL('../README.md', import.meta.url)
writeFileSync(file, withVariablesTable(readFileSync(file, 'utf8')))
