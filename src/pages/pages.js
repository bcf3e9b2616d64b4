/** The pages, each with its sections in their order. A section is sections/NAME.html, sections/NAME.js and strings.NAME. */
export const pages = {
  explore: [
    'losses',
    'curve',
    'scatter',
    'surface',
    'softmax',
    'declaration',
    'mini-batches',
    'sweeps',
    'training',
    'batch',
  ],
  evaluations: ['runs', 'figures', 'paired'],
}
