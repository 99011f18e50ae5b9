import t from 'tap'
import { formats } from '../src/tools/export/formats/formats.js'
import { readDocument } from './documents.js'

const page = readDocument('docs/alternatives.md')
const intro = page.slice(0, page.indexOf('\n## Split DNS'))
const ways = page
  .split(/^## /m)
  .slice(2, -1)
  .map(section => ({ title: section.split('\n', 1)[0] ?? '', section }))

const plain = (text: string) => text.replaceAll('`', '').trim().toLowerCase()

/** The first cells of each table before the first way. */
const firstCells = [...intro.matchAll(/^\| way .*\n\|[-|]+\n((?:\|.*\n)+)/gm)].map(([, rows = '']) =>
  rows
    .trim()
    .split('\n')
    .map(row => plain((row.split('|')[1] ?? '').replace(/\[(.*)\]\(.*\)/, '$1'))),
)

t.test('both tables have a row for each way, in the order of the sections', async t => {
  t.equal(ways.length, 9)
  t.equal(firstCells.length, 2)
  const titles = ways.map(({ title }) => plain(title))
  for (const cells of firstCells) t.same(cells, titles)
})

t.test('each way says what it costs, whom it touches and when to take it', async t => {
  for (const { title, section } of ways) {
    for (const part of ['**Costs**', '**Touches**', '**Take it when**'])
      t.ok(section.includes(part), `${title}: ${part}`)
  }
})

t.test('the formats that it names exist, and it names each but the one for a laptop', async t => {
  const named = new Set([...page.matchAll(/--to ([a-z0-9-]+)/g)].map(([, name = '']) => name))
  t.same(
    [...named].sort(),
    formats
      .map(({ name }) => name)
      .sort()
      .filter(name => name !== 'hosts'),
  )
})
