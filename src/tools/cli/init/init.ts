import type { Command, Run } from '../command.js'
import { brokersOf, readConfig, readConnection } from '../doctor/doctor-options.js'
import { connectThrough } from './init-connect.js'
import { initHelp, initOptions, readInitOptions } from './init-options.js'
import { completeRequest } from './init-request.js'
import { madeText, widthOf } from './init-text.js'
import { checkOutput, writeOutput } from '../terminal/output-file.js'
import { styleFor } from '../terminal/style.js'

export const init: Command = {
  name: 'init',
  synopsis: 'init --brokers H:P --endpoint NAME...',
  summary: "makes a map, by the provider's names",
  help: initHelp,
  options: initOptions,
  run: runInit,
}

async function runInit(run: Run): Promise<number> {
  const { streams, env } = run
  const flags = readInitOptions(run)
  const overwrite = flags.isForced
  if (flags.out !== undefined) checkOutput(flags.out, { overwrite })
  const config = await readConfig(run)
  const brokers = flags.brokers.length > 0 ? flags.brokers : ((await brokersOf(config)) ?? [])
  const { servers, made } = await completeRequest(run, { ...flags, brokers })
  // Asked before anything is printed, so that nothing is that can't be followed by the rest.
  const connection = flags.connects ? await readConnection(run, config) : undefined
  if (flags.out === undefined) streams.stdout.write(made.text)
  else writeOutput(flags.out, made.text, { overwrite })
  streams.stderr.write(madeText(made, flags.out, styleFor(streams.stderr, env), widthOf(streams.stderr)))
  if (connection === undefined) return 0
  return (await connectThrough(run, made, servers, connection)) ? 0 : 1
}
