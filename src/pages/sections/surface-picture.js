/** @import { Colours } from '../types.d.ts' */
import { svg, text } from '../dom.js'
import { lineChart, pathOf } from '../line-chart.js'
import { axis3d } from '../plot.js'
import { strings } from '../strings.js'

const words = strings.surface

/** Ever closer to 0, so that a wall is a wall and no ramp. */
const near = [0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
/** Predictions; between the walls they are those that the probe can be set to. */
export const ys = [
  ...near,
  ...Array.from({ length: 99 }, (_, at) => (at + 1) / 100),
  ...near.map((y) => 1 - y).reverse(),
]
/** Labels. The loss is a straight line along them. */
export const ts = Array.from({ length: 21 }, (_, at) => at / 20)

/** The scale is the same for all guards: what is higher is cut, and infinity has a place of its own above. */
const highest = 18
const infinity = 20
const ticks = /** @type {(number | [number, string])[]} */ ([0, 5, 10, 15, [infinity, '∞']])

/** @param {number | null} loss */
const drawn = (loss) => (loss === null ? infinity : Math.min(loss, highest))

/** @typedef {{ y: number, t: number }} Place indices of ys and ts */

/**
 * The surface with its walls' heights and the probe, as the library draws it.
 *
 * @param {Colours} theme
 * @param {(number | null)[][]} heights by t, then by y
 * @param {Place} probe
 * @param {{ x: number, y: number, z: number }} eye
 */
export function sceneOf(theme, heights, probe, eye) {
  const last = ys.length - 1
  const walls = [heights.map((row) => row[0]), heights.map((row) => row[last])]
  return {
    data: [
      {
        type: 'surface',
        x: ys,
        y: ts,
        z: heights.map((row) => row.map(drawn)),
        customdata: heights.map((row) => row.map((loss) => (loss === null ? strings.common.infinite : text(loss)))),
        cmin: 0,
        cmax: highest,
        colorscale: 'Viridis',
        showscale: false,
        hovertemplate: `y %{x:.3f}<br>t %{y:.2f}<br>${words.hover} %{customdata}<extra></extra>`,
        lighting: { ambient: 0.85, diffuse: 0.4, specular: 0.05, roughness: 0.9 },
      },
      {
        type: 'surface',
        name: 'infinity',
        x: [0, 1],
        y: [0, 1],
        z: [
          [infinity, infinity],
          [infinity, infinity],
        ],
        colorscale: [
          [0, theme.truth],
          [1, theme.truth],
        ],
        opacity: 0.12,
        showscale: false,
        hoverinfo: 'skip',
      },
      ...walls.map((wall, side) => ({
        type: 'scatter3d',
        mode: 'lines',
        name: 'infinite',
        x: ts.map(() => side),
        y: ts,
        z: wall.map((loss) => (loss === null ? infinity : null)),
        line: { color: theme.truth, width: 10 },
        hoverinfo: 'skip',
      })),
      {
        type: 'scatter3d',
        mode: 'text',
        name: 'walls',
        x: [0, 1],
        y: [1, 0],
        z: [drawn(heights[ts.length - 1]?.[0]) + 1, drawn(heights[0]?.[last]) + 1],
        text: [heights[ts.length - 1]?.[0], heights[0]?.[last]].map((loss) =>
          loss === null ? '∞' : text(loss ?? 0, 3),
        ),
        textposition: ['middle right', 'middle left'],
        textfont: { color: theme.ink, size: 15 },
        hoverinfo: 'skip',
      },
      {
        type: 'scatter3d',
        mode: 'markers',
        name: 'probe',
        x: [ys[probe.y]],
        y: [ts[probe.t]],
        z: [drawn(heights[probe.t]?.[probe.y] ?? null)],
        hoverinfo: 'skip',
        marker: { size: 9, color: theme.truth, line: { color: theme.paper, width: 2 } },
      },
    ],
    layout: {
      margin: { l: 0, r: 0, t: 0, b: 0 },
      dragmode: 'turntable',
      scene: {
        xaxis: axis3d(theme, 'y', { range: [0, 1], tickvals: [0.2, 0.4, 0.6, 0.8, 1] }),
        yaxis: axis3d(theme, 't', { range: [0, 1], tickvals: [0, 0.5, 1] }),
        zaxis: axis3d(theme, '', {
          range: [-0.3, infinity + 1.5],
          // the floor's corner has the 1 of t
          tickvals: [5, 10, 15, infinity],
          ticktext: ['5', '10', '15', '∞'],
        }),
        aspectratio: { x: 1.1, y: 1.1, z: 0.8 },
        camera: { eye, center: { x: 0, y: 0, z: -0.12 } },
        uirevision: 'kept',
      },
    },
  }
}

/**
 * The two edges of the surface as curves: t = 1, where the loss is -ln y, and t = 0, where it is -ln(1 - y).
 *
 * @param {HTMLElement} element
 * @param {(number | null)[][]} heights by t, then by y
 * @param {Place} probe
 */
export function drawEdges(element, heights, probe) {
  const across = { from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], name: words.across }
  const up = { from: -0.3, to: infinity + 0.5, ticks, name: words.scale }
  const edges = /** @type {const} */ ([
    ['accent', heights[0]],
    ['truth', heights[ts.length - 1]],
  ])
  const loss = heights[probe.t][probe.y]
  lineChart(element, across, up, (x, y) => ({
    lines: [
      svg('rect', { class: 'band', x: x(0), width: x(1) - x(0), y: y(infinity) - 5, height: 10 }),
      ...edges.map(([colour, edge]) =>
        svg('path', {
          class: `line ${colour}`,
          'data-name': colour === 'truth' ? 't = 1' : 't = 0',
          d: pathOf(
            edge.map((height, at) => [ys[at], drawn(height)]),
            x,
            y,
          ),
          'data-losses': JSON.stringify(edge),
        }),
      ),
    ],
    above: [
      svg('circle', { class: 'dot accent', cx: x(1), cy: y(drawn(heights[0][ys.length - 1])), r: 6 }),
      svg('circle', { class: 'dot truth', cx: x(0), cy: y(drawn(heights[ts.length - 1][0])), r: 6 }),
      svg('circle', { class: 'point', cx: x(ys[probe.y]), cy: y(drawn(loss)), r: 6 }),
      nameOfEdge(heights[ts.length - 1][0], x(0) + 10, y(drawn(heights[ts.length - 1][0])) + 5, 'start'),
      nameOfEdge(heights[0][ys.length - 1], x(1) - 10, y(drawn(heights[0][ys.length - 1])) + 5, 'end'),
    ],
  }))
}

/**
 * How high the curve really is where it ends: the scale cuts what is higher.
 *
 * @param {number | null} height
 * @param {number} x
 * @param {number} y
 * @param {'start' | 'end'} anchor
 */
function nameOfEdge(height, x, y, anchor) {
  return svg('text', { class: 'tick', x, y, 'text-anchor': anchor }, height === null ? '∞' : text(height, 3))
}
