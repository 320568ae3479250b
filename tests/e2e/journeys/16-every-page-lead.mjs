// Every page of a lead, who has those of an agent and more.
import { tour } from '../lib/tour.mjs';

export const title = 'every page of a lead at 1440 and 390, light and dark';
export const run = (t) => tour(t, ['lead'], 30);
