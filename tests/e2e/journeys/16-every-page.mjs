// Every page of the desk's own people, who have the most of them.
import { tour } from '../lib/tour.mjs';

export const title = 'every page of an agent at 1440 and 390, light and dark';
export const run = (t) => tour(t, ['agent'], 30);
