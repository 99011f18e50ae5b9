import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import t from 'tap'
import { collectMetrics } from '../../src/metrics.js'
import { split } from '../src/observe/fixtures/world.js'
import { projectFolder } from '../project.js'

const text = readFileSync(join(projectFolder, 'examples/grafana-dashboard.json'), 'utf8')

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

t.test('the dashboard shows every metric, and none that there is not', async t => {
  const register = new Registry()
  collectMetrics(split(t, {}), { register })
  const names = (await register.getMetricsAsJSON()).map(({ name }) => name)
  const used = [...text.matchAll(/kafka_split_dns_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''))
  t.same([...new Set(used)].sort(), names.sort())
})

t.test('every panel has a query, with balanced braces, over the chosen jobs', async t => {
  const { panels } = JSON.parse(text) as Dashboard
  for (const { title, targets } of panels) {
    t.ok(targets.length > 0, title)
    for (const { expr } of targets) {
      t.match(expr, 'job=~"$job"')
      for (const pair of ['()', '{}', '[]']) {
        t.equal(expr.split(pair.charAt(0)).length, expr.split(pair.charAt(1)).length, `${title} ${pair}`)
      }
    }
  }
})
