// npm run bench: what the product costs, beside its peers, in one table (run `npm run build` first).
// npm run bench -- NAME...: those measurements alone; `npm run bench -- help` lists the names.
// Ratios count, pair by pair: a machine that does other work as well slows all competitors alike.
import { cpus } from 'node:os'
import { printTable, type Row } from './measure.js'
import { connects, tlsConnects } from './rows/connects.js'
import { coldLookup, storm, warmLookup } from './rows/lookups.js'
import { compile, exported, reload } from './rows/maps.js'
import { memory, start } from './rows/process.js'

interface Measurement {
  readonly title: string
  readonly measure: () => Promise<readonly Row[]> | readonly Row[]
}

const table: Readonly<Record<string, Measurement>> = {
  'warm-lookup': { title: 'A look-up of a name that is known', measure: warmLookup },
  storm: { title: '10,000 look-ups at once of one new name', measure: storm },
  'cold-lookup': { title: 'A look-up of a new name, one after another', measure: coldLookup },
  connects: { title: 'A connect through the factory', measure: connects },
  tls: { title: 'A connect through the factory, with TLS', measure: tlsConnects },
  compile: { title: 'Compiling a map', measure: compile },
  reload: { title: 'The longest that a reload holds the event loop', measure: reload },
  export: { title: 'The command export', measure: exported },
  start: { title: 'Import and first use, in a process of its own', measure: start },
  memory: { title: 'Heap of a factory in use, beyond its connections', measure: memory },
}

/** Measurements with an output of their own; `serve` and `throughput` start a Kafka. */
const others = ['resolve', 'wire', 'route', 'register', 'map-reload', 'serve', 'throughput']

const asked = process.argv.slice(2)
const known = [...Object.keys(table), ...others]
const unknown = asked.filter(name => !known.includes(name))
if (unknown.length > 0) {
  console.log(`npm run bench -- ${Object.keys(table).join(' | ')}\nor, with a report of its own: ${others.join(' | ')}`)
  process.exit(asked.includes('help') ? 0 : 2)
}
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`)
for (const name of asked.length > 0 ? asked : Object.keys(table)) {
  const measurement = table[name]
  if (measurement === undefined) await import(`./${name}.js`)
  else printTable(`${measurement.title} (${name})`, await measurement.measure())
}
