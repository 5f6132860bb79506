// Turns the catalogue of sentences into what the page says them from: no parser travels to the phone.
// Understands what words/*.ftl uses: text, variables, and a choice by word or by plural. Anything else stops the build.
import { readFileSync } from 'node:fs';
import { FluentResource } from '@fluent/bundle';

/** Sentences that only the server says stay out of the page. */
const NEVER_BUNDLED = 'page-';
/** What only the later script says travels with it. */
const LATER = /^(settings|palette|table|about|forget|move|device-viewer|announce-unit|install-(button|ios|other|done))/;

/** { key: pattern }, where a pattern is text or parts, and a part is text, [variable] or [variable, choices, otherwise]. */
export function compiled(text, wanted = () => true) {
  const messages = {};
  for (const { id, value, attributes } of new FluentResource(text).body) {
    if (value === null || Object.keys(attributes ?? {}).length > 0) throw new Error(`${id}: attributes are not used here`);
    if (!id.startsWith(NEVER_BUNDLED) && wanted(id)) messages[id] = pattern(value, id);
  }
  return messages;
}

function pattern(value, id) {
  return typeof value === 'string' ? value : value.map((element) => part(element, id));
}

function part(element, id) {
  if (typeof element === 'string') return element;
  if (element.type === 'var') return [element.name];
  if (element.type !== 'select' || element.selector.type !== 'var') throw new Error(`${id}: ${element.type} is not used here`);
  const choices = Object.fromEntries(element.variants.map((each) => [String(each.key.value), pattern(each.value, id)]));
  return [element.selector.name, choices, String(element.variants[element.star].key.value)];
}

/** For the bundler: an imported .ftl file is its compiled catalogue. */
export const catalogue = {
  name: 'catalogue',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ftl$/ }, ({ path, suffix }) => {
      const isLater = suffix === '?later';
      const contents = JSON.stringify(compiled(readFileSync(path, 'utf8'), (id) => (LATER.test(id) && !id.startsWith('settings-device')) === isLater));
      return { contents, loader: 'json' };
    });
  },
};
