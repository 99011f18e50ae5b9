import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { diagnosisPage } from '../../../../src/tools/doctor/page/page.js'
import { diagnosis, explanation, judged, silentBroker } from './fixtures/probes.js'

const executablePath = '/usr/bin/chromium'
const reason = existsSync(executablePath) ? undefined : `no Chromium at ${executablePath}`
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const elsewhere = explanation({ targets: [{ host: `${'x'.repeat(60)}.example`, port: 9092, zone: null, written: '' }] })
const brokers = [
  judged({ rack: 'use1-az1' }),
  judged({ nodeId: 4, host: 'b4.kafka.example', explanation: elsewhere }),
  silentBroker(2),
  silentBroker(3),
]
const shown = diagnosis({
  ok: false,
  brokers,
  advice: [{ kind: 'listener-differs', severity: 'note', text: 'A note.', cause: 'A note.', remedy: '', paste: [] }],
})

/** Names as providers write them, 70 to 110 characters long. */
const longBrokers = [1, 2, 3].map(nodeId => {
  const host = `e-00${nodeId}.use1-az${nodeId}.b${nodeId}.dedicated-cluster.domfake00001.us-east-1.aws.private.confluent.example`
  const target = `vpce-0a1b2c3d4e5f60718-xyz12abc-us-east-1a.vpce-svc-0123456789abcdef${nodeId}.us-east-1.vpce.example`
  return judged({
    ...{ nodeId, host, rack: `use1-az${nodeId}` },
    explanation: explanation({ targets: [{ host: target, port: 9092, zone: null, written: target }] }),
    certificate: { names: [`*.${host}`], issuer: 'CA', validTo: '2099-01-01T00:00:00.000Z', expiresInDays: 9999 },
  })
})

/** Relative luminance of a CSS colour, WCAG 2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+(\.\d+)?/g) ?? []).map(part => {
    const value = Number(part) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

/** The computed style of the first element that the selector finds. As text: no types of a browser are at hand here. */
const styleOf = (page: Page, selector: string, property: string) =>
  page.evaluate<string>(
    `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue(${JSON.stringify(property)})`,
  )

for (const scheme of ['light', 'dark'] as const) {
  const name = `the page reads well in Chromium, ${scheme}${reason === undefined ? '' : ` (${reason})`}`
  t.test(name, { skip: reason ?? false, timeout: 120_000 }, async t => {
    const folder = t.testdir({ profile: {} })
    const file = join(folder, 'page.html')
    writeFileSync(file, diagnosisPage(shown))
    const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath,
      args,
      colorScheme: scheme,
      viewport: { width: 1200, height: 900 },
      timeout: 100_000,
    })
    t.teardown(() => browser.close())
    const page = await browser.newPage()
    const [requests, problems] = [new Set<string>(), new Set<string>()]
    page.on('request', request => requests.add(request.url()))
    page.on('console', message => problems.add(message.text()))
    page.on('pageerror', error => problems.add(error.message))
    await page.goto(pathToFileURL(file).href)

    t.same([...requests], [pathToFileURL(file).href], 'nothing else is fetched')
    t.same([...problems], [], 'nothing is complained of')
    const paper = await styleOf(page, 'body', 'background-color')
    t.equal(luminance(paper) > 0.5, scheme === 'light', `the paper is ${scheme}: ${paper}`)
    for (const selector of [
      'body',
      '.facts',
      '.verdict',
      '.advice .fail b',
      'tr.fail .verdict-cell',
      'tr.ok .verdict-cell',
    ]) {
      const ink = await styleOf(page, selector, 'color')
      t.ok(contrast(ink, paper) >= 4.5, `${selector} is read easily: ${ink} on ${paper}`)
    }
    for (const selector of ['svg .name', 'svg .detail']) {
      t.ok(contrast(await styleOf(page, selector, 'fill'), paper) >= 4.5, `${selector} is read easily`)
    }
    const [good, bad] = [await styleOf(page, 'svg .way.ok', 'stroke'), await styleOf(page, 'svg .way.fail', 'stroke')]
    t.not(good, bad, 'verdicts have colours of their own')
    await isTidy(t, page)
    const long = join(folder, 'long.html')
    writeFileSync(long, diagnosisPage(diagnosis({ ok: false, brokers: longBrokers })))
    for (const [name, width] of [file, long].flatMap(name =>
      [390, 800, 1200, 1600].map(width => [name, width] as const),
    )) {
      await page.setViewportSize({ width, height: 800 })
      await page.goto(pathToFileURL(name).href)
      t.ok(
        await page.evaluate<boolean>(
          "(each => each.scrollWidth <= each.clientWidth)(document.querySelector('figure'))",
        ),
        `the picture is whole at ${width} pixels`,
      )
      t.ok(
        await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
        `a page of ${width} pixels is scrolled down only`,
      )
      t.ok(
        await page.evaluate<boolean>(
          "[...document.querySelectorAll('.scroll')].every(each => each.scrollWidth <= each.clientWidth)",
        ),
        `and its table too, at ${width} pixels`,
      )
    }
  })
}

type Place = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number>>

/** No two boxes of the picture lie over each other, no text leaves its box, and every way ends at a box. */
async function isTidy(t: Test, page: Page): Promise<void> {
  const boxes = await page.evaluate<{ rect: Place; texts: Place[] }[]>(`
    [...document.querySelectorAll('svg .box')].map(group => ({
      rect: group.querySelector('rect').getBoundingClientRect().toJSON(),
      texts: [...group.querySelectorAll('text')].map(text => text.getBoundingClientRect().toJSON()),
    }))
  `)
  t.equal(boxes.length, 1 + 1 + 2 + 5, 'one client, one rule, two endpoints, five servers')
  const meet = (a: Place, b: Place) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
  boxes.forEach(({ rect, texts }, index) => {
    t.notOk(
      boxes.some((other, at) => at !== index && meet(rect, other.rect)),
      `box ${index} stands alone`,
    )
    for (const text of texts) t.ok(text.left >= rect.left && text.right <= rect.right, `the text stays in box ${index}`)
  })
  t.equal(await page.locator('svg .way').count(), 1 + 2 + 5, 'a line for each two boxes that belong together')
}
