/** @import { LossAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { find, number, text } from '../dom.js'
import { axis3d, chart } from '../plot.js'
import { fitting, isNarrow, turnable } from '../scene.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.surface
const size = 100
const side = { x: -1.45, y: -1.5, z: 0.85 }
const ranges = { inside: [0.001, 0.999], whole: [0, 1] }
const ts = Array.from({ length: size }, (_, at) => at / (size - 1))

/** Binary cross-entropy over every prediction and every label. @param {HTMLElement} section */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const plot = find(section, '.surface-plot', HTMLElement)
  const eye = fitting(plot, side)
  const form = find(section, '.surface-form', HTMLFormElement)
  const epsilon = find(form, '[name=epsilon]', HTMLSelectElement)
  const probeP = find(section, '[name=p]', HTMLInputElement)
  const probeT = find(section, '[name=t]', HTMLInputElement)
  /** @type {number[]} */
  let ps = []
  /** Heights by t, then by p. @type {(number | null)[][]} */
  let heights = []
  let bottom = 0
  let top = 7

  const draw = chart(plot, (theme) => {
    const p = probeP.valueAsNumber
    const t = probeT.valueAsNumber
    return {
      data: [
        {
          type: 'surface',
          x: ps,
          y: ts,
          z: heights,
          cmin: bottom,
          cmax: top,
          colorscale: 'Viridis',
          showscale: false,
          hovertemplate: `p %{x:.3f}<br>t %{y:.3f}<br>${words.hover} %{z}<extra></extra>`,
          lighting: { ambient: 0.85, diffuse: 0.4, specular: 0.05, roughness: 0.9 },
        },
        {
          type: 'scatter3d',
          mode: 'markers',
          name: 'probe',
          x: [ps[p]],
          y: [ts[t]],
          z: [heights[t]?.[p] ?? null],
          hoverinfo: 'skip',
          marker: { size: 9, color: theme.truth, line: { color: theme.paper, width: 2 } },
        },
      ],
      layout: {
        margin: { l: 0, r: 0, t: 0, b: 0 },
        dragmode: 'turntable',
        scene: {
          xaxis: axis3d(theme, 'p', { range: [0, 1], dtick: 0.2 }),
          yaxis: axis3d(theme, 't', { range: [0, 1], dtick: 0.2 }),
          zaxis: axis3d(theme, isNarrow(plot) ? '' : words.scale, { range: [bottom, top] }),
          aspectratio: { x: 1.1, y: 1.1, z: 0.8 },
          camera: { eye, center: { x: 0, y: 0, z: -0.12 } },
          uirevision: 'kept',
        },
      },
    }
  })
  turnable(plot, section.querySelectorAll('[data-turn]'), eye)

  const update = newest(async () => {
    await attempt(async () => {
      const { logPolicy, range } = /** @type {{ logPolicy: string, range: keyof typeof ranges }} */ (
        Object.fromEntries(new FormData(form))
      )
      const guarded = logPolicy === 'add-epsilon' || logPolicy === 'clip'
      epsilon.disabled = !guarded
      const [from, to] = ranges[range]
      const across = Array.from({ length: size }, (_, at) => from + ((to - from) * at) / (size - 1))
      /** @type {LossAnswer} */
      const answer = await ask('/v1/loss', {
        loss: 'binary-cross-entropy',
        labelFormat: 'probabilities',
        logPolicy,
        ...(guarded && { epsilon: Number(epsilon.value) }),
        predictions: ts.flatMap(() => across),
        labels: ts.flatMap((t) => across.map(() => t)),
        include: ['perSample'],
      })
      const losses = answer.perSample?.losses ?? []
      ps = across
      heights = ts.map((_, at) => losses.slice(at * size, (at + 1) * size))
      showScale(losses, answer.clipped)
      showProbe()
      await draw()
    })
  })

  /**
   * @param {(number | null)[]} losses
   * @param {number} clipped
   */
  const showScale = (losses, clipped) => {
    const finite = losses.filter((loss) => loss !== null)
    const highest = finite.reduce((high, loss) => Math.max(high, loss), 0)
    const lowest = finite.reduce((low, loss) => Math.min(low, loss), Number.POSITIVE_INFINITY)
    bottom = Math.min(0, lowest)
    top = Math.max(7, highest)
    find(section, '.surface-low', HTMLElement).replaceChildren(text(bottom, 2))
    find(section, '.surface-high', HTMLElement).replaceChildren(text(top, 3))
    const infinite = losses.length - finite.length
    find(section, '.surface-note', HTMLElement).replaceChildren(
      ...words.heights(number(lowest, { digits: 3 }), number(highest, { digits: 5 })),
      words.guarded(clipped, losses.length),
      infinite > 0 ? words.open(infinite) : '',
    )
  }

  const showProbe = () => {
    const p = probeP.valueAsNumber
    const t = probeT.valueAsNumber
    find(section, '.probe-p', HTMLOutputElement).value = text(ps[p], 3)
    find(section, '.probe-t', HTMLOutputElement).value = text(ts[t], 3)
    find(section, '.probe-loss', HTMLElement).replaceChildren(
      number(heights[t][p], { missing: strings.common.infinite }),
    )
  }

  form.addEventListener('change', () => update(undefined))
  form.addEventListener('submit', (event) => event.preventDefault())
  const probe = newest(() => attempt(draw))
  for (const input of [probeP, probeT]) {
    input.addEventListener('input', () => {
      if (heights.length === 0) return
      showProbe()
      probe(undefined)
    })
  }
  update(undefined)
}
