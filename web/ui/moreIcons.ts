// Icons that only pages behind the sign-in draw: they cost the sign-in page nothing.
import { icons } from './icons';

Object.assign(icons, {
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l12 7-12 7z',
  board: 'M3 5h18v12H3zM9 21h6M12 17v4M7 13V9M11 13v-2M15 13V8',
  kanban: 'M4 4h4.5v16H4zM10 4h4.5v10H10zM16 4h4.5v13H16z',
  queue: 'M4 6h16M4 12h10M4 18h6M18 12v6M15.5 15.5 18 18l2.5-2.5',
  tree: 'M4 3.5h7v4H4zM7 7.5V18h6M7 12.5h6M13 10.5h7v4h-7zM13 16h7v4h-7z',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v5M16 3v5',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6z',
  mail: 'M3.5 6h17v12h-17zM3.5 7l8.5 6 8.5-6',
  full: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  stamp: 'M9 13c0-2-2-3-2-5.5a5 5 0 0 1 10 0C17 10 15 11 15 13M6 13h12v4H6zM5 20h14',
});
