// Light, dark, or as the system is. Kept in this browser.
import { ref } from 'vue';

export type Theme = 'light' | 'dark';
const key = 'sw.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const kept = localStorage.getItem(key);

export const theme = ref<Theme>(kept === 'dark' || (kept !== 'light' && system.matches) ? 'dark' : 'light');
const apply = (): void => {
  document.documentElement.dataset.theme = theme.value;
};
apply();
system.addEventListener('change', () => {
  if (localStorage.getItem(key)) return;
  theme.value = system.matches ? 'dark' : 'light';
  apply();
});

export function setTheme(to: Theme): void {
  theme.value = to;
  localStorage.setItem(key, to);
  apply();
}
