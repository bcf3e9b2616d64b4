import { test } from 'tap'
import { includes } from '../../../src/loss/formats.ts'
import {
  isMergeable,
  mergeableNames,
  mergeableSections,
  needsOneDecision,
  sectionOf,
} from '../../../src/loss/report/sections.ts'

test('every section that is not about single rows can be merged', async (t) => {
  t.same(
    includes.filter(isMergeable).toSorted(),
    includes.filter((name) => name !== 'perSample' && name !== 'ranking' && name !== 'gradient').toSorted(),
  )
  t.equal(isMergeable('toString'), false)
  t.same(mergeableNames.filter(needsOneDecision), ['confusion', 'confusionWeights'])
  for (const name of mergeableNames) t.equal(sectionOf(name), mergeableSections[name])
})
