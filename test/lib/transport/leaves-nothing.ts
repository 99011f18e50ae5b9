// Asks each upstream of its arguments once and closes nothing: run by idle.test.ts, which awaits its end.
import { readFileSync } from 'node:fs'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { ask } from './fixture.js'

const [caFile = '', ...upstreams] = process.argv.slice(2)
const transport = createTransport({ tls: { ca: readFileSync(caFile) } })
const isLoaded = () => Object.getOwnPropertySymbols(globalThis).some(symbol => String(symbol).includes('undici'))
const loadedBefore = isLoaded()
const answers = await Promise.all(upstreams.map(each => ask(transport, parseUpstream(each))))
console.log(JSON.stringify({ loadedBefore, loadedAfter: isLoaded(), rcodes: answers.map(({ rcode }) => rcode) }))
