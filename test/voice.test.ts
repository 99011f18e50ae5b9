import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { documents } from './documents.js'
import { projectFolder } from './project.js'

/** Words that readers stumble over, and what to say in their place. */
const dialect: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\b(?:is|are|was|were|be|been|being|not|as) told\b(?! apart| from)/i, 'reports, names, is listed'],
  [/\btells\b(?![^.|]* (?:apart|from)\b)/i, 'reports, says, shows'],
  [/\bstands?\b(?! for\b|-| on\b)/i, 'is'],
  [/\bcomes? to\b(?! rest)/i, 'is, reaches'],
  [/\b(?:is|are|was|were|be|been|not) led\b/i, 'is routed, is mapped'],
  [/\b(?:rules?|maps?|patterns?|reload|names?|connections?) leads?\b/i, 'maps to, routes to'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, correct'],
  [/\banew\b/i, 'again'],
  [/\bin vain\b/i, 'without success'],
  [/\bnone of ours\b/i, 'not this package’s'],
  [/\bfor nobody\b/i, 'say what is not done'],
  [/\b(?:left|leaves?|leave (?:it|them)) alone\b/i, 'is ignored, is not changed'],
  [/(?:^|[.:;] )Who(?:ever)? [a-z]+s\b/, 'name what acts: a program that'],
]

/** What is said in place of each dialect word of the text. */
const found = (text: string) =>
  dialect.flatMap(([words, instead]) => {
    const at = words.exec(text)
    return at === null ? [] : [`'${at[0]}' (say: ${instead}): ${text.slice(Math.max(0, at.index - 40), at.index + 60)}`]
  })

t.test('the table finds the words that it is for, and leaves plain ones', t => {
  for (const text of ['the reason is told', 'The rule leads to b.', 'it stands below', 'made anew', 'Mend the map.'])
    t.equal(found(text).length, 1, text)
  for (const text of [
    'tells brokers apart by SNI',
    'HOST stands for a name',
    'the standard name',
    'the leader',
    'amended',
  ])
    t.same(found(text), [], text)
  t.end()
})

for (const { path, text } of documents) {
  t.test(`${path} is in plain words`, t => {
    const faults = text.split('\n').flatMap((line, index) => found(line).map(fault => `${path}:${index + 1}: ${fault}`))
    t.same(faults, [])
    t.end()
  })
}

/** The texts of string and template literals, with their lines; comments are none. */
function literals(source: ts.SourceFile): { readonly line: number; readonly text: string }[] {
  const texts: { line: number; text: string }[] = []
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (isText && !ts.isImportDeclaration(node.parent)) {
      texts.push({ line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1, text: node.text })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}

t.test('messages of src/ and lib/ are in plain words', t => {
  const faults: string[] = []
  let count = 0
  for (const top of ['src', 'lib']) {
    for (const name of readdirSync(join(projectFolder, top), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      const path = join(top, name)
      const text = readFileSync(join(projectFolder, path), 'utf8')
      for (const literal of literals(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))) {
        count++
        faults.push(...found(literal.text).map(fault => `${path}:${literal.line}: ${fault}`))
      }
    }
  }
  t.ok(count > 1000)
  t.same(faults, [])
  t.end()
})
