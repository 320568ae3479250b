// Nothing that arrives late (an answer, a page part, a live change) may take the focus from a person
// who has gone on. What a key or click does at once needs none of this.

const here = (): Element | null => (document.activeElement === document.body ? null : document.activeElement);
const takesText = (e: Element): boolean => e.matches('textarea, select, [contenteditable=true], input:not([type=button], [type=submit], [type=checkbox], [type=radio])');

/** Nobody types anywhere, nor stands in a dialog or menu; `but` are controls that may be left. */
export function handsFree(...but: (Element | null | undefined)[]): boolean {
  const e = here();
  return e === null || but.some((b) => b?.contains(e)) || (!takesText(e) && e.closest('[role=dialog], [data-pop], dialog') === null);
}

/** Notes where the hands are; the answer says later whether they are still there, or nowhere. */
export function hands(): () => boolean {
  const then = here();
  return () => {
    const now = here();
    return now === null || now === then;
  };
}
