/** @import { LossAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { find, number, table, text } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { chart } from '../plot.js'
import { fitting, turnable } from '../scene.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'
import { drawEdges, sceneOf, ts, ys } from './surface-picture.js'

const words = strings.surface
const side = { x: -1.45, y: -1.5, z: 0.85 }
const policies = ['add-epsilon', 'clip', 'clamp', 'exact']
const isGuarded = (/** @type {string} */ logPolicy) => logPolicy === 'add-epsilon' || logPolicy === 'clip'

/**
 * Binary cross-entropy over every prediction and every label.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const plot = find(section, '.surface-plot', HTMLElement)
  const edges = find(section, '.surface-edges', HTMLElement)
  const form = find(section, '.surface-form', HTMLFormElement)
  const logPolicy = find(form, '[name=logPolicy]', HTMLSelectElement)
  const epsilon = find(form, '[name=epsilon]', HTMLSelectElement)
  const probeY = find(section, '[name=y]', HTMLInputElement)
  const probeT = find(section, '[name=t]', HTMLInputElement)
  /** Heights by t, then by y. @type {(number | null)[][]} */
  let heights = []

  keepState(section, () => {
    update(undefined)
    turn()
  })
  const probed = () => ({
    y: ys.indexOf(probeY.valueAsNumber),
    t: ts.indexOf(probeT.valueAsNumber),
  })
  const { eye, turn } = turnable(section, plot, fitting(plot, side))
  const draw = chart(plot, (theme) => sceneOf(theme, heights, probed(), eye()))
  const drawFlat = () => {
    if (heights.length > 0) drawEdges(edges, heights, probed())
  }
  new ResizeObserver(drawFlat).observe(edges)
  const [scene, flat] = section.querySelectorAll('figure')
  const shown = (/** @type {number | null} */ loss) => loss ?? 'Infinity'
  tellNumbers(scene, () => [
    ['y', 't', 'loss'],
    ...heights.flatMap((row, t) => row.map((loss, y) => [ys[y], ts[t], shown(loss)])),
  ])
  tellNumbers(flat, () => [
    ['y', 't = 1', 't = 0'],
    ...ys.map((y, at) => [y, shown(heights[ts.length - 1][at]), shown(heights[0][at])]),
  ])

  /**
   * @param {string} policy
   * @param {{ predictions: number[], labels: number[] }} data
   * @returns {Promise<LossAnswer>}
   */
  const evaluate = (policy, data) =>
    ask('/v1/loss', {
      loss: 'binary-cross-entropy',
      labelFormat: 'probabilities',
      logPolicy: policy,
      ...(isGuarded(policy) && { epsilon: Number(epsilon.value) }),
      ...data,
      include: ['perSample'],
    })

  const update = newest(async () => {
    await attempt(async () => {
      epsilon.disabled = !isGuarded(logPolicy.value)
      const walls = await Promise.all(policies.map((policy) => evaluate(policy, { predictions: [0], labels: [1] })))
      const answer = await evaluate(logPolicy.value, {
        predictions: ts.flatMap(() => ys),
        labels: ts.flatMap((t) => ys.map(() => t)),
      })
      const losses = answer.perSample?.losses ?? []
      heights = ts.map((_, at) => losses.slice(at * ys.length, (at + 1) * ys.length))
      showWalls(
        section,
        walls.map(({ loss }) => loss),
        logPolicy.value,
      )
      showNote(section, losses, answer.clipped)
      showProbe()
      drawFlat()
      await draw()
    })
  })

  const showProbe = () => {
    const { y, t } = probed()
    find(section, '.probe-y', HTMLOutputElement).value = text(ys[y], 3)
    find(section, '.probe-t', HTMLOutputElement).value = text(ts[t], 3)
    find(section, '.probe-loss', HTMLElement).replaceChildren(
      number(heights[t][y], { missing: strings.common.infinite }),
    )
  }

  form.addEventListener('change', () => update(undefined))
  form.addEventListener('submit', (event) => event.preventDefault())
  const probe = newest(() => attempt(draw))
  for (const input of [probeY, probeT]) {
    input.addEventListener('input', () => {
      if (heights.length === 0) return
      showProbe()
      drawFlat()
      probe(undefined)
    })
  }
  return update(undefined)
}

/**
 * @param {HTMLElement} section
 * @param {(number | null)[]} walls the loss where y = 0 and t = 1, by policy
 * @param {string} current
 */
function showWalls(section, walls, current) {
  const element = table(
    words.walls,
    ['logPolicy', 'y = 0, t = 1'],
    policies.map((policy, at) => [policy, number(walls[at], { missing: strings.common.infinite })]),
  )
  element.tBodies[0].rows[policies.indexOf(current)].classList.add('current')
  find(section, '.surface-walls', HTMLElement).replaceChildren(element)
}

/**
 * @param {HTMLElement} section
 * @param {(number | null)[]} losses
 * @param {number} clipped
 */
function showNote(section, losses, clipped) {
  const finite = losses.filter((loss) => loss !== null)
  const highest = finite.reduce((high, loss) => Math.max(high, loss), 0)
  const lowest = finite.reduce((low, loss) => Math.min(low, loss), Number.POSITIVE_INFINITY)
  const infinite = losses.length - finite.length
  find(section, '.surface-note', HTMLElement).replaceChildren(
    ...words.heights(number(lowest, { digits: 3 }), number(highest, { digits: 5 })),
    words.guarded(clipped, losses.length),
    infinite > 0 ? words.open(infinite) : '',
    lowest < -0.001 ? words.below : '',
  )
}
