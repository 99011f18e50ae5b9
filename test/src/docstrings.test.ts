import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { projectFolder } from '../project.js'

const entries = { index: 'src/index.ts', metrics: 'src/metrics.ts', register: 'src/register.ts' }
const files = Object.values(entries).map(file => join(projectFolder, file))
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(projectFolder, 'tsconfig.json'), path => readFileSync(path, 'utf8')).config,
  ts.sys,
  projectFolder,
)
const host = ts.createCompilerHost(options)
const getSourceFile = host.getSourceFile.bind(host)
// Exports and their comments are all here: types of other packages are most of what there is to read, and not asked for.
host.getSourceFile = (file, ...rest) => (file.includes('/node_modules/') ? undefined : getSourceFile(file, ...rest))
const program = ts.createProgram(files, options, host)
const checker = program.getTypeChecker()

for (const [name, file] of Object.entries(entries)) {
  const source = program.getSourceFile(join(projectFolder, file))
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  const symbols = (module === undefined ? [] : checker.getExportsOfModule(module)).map(symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  )
  const page = readFileSync(join(projectFolder, `docs/api/${name}.md`), 'utf8')

  t.test(`every export of ${file} has a docstring, and stands in docs/api (npm run api writes it)`, async t => {
    t.ok(symbols.length > 0)
    for (const symbol of symbols) {
      t.not(ts.displayPartsToString(symbol.getDocumentationComment(checker)), '', `${symbol.name} has a docstring`)
      t.ok(page.includes(symbol.name), `${symbol.name} is in docs/api/${name}.md`)
    }
  })
}
