// Every page of all the others.
import { tour } from '../lib/tour.mjs';

export const title = 'every page of worker, head, manager, admin, quality, clerk and general manager';
export const run = (t) => tour(t, ['worker', 'hejun', 'manager', 'admin', 'zhengqi', 'qianfang', 'general'], 100);
