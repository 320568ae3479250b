// Every page of the desk's own people, who have the most of them.
import { tour } from '../lib/tour.mjs';

export const title = 'every page of agent and lead at 1440 and 390, light and dark';
export const run = (t) => tour(t, ['agent', 'lead'], 60);
