// nightscout-connect, unchanged: from Share to Nightscout, both of them ours, until it is ended from outside.
// It is put together as its own `capture` command does it, without the recording of traffic.
'use strict';

const home = `${process.env.CLIENTS}/node_modules`;
const axios = require(`${home}/axios`);
const { interpret } = require(`${home}/xstate`);
const builder = require(`${home}/nightscout-connect/lib/builder`);
const sources = require(`${home}/nightscout-connect/lib/sources`);
const outputs = require(`${home}/nightscout-connect/lib/outputs`);
const { SHARE_HOST, SHARE_NAME, SHARE_PASSWORD, NIGHTSCOUT_URL, API_SECRET } = process.env;

const output = { name: 'nightscout', url: NIGHTSCOUT_URL, apiSecret: API_SECRET };
const record = outputs(output)(output, axios);
// Release 0.0.12 falls over its own feet with this pair: its source gives no list of treatments, and its output counts them.
const persist = (batch) => record({ treatments: [], ...batch });
persist.gap_for = record.gap_for;
const make = builder({ output: persist });
const source = sources({ kind: 'dexcomshare' });
const settings = { shareServer: SHARE_HOST, shareAccountName: SHARE_NAME, sharePassword: SHARE_PASSWORD };
const { ok, errors, config } = source.validate(settings);
if (!ok) throw new Error(JSON.stringify(errors));
source(config, axios).generate_driver(make);
const actor = interpret(make());
actor.start();
actor.send({ type: 'START' });
