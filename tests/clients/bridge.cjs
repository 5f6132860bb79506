// share2nightscout-bridge, unchanged: one round from Share to Nightscout, both of them ours. It prints what it read as JSON.
'use strict';

const engine = require(`${process.env.CLIENTS}/node_modules/share2nightscout-bridge`);
const { SHARE_URL, SHARE_NAME, SHARE_PASSWORD, NIGHTSCOUT_URL, API_SECRET } = process.env;
const services = `${SHARE_URL}/ShareWebServices/Services`;
const said = [];
console.log = (...words) => said.push(words.join(' '));

const run = engine({
  login: {
    accountName: SHARE_NAME,
    password: SHARE_PASSWORD,
    auth: `${services}/General/AuthenticatePublisherAccount`,
    login: `${services}/General/LoginPublisherAccountById`,
  },
  fetch: {
    maxCount: 3, minutes: 1440, LatestGlucose: `${services}/Publisher/ReadPublisherLatestGlucoseValues`,
  },
  nightscout: { API_SECRET, endpoint: NIGHTSCOUT_URL },
  maxFailures: 3,
  firstFetchCount: 300,
  callback: (_, entries) => process.stdout.write(`${JSON.stringify(entries)}\n`),
});
process.on('exit', () => process.stderr.write(said.join('\n')));
// The first round reads all that is asked for at first; the second is the one that repeats every 2.5 minutes.
setTimeout(run, 1500).unref?.();
setTimeout(() => process.exit(0), 4000);
