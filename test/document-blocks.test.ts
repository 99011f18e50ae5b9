// What a reader would copy from the README and docs/: TypeScript compiles, maps and JSON parse, variables are known.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { parse } from 'yaml'
import { optionTable } from '../src/config/option-table.js'
import { parseMap } from '../src/index.js'
import { documents, fencedBlocks } from './documents.js'
import { projectFolder } from './project.js'

/** Names that a fragment of a page takes as given. */
const given = `
declare const splitDns: import('kafka-split-dns').SplitDns
declare const log: { warn(message: string): void }
`

const blocks = new Map(
  documents.flatMap(({ path, text }) =>
    fencedBlocks(text, 'ts').map((body, index) => {
      const file = join(projectFolder, path.replaceAll('/', '-').replace('.md', `-block-${index + 1}.ts`))
      return [file, `${body}\nexport {}\n`] as const
    }),
  ),
)

t.test('each block of TypeScript compiles', t => {
  t.ok(blocks.size > 9)
  const config = ts.readConfigFile(join(projectFolder, 'tsconfig.json'), path => readFileSync(path, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, projectFolder)
  options.paths = {
    'kafka-split-dns': ['./src/index.ts'],
    'kafka-split-dns/metrics': ['./src/metrics.ts'],
    'kafka-split-dns/register': ['./src/register.ts'],
  }
  // A page shows how a value is made, not what is then done with it.
  Object.assign(options, { noUnusedLocals: false, noUnusedParameters: false })
  const ambient = join(projectFolder, 'docs-given.d.ts')
  const texts = new Map([...blocks, [ambient, given] as const])
  const host = ts.createCompilerHost(options)
  const fileExists = host.fileExists.bind(host)
  const readFile = host.readFile.bind(host)
  const getSourceFile = host.getSourceFile.bind(host)
  host.fileExists = file => texts.has(file) || fileExists(file)
  host.readFile = file => texts.get(file) ?? readFile(file)
  host.getSourceFile = (file, language, ...rest) => {
    const text = texts.get(file)
    return text === undefined ? getSourceFile(file, language, ...rest) : ts.createSourceFile(file, text, language)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  const faults = [...blocks.keys()].flatMap(file =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ messageText, start = 0 }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, '\n')
      return `${file}: ${text}: ${(texts.get(file) ?? '').slice(start, start + 40)}`
    }),
  )
  t.same(faults, [])
  t.end()
})

const env = { NAMESPACE: 'team-a' }

for (const { path, text } of documents) {
  t.test(`blocks of YAML and JSON in ${path} parse`, t => {
    for (const block of fencedBlocks(text, 'yaml')) {
      if (/^rules:/m.test(block)) t.ok(parseMap(block, { format: 'yaml', env }), block)
      else t.ok(parse(block), block)
    }
    for (const block of fencedBlocks(text, 'json')) t.ok(JSON.parse(block), block)
    t.end()
  })

  t.test(`blocks for the shell in ${path} set known variables only`, t => {
    const known = new Set([
      ...Object.values(optionTable).map(({ variable }) => variable),
      'KAFKA_SPLIT_DNS_SASL_PASSWORD',
    ])
    for (const block of fencedBlocks(text, 'sh')) {
      for (const [name] of block.matchAll(/KAFKA_SPLIT_DNS_\w+/g))
        t.ok(known.has(name) || name.startsWith('KAFKA_SPLIT_DNS_VAR_'), name)
    }
    t.end()
  })
}
