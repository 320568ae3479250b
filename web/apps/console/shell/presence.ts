// What one chose to be doing stays over a reload; who was put offline while away is back with his page.
import { useSession } from '@/stores/session';

/** Under this name stands that 离线 was chosen here, not come to by being away. */
const awayKey = (): string => `sw.away.${useSession().org?.code}.${useSession().user?.id}`;

export async function choosePresence(presence: string): Promise<void> {
  if (presence === 'offline') localStorage.setItem(awayKey(), '1');
  else localStorage.removeItem(awayKey());
  await useSession().setPresence(presence);
}
export async function comeBack(): Promise<void> {
  if (useSession().user?.presence !== 'offline') localStorage.removeItem(awayKey());
  else if (!localStorage.getItem(awayKey())) await choosePresence('idle').catch(() => undefined); // packs may keep other states
}
