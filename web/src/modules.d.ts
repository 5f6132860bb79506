// What the bundler knows and the type checker does not.
declare module '*.ftl?later' {
  const catalogue: import('./words/words').Catalogue;
  export default catalogue;
}
declare module '*.ftl' {
  const catalogue: import('./words/words').Catalogue;
  export default catalogue;
}
