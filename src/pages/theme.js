// Runs before the page is drawn, so that it never flashes in the other theme: a script of its own, no module.
try {
  document.documentElement.dataset.theme = localStorage.getItem('theme') ?? ''
} catch {
  // a browser that keeps nothing follows its system
}
