import { ConfigError } from '../../../errors.js'
import { listenText, readServeOptions, type ServeOptions, type ServeSettings } from '../../../serve/options.js'
import { isSet, textOf, type Command, type Run } from '../command.js'
import { mapInputs, mapOptions, mapOptionsHelp } from '../map/map-options.js'
import { UsageError } from '../terminal/errors.js'
import { isAnswering } from './serve-check.js'

const help = `kafka-split-dns serve [--listen 127.0.0.1:53] [--relay auto|always|never] [--ports 9092,...]

Answers DNS on loopback from the map, for the pod's clients in other languages, passes every other question on, and
relays connections where a rule sets a port. Runs until SIGTERM or Ctrl-C, then ends connections once they are idle.

  --listen ADDRESS   a loopback address and a port; 127.0.0.1:53 unless given
  --relay WHEN       auto: for rules that set a port. always: for every rule. never
  --ports PORTS      the ports at which clients call brokers, beside those of the map's patterns; 9092 unless given
  --pool BLOCK       the block of 127.0.0.0/8 for relays; 127.83.0.0/16 unless given
  --grace-ms MS      how long the end waits for idle connections; 10000 unless given
  --check            ask the running serve at --listen one question: exit code 0 if it answers, else 1
${mapOptionsHelp}

  kafka-split-dns serve --map-file map.yaml --ports 9092,9094`

export const serve: Command = {
  name: 'serve',
  synopsis: 'serve [--listen ADDRESS:PORT]',
  summary: 'answers DNS and relays for clients of other languages',
  help,
  options: {
    listen: { type: 'string' },
    relay: { type: 'string' },
    ports: { type: 'string' },
    pool: { type: 'string' },
    'grace-ms': { type: 'string' },
    check: { type: 'boolean' },
    ...mapOptions,
  },
  async run(run) {
    const settings = readFlags(run)
    if (isSet(run, 'check')) return check(run, settings)
    // Loaded here: no other command needs a DNS server.
    const { startServing } = await import('../../../serve/server/serving.js')
    const { stdout, stderr } = run.streams
    const log = (message: string) => void stderr.write(`kafka-split-dns serve: ${message}\n`)
    const serving = await startServing({
      ...{ options: mapInputs(run), env: run.env, settings },
      logger: { info: log, warn: log, error: log },
      onEvent: () => undefined,
    })
    stdout.write(`serving on ${listenText(serving)}\n`)
    await untilStopped(run.signal)
    await serving.close()
    return 0
  },
}

/** For probes of the container, because loopback is out of the kubelet's reach. */
async function check({ streams }: Run, settings: ServeSettings): Promise<number> {
  if (settings.port === 0) throw new UsageError('--listen: --check needs the port that serve listens on')
  const isUp = await isAnswering(settings)
  const where = listenText(settings)
  if (isUp) streams.stdout.write(`${where} answers\n`)
  else streams.stderr.write(`kafka-split-dns serve: no answer at ${where}\n`)
  return isUp ? 0 : 1
}

/** Throws `UsageError` for flags that can't be meant. */
function readFlags(run: Run): ServeSettings {
  const text = (name: string) => textOf(run, name)
  const flags: Record<keyof ServeOptions, string | undefined> = {
    ...{ listen: text('listen'), relay: text('relay'), ports: text('ports'), pool: text('pool') },
    graceMs: text('grace-ms'),
  }
  try {
    // Checked there, as all that comes from outside.
    return readServeOptions(flags as ServeOptions, option => (option === 'graceMs' ? '--grace-ms' : `--${option}`))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(error.faults.map(({ origin, message }) => `${origin}: ${message}`).join('; '))
  }
}

/** Resolves at Ctrl-C or SIGTERM. */
function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const stop = () => {
      process.off('SIGTERM', stop)
      signal.removeEventListener('abort', stop)
      resolve()
    }
    process.once('SIGTERM', stop)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
}
