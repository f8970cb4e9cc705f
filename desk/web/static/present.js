/* Says that a text is open to be written while its page is, and who else has it open.

     <p data-present="/stories/…/write/here" data-present-left="/stories/…/write/gone" data-present-form="id">…</p>
       data-present       is posted to when the page opens, and every twenty seconds while it is seen or holds what was typed:
                          the answer is what the element shows, nothing if nobody else has it open
       data-present-left  is posted to when the page is left
       data-present-form  the form in which the text is written: its token and its assignment are sent along

   Any of it may be lost: whoever has not been heard of for a while counts as gone. */
(() => {
  "use strict";

  const EVERY = 20000;
  const PATIENCE = 10000;
  const box = document.querySelector("[data-present]");
  const form = box && document.getElementById(box.dataset.presentForm);
  if (!form) return;
  let timer = 0;
  let typed = false;

  const about = () => {
    const fields = new FormData();
    for (const name of ["csrf_token", "assignment"]) fields.set(name, form.elements[name].value);
    return fields;
  };

  const show = (words) => {
    if (box.textContent.trim() !== words) box.textContent = words;
    box.hidden = !words;
  };

  const signedOut = (so) => {
    const note = document.getElementById("signed-out");
    if (note) note.hidden = !so;
  };

  const say = async () => {
    clearTimeout(timer);
    timer = setTimeout(say, EVERY);
    if (document.visibilityState !== "visible" && !typed) return;
    try {
      const answer = await fetch(box.dataset.present, {
        method: "POST", body: about(), credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE),
      });
      signedOut(answer.status === 401);
      if (answer.ok) show(await answer.text());
    } catch {
      // a bad line: the next word may arrive
    }
  };

  form.addEventListener("input", () => { typed = true; });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && say());
  window.addEventListener("pageshow", (event) => event.persisted && say());
  window.addEventListener("pagehide", () => {
    clearTimeout(timer);
    navigator.sendBeacon(box.dataset.presentLeft, about());
  });
  say();
})();
