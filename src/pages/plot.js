/** @import { Colours, Figure, PlotlyLibrary } from './types.d.ts' */
import { once } from './api.js'
import { strings } from './strings.js'
import { themeChanged } from './switches.js'

/** The drawing library, loaded when it is first needed. @type {() => Promise<PlotlyLibrary>} */
export const plotly = once(
  () =>
    new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = document.documentElement.dataset.plotly ?? ''
      // evaluated, it leaves the page a turn before it draws
      script.onload = () =>
        setTimeout(() => resolve(/** @type {{ Plotly: PlotlyLibrary }} */ (/** @type {unknown} */ (globalThis)).Plotly))
      script.onerror = () => reject(new Error(strings.common.noLibrary))
      document.head.append(script)
    }),
)

/** The colours of the theme in force. @returns {Colours} */
export function colours() {
  const probe = document.body.appendChild(document.createElement('i'))
  // these are asked for by name, and are the system's own where it forces colours
  probe.style.setProperty('forced-color-adjust', 'none')
  const colour = (/** @type {string} */ name) => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const found = {
    ink: colour('ink'),
    soft: colour('soft'),
    line: colour('line'),
    paper: colour('raised'),
    accent: colour('accent'),
    truth: colour('truth'),
  }
  probe.remove()
  return found
}

/** What was drawn, to be drawn again in other colours. @type {Map<HTMLElement, () => Promise<void>>} */
const drawn = new Map()
async function drawAgain() {
  for (const [element, draw] of drawn) {
    if (element.isConnected) await draw()
    else drawn.delete(element)
  }
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAgain)
document.addEventListener(themeChanged, drawAgain)

// Colour bars, <sub> and the mode bar's menus set style attributes, which the Content-Security-Policy refuses.
const config = { displayModeBar: false, responsive: true, scrollZoom: 'gl3d', doubleClick: false }

/**
 * A chart in an element: the function draws it, and draws it again after any change.
 *
 * @param {HTMLElement} element
 * @param {(colours: Colours) => Figure} figure
 * @param {(trace: string, point: number) => void} [onPoint] called with each point that is clicked
 * @returns {() => Promise<void>}
 */
export function chart(element, figure, onPoint = () => undefined) {
  const draw = async () => {
    const library = await plotly()
    const theme = colours()
    const { data, layout } = figure(theme)
    if ('scene' in layout && !drawsIn3d()) {
      element.textContent = strings.common.no3d
      return
    }
    const plot = await library.react(element, data, themed(layout, theme), config)
    if (element.dataset.drawn === undefined) {
      plot.on('plotly_click', ({ points: [{ data, pointNumber }] }) => onPoint(data.name, pointNumber))
    }
    element.dataset.drawn = 'true'
    drawn.set(element, draw)
  }
  return draw
}

/** @type {boolean | undefined} */
let is3d

/** Asked once: a browser has few contexts, and makes them slowly. */
function drawsIn3d() {
  is3d ??= document.createElement('canvas').getContext('webgl') !== null
  return is3d
}

/**
 * @param {Record<string, unknown>} layout
 * @param {Colours} theme
 */
function themed(layout, { ink, soft, paper, line }) {
  return {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: 'system-ui, sans-serif', size: 13, color: soft },
    hoverlabel: { bgcolor: paper, bordercolor: line, font: { family: 'system-ui, sans-serif', color: ink } },
    margin: { l: 56, r: 12, t: 12, b: 48 },
    showlegend: false,
    dragmode: false,
    uirevision: 'kept',
    autosize: true,
    ...layout,
  }
}

/**
 * An axis of a chart in three dimensions.
 *
 * @param {Colours} theme
 * @param {string} title
 * @param {Record<string, unknown>} more
 */
export function axis3d({ line, soft, ink }, title, more = {}) {
  return {
    title: { text: title, font: { color: ink, size: 13 } },
    gridcolor: line,
    zerolinecolor: line,
    linecolor: soft,
    tickfont: { color: soft, size: 11 },
    showspikes: false,
    backgroundcolor: 'rgba(0,0,0,0)',
    ...more,
  }
}
