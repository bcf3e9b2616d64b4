/**
 * The pages, each with its sections in their order. A page has its own texts in strings.pages.NAME; a section is
 * sections/NAME.html, sections/NAME.js and strings.NAME.
 */
export const pages = {
  home: ['doors'],
  learn: [
    'training',
    'losses',
    'curve',
    'softmax',
    'declaration',
    'scatter',
    'surface',
    'wall',
    'mini-batches',
    'landscape',
    'sweeps',
  ],
  batch: ['batch'],
  runs: ['runs', 'figures', 'paired'],
}
