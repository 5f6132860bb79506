// dexcom-share-api, unchanged but for the address: prints the readings that it understands as JSON.
'use strict';

const { DexcomClient } = require(`${process.env.CLIENTS}/node_modules/dexcom-share-api`);
const { SHARE_URL, SHARE_NAME, SHARE_PASSWORD } = process.env;
const client = new DexcomClient({ username: SHARE_NAME, password: SHARE_PASSWORD, server: 'eu' });
client.apiUrl = (operation) => `${SHARE_URL}/ShareWebServices/Services/${operation}`;

client.getEstimatedGlucoseValues({ minutes: 1440, maxCount: 288 }).then(
  (readings) => process.stdout.write(`${JSON.stringify(readings)}\n`),
  (cause) => {
    process.stderr.write(`${cause}\n`);
    process.exitCode = 1;
  },
);
