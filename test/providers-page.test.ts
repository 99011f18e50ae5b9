import t from 'tap'
import { compileMap } from '../src/map/compile.js'
import { isSplitDnsError } from '../src/errors.js'
import { families, recognise } from '../src/tools/init/recognise.js'
import { readDocument } from './documents.js'
import { settings } from './src/map/helpers.js'
import { runMain } from './src/tools/cli/fixtures/run-main.js'

const path = 'docs/providers.md'
const page = readDocument(path)

interface Section {
  readonly title: string
  readonly command: readonly string[] | undefined
  readonly map: string
  /** Lines of `HOST:PORT -> WHAT`. */
  readonly routes: readonly string[]
}

const blockOf = (section: string, language: string) =>
  new RegExp('^```' + language + '\\n([\\s\\S]*?)^```$', 'm').exec(section)?.[1]

const sections: readonly Section[] = page.split(/^## /m).flatMap(section => {
  const map = blockOf(section, 'yaml')
  if (map === undefined) return []
  return {
    title: section.split('\n', 1)[0] ?? '',
    command: blockOf(section, 'sh')?.replaceAll('\\\n', ' ').trim().split(/\s+/),
    map,
    routes: (blockOf(section, 'text') ?? '').trim().split('\n'),
  }
})

/** Where the map leads each name that the section lists, in the page's own words. */
function routesOf(yaml: string, { routes }: Section): string[] {
  const { map } = compileMap([{ kind: 'file', origin: path, text: yaml }], settings())
  return routes.map(line => {
    const [asked = ''] = line.split(' -> ')
    const { hostname, port } = new URL(`kafka://${asked}`)
    try {
      const { action, targets } = map.decide(hostname, Number(port)).route
      const shown = targets.map(target => `${target.host}:${target.port ?? ''}`)
      return `${asked} -> ${shown.length === 0 ? action : shown.join(', ')}`
    } catch (error) {
      if (isSplitDnsError(error)) return `${asked} -> ${error.code}`
      throw error
    }
  })
}

for (const section of sections) {
  t.test(`${section.title}: the map leads each name as the page says`, async t => {
    t.ok(section.routes.length >= 2)
    t.same(routesOf(section.map, section), section.routes)
  })
  const { command } = section
  if (command === undefined) continue
  t.test(`${section.title}: init writes a map that leads them the same way`, async t => {
    t.same(command.slice(0, 3), ['npx', 'kafka-split-dns', 'init'])
    const { code, stdout, stderr } = await runMain(command.slice(2))
    t.equal(code, 0, stderr)
    t.same(routesOf(stdout, section), section.routes)
  })
}

t.test('every provider that init knows has a section', async t => {
  const shown = new Set(
    sections.flatMap(({ routes }) => {
      const host = new URL(`kafka://${routes[0]?.split(' -> ')[0] ?? ''}`).hostname
      return /^\d/.test(host) ? [] : [recognise([{ host, port: 9092 }]).provider]
    }),
  )
  for (const { name, providers } of families) {
    t.ok(
      providers.some(provider => shown.has(provider)),
      name,
    )
  }
  t.ok(sections.length >= 15, `${sections.length}`)
})
