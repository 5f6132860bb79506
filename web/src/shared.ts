// What the later script takes from the first one. A name that is missing here fails the browser tests.
export { jsx, jsxs, Fragment } from 'preact/jsx-runtime';
export { useState } from 'preact/hooks';
export { levelOf } from './model/glucose';
export { timeText } from './model/moments';
export { hourRows, within } from './model/plot';
export { phrase } from './model/phrase';
export { valuePhrase } from './model/view';
export { sayAll, useApp, useSay } from './parts/context';
export { Heading } from './parts/Heading';
export { installOffer, isInstalled } from './parts/InstallHint';
export { forgetDevice } from './wire/client';
