// The way back after a run: one word, and the page shown as it was.
import { path, post } from '@/core/api';
import { toastDone, toastError } from '@/ui/toast';

export async function takeBack(run: string, said: string, reload: () => unknown): Promise<void> {
  try {
    await post(path('bulk', run, 'undo'));
    toastDone(said);
    void reload();
  } catch (e) {
    toastError(e);
  }
}
