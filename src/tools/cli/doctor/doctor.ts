import type { Connection } from '../../doctor/connection.js'
import { diagnose, type DiagnoseListener } from '../../doctor/diagnose.js'
import { diagnosisPage } from '../../doctor/page/page.js'
import { loadKafkajs } from '../../doctor/probe/kafkajs.js'
import { createProber } from '../../doctor/probe/probe.js'
import type { Diagnosis } from '../../doctor/types.js'
import { isSet, now, textOf, type Command, type Run } from '../command.js'
import { doctorOptions, readDoctorSettings, type DoctorSettings } from './doctor-options.js'
import { diagnosisText, metadataLine, stepLines, type Widths } from './doctor-text.js'
import { writeOutput } from '../terminal/output-file.js'
import { mapOptionsHelp } from '../map/map-options.js'
import { openDoctorMap } from './doctor-map.js'
import { packageVersion } from '../../../package-version.js'
import { Progress } from '../terminal/progress.js'
import { widthOf } from '../terminal/streams.js'
import { styleFor } from '../terminal/style.js'

const help = `kafka-split-dns doctor HOST:PORT... [OPTIONS]

Bootstraps as a service here would, reaches every broker that the cluster advertises, asks each whether it is the one
that its name stands for, and says for each fault what to do about it. Exit code 1: a broker, or a bootstrap server,
can't be used.

  HOST:PORT...       the bootstrap servers; --brokers HOST:PORT,... is the same
  --config FILE      a module that exports the service's KafkaConfig: brokers, ssl, any sasl, and its
                     socketFactory, whose map is then the one in force
  --tls              TLS; --ca, --cert, --key and --servername imply it
  --ca FILE          the authority that signed the brokers' certificates, PEM
  --cert FILE        the client's certificate, PEM, with --key FILE
  --servername NAME  sent and checked in place of each broker's own name
  --sasl MECHANISM   plain, scram-sha-256 or scram-sha-512, with --username NAME; the password is read from
                     KAFKA_SPLIT_DNS_SASL_PASSWORD, else asked for
  --timeout MS       how long to wait for each broker (5000)
  --connection-timeout MS
                     the client's connectionTimeout, which the measured times are held against (kafkajs: 1000)
  --html FILE        writes a page with a picture, to attach to a ticket
  --wide             the table with all columns, and no name shortened, as in a pipe
  --json             one JSON object; docs/cli.md in this package lists its keys
${mapOptionsHelp}

  kafka-split-dns doctor bootstrap.kafka.example:9092
  kafka-split-dns doctor bootstrap.kafka.example:9094 --tls --ca ca.pem --html doctor.html
  kafka-split-dns doctor --config dist/kafka-config.js`

export const doctor: Command = {
  name: 'doctor',
  synopsis: 'doctor HOST:PORT...',
  summary: 'reaches every broker, and says for each fault what to do',
  help,
  allowPositionals: true,
  options: doctorOptions,
  run: runDoctor,
}

async function runDoctor(run: Run): Promise<number> {
  const { streams, env } = run
  const settings = await readDoctorSettings(run)
  const diagnosis = await examine(run, settings)
  if (isSet(run, 'json')) streams.stdout.write(`${JSON.stringify(diagnosis)}\n`)
  else streams.stdout.write(diagnosisText(diagnosis, widthsOf(run), styleFor(streams.stdout, env)))
  // Last, so that a file that can't be written takes nothing away.
  const html = textOf(run, 'html')
  if (html !== undefined) writeOutput(html, diagnosisPage(diagnosis), pageOptions)
  return diagnosis.ok ? 0 : 1
}

const pageOptions = { overwrite: true, refuseLinks: true }

/** A table that is piped is read by a program or in a file, where lines have no end. */
function widthsOf(run: Run): Widths {
  const { stdout } = run.streams
  const width = Math.max(40, widthOf(stdout))
  return { prose: width, table: stdout.isTTY !== true || isSet(run, 'wide') ? Infinity : width }
}

async function examine(run: Run, { bootstrap, connection, config }: DoctorSettings): Promise<Diagnosis> {
  const { makeBroker, version } = await loadKafkajs()
  const map = await openDoctorMap(run, config)
  const progress = new Progress(run.streams.stderr)
  try {
    const probeServer = createProber({ ...map, makeBroker, connection, now })
    const versions = { 'kafka-split-dns': packageVersion(), kafkajs: version, node: process.version }
    const options = { bootstrap, connection, map: map.facts, mapOrigins: map.origins, versions }
    return await diagnose(probeServer, options, listener(run, connection, progress))
  } finally {
    progress.clear()
    await map.close()
  }
}

/** Shows the steps as they go; with --json nothing but the progress. */
function listener(run: Run, connection: Connection, progress: Progress): DiagnoseListener {
  const { streams, env } = run
  const style = styleFor(streams.stdout, env)
  const say = (text: string) => {
    progress.clear()
    if (!isSet(run, 'json')) streams.stdout.write(text)
  }
  let [count, done] = [0, 0]
  return {
    onBegin: ({ role, host }) => {
      progress.show(role === 'bootstrap' ? `asking ${host} ...` : `${done} of ${count} brokers, ${host} ...`)
    },
    onProbe: judged => {
      if (judged.role === 'broker') progress.show(`${++done} of ${count} brokers, ${judged.host}`)
      else say(stepLines(judged, connection, style, widthsOf(run).table))
    },
    onMetadata: metadata => {
      count = metadata.brokers.length
      say(metadataLine(metadata))
    },
  }
}
