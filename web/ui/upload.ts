// Uploading by choosing, dragging or pasting; each file by itself, so that one bad file spoils no other.
import { reactive } from 'vue';
import { path, upload } from '@/core/api';
import { errorWords } from '@/core/errors';
import { words } from '@/core/i18n';
import type { FileRef } from '@/core/types';
import { common } from '@/i18n/common';
import { toast } from './toast';

const t = words(common);

export interface Upload {
  key: number;
  name: string;
  share: number;
}

export function useUploads(done: (f: FileRef) => void): {
  running: Upload[];
  send: (files: Iterable<File>, about: { type?: string; record?: string }) => void;
  fromPaste: (e: ClipboardEvent, about: { type?: string; record?: string }) => void;
  fromDrop: (e: DragEvent, about: { type?: string; record?: string }) => void;
} {
  const running = reactive<Upload[]>([]);
  let next = 1;

  function send(files: Iterable<File>, about: { type?: string; record?: string }): void {
    for (const file of files) {
      const one: Upload = reactive({ key: next++, name: file.name, share: 0 });
      running.push(one);
      upload<FileRef>(path('files'), { name: file.name || 'file', type: about.type, record: about.record }, file, (s) => (one.share = s))
        .then(done)
        .catch((e: unknown) => toast(t('upload_failed', { name: file.name, why: errorWords(e) }), { tone: 'late' }))
        .finally(() => {
          const at = running.indexOf(one);
          if (at >= 0) running.splice(at, 1);
        });
    }
  }
  function fromPaste(e: ClipboardEvent, about: { type?: string; record?: string }): void {
    const files = [...(e.clipboardData?.files ?? [])];
    if (!files.length) return;
    e.preventDefault();
    send(files, about);
  }
  function fromDrop(e: DragEvent, about: { type?: string; record?: string }): void {
    const files = [...(e.dataTransfer?.files ?? [])];
    if (!files.length) return;
    e.preventDefault();
    send(files, about);
  }
  return { running, send, fromPaste, fromDrop };
}
