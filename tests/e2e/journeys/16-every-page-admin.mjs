// Every page of the administrator, each part of the settings among them.
import { tour } from '../lib/tour.mjs';

export const title = 'every page of the administrator, with all parts of the settings';
export const run = (t) => tour(t, ['admin'], 50);
