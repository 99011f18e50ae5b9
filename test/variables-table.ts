import { optionNames, optionTable } from '../src/config/option-table.js'

const begin = '<!-- variables: made by npm run readme -->'
const end = '<!-- /variables -->'

/** The README with its table of variables made anew from the option table. */
export function withVariablesTable(readme: string): string {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the README lacks ${begin} ... ${end}`)
  return `${readme.slice(0, from)}${begin}\n${variablesTable()}\n${readme.slice(to)}`
}

function variablesTable(): string {
  const rows = optionNames.map(name => {
    const row = optionTable[name]
    const variable = row.variable === null ? '' : `\`${row.variable}\``
    return `| ${variable} | \`${name}\` | ${defaultText(name)} | ${row.doc.replaceAll('|', '\\|')} |`
  })
  return ['| variable | option | default | what |', '|---|---|---|---|', ...rows].join('\n')
}

function defaultText(name: (typeof optionNames)[number]): string {
  const { default: value, defaultText: words, unit } = optionTable[name]
  if (words !== undefined) return words
  if (typeof value === 'number') return unit === undefined ? `\`${value}\`` : `${value} ${unit}`
  return typeof value === 'string' ? `\`${value}\`` : ''
}
