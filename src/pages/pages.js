/**
 * The pages, each with its sections in their order. A page has its own texts in strings.pages.NAME; a section is
 * sections/NAME.html, sections/NAME.js and strings.NAME.
 */
export const pages = {
  home: ['doors'],
  learn: [
    'losses',
    'curve',
    'scatter',
    'surface',
    'softmax',
    'declaration',
    'wall',
    'mini-batches',
    'landscape',
    'sweeps',
    'training',
  ],
  batch: ['batch'],
  runs: ['runs', 'figures', 'paired'],
}
