// Reads the largest hostile documents one after another; run with a small heap by documents.test.ts.
import { compileSources } from '../../../../src/map/compile.js'
import { random } from '../../../servers/random.js'
import { settings } from '../helpers.js'
import { pairs, products } from './documents.js'

const [seed, count] = process.argv.slice(2).map(Number)
const size = 1024 * 1024
let read = 0
for (const { text } of [pairs(size), ...products(random(seed ?? 1), size, count ?? 1)]) {
  compileSources([{ kind: 'url', origin: 'https://maps.example/map.yaml', text }], settings())
  read++
}
process.stdout.write(`read ${read}\n`)
