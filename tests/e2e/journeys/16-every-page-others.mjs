// Every page of all the others; what the desk's people have too was looked at by axe with them.
import { tour } from '../lib/tour.mjs';

const desks = /^((list|new|r)\/(ticket|complaint|task|follow_up|promise|customer|contact|incident|liaison_slip|reminder)\b|workbench|intake|search|call|board|duties|notices)/;

export const title = 'every page of worker, head and manager';
export const run = (t) => tour(t, ['worker', 'hejun', 'manager'], 50, (at) => desks.test(at));
