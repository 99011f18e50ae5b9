import { optionNames, optionTable } from '../src/config/option-table.js'

const begin = '<!-- variables: made by npm run readme -->'
const end = '<!-- /variables -->'

/** The page with its table of variables as the option table has it. */
export function withVariablesTable(page: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page lacks ${begin} ... ${end}`)
  return `${page.slice(0, from)}${begin}\n${variablesTable()}\n${page.slice(to)}`
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

/** What an editor shows for the option: its text, variable and default. */
export function optionDoc(name: (typeof optionNames)[number]): string {
  const { doc, variable } = optionTable[name]
  const sentence = `${doc.charAt(0).toUpperCase()}${doc.slice(1)}`
  const place = variable === null ? 'No variable.' : `Variable: \`${variable}\`.`
  const fallback = defaultText(name)
  return `${sentence}. ${place}${fallback === '' ? '' : ` Default: ${fallback}.`}`
}
