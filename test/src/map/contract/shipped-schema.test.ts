import { pathToFileURL } from 'node:url'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { projectFolder } from '../../../project.js'

const root = pathToFileURL(`${projectFolder}/`)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const { exports, files } = JSON.parse(read('package.json')) as {
  readonly exports: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
}
const shipped = String(exports['./map.schema.json'])

t.test('the package exports the schema for editors, from what it ships', async t => {
  t.equal(shipped, './dist/map.schema.json')
  t.ok(files.includes('dist'))
})

t.test('what the build ships is the schema of the sources', async t => {
  const schema = read('src/map/map.schema.json')
  t.match(JSON.parse(schema), {
    $schema: /json-schema\.org/,
    properties: { rules: {}, profiles: {}, tables: {}, version: {} },
  })
  // Where nothing is built yet there is nothing to compare.
  if (existsSync(new URL(shipped, root))) t.equal(read(shipped), schema)
})
