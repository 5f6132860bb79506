// The shapes that travel, under the words of the house. Never written by hand: they come from api.gen.ts.
import type { components } from '../api.gen';

type Schemas = components['schemas'];

export type Reading = Schemas['Reading'];
export type MeterCheck = Schemas['MeterCheck'];
export type Source = Schemas['Source'];
export type Person = Schemas['Person'];
export type Glance = Schemas['Glance'];
export type Now = Schemas['Now'];
export type Viewer = Schemas['Viewer'];
export type Delta = Schemas['Delta'];
export type Readings = Schemas['Readings'];
export type Trend = Schemas['Trend'];
export type WireUnit = Schemas['Unit'];
export type LiveEntry = Schemas['LiveEntry'];
export type LiveContact = Schemas['LiveContact'];
export type LiveBeat = Schemas['LiveBeat'];
