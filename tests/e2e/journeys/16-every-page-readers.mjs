// Every page of all the others; what the desk's people have too was looked at by axe with them.
import { tour } from '../lib/tour.mjs';

const desks = /^((list|new|r)\/(ticket|complaint|task|follow_up|promise|customer|contact|incident|liaison_slip|reminder)\b|workbench|intake|search|call|board|duties|notices)/;

export const title = 'every page of quality, clerk and general manager';
export const run = (t) => tour(t, ['zhengqi', 'qianfang', 'general'], 50, (at) => desks.test(at));
