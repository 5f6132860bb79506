// What nobody needs in the first second: settings and tables, with their words. Built as a script of its own that
// takes everything else from the first one, so that nothing is on the phone twice.
export { More } from './screens/More';
export { ChartTable } from './parts/ChartTable';
import english from '../../words/en.ftl?later';

export const words = english;
