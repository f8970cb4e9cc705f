/* Forms that do not lose or repeat anything.

     <form data-once>                 a second click, or a second Enter, while it is being sent does nothing
     <form id="…" data-draft>         what is typed is kept in this browser until it is known to have arrived. If the page opens
                                      with other text than was kept, it is offered back; it is never put there unasked
       data-draft-restore, data-draft-drop, data-draft-says   the words of that offer ({time} is put in), else English ones
       data-draft-name                what it is about, said where somebody is about to lose it; else the page's title
       data-draft-unsaved             the form was given back: what it opens with is not saved either
     data-draft-done="form-id …"      anywhere on a page: that form's text has arrived
     <button data-ctrl-enter>         Ctrl+Enter (or command) in its form presses it
     <button data-ctrl-s>             Ctrl+S (or command) on its page presses it
     <form data-leaves="…">           the way out: if text is kept that was not sent, these words ask whether to go all the
                                      same ({names} is put in)

   Kept text belongs to one person on one device (body data-me) and is dropped after a week. It counts as arrived when the page
   after the sending says so (data-draft-done), shows a good flash, or already holds the same text. Whoever signs out leaves none
   behind: the answer names them (the cookie desk_left), and the next page drops what was theirs. Passwords, files and
   hidden fields are not kept. */
(() => {
  "use strict";

  const PLACE = "desk:draft:";
  const SENT = "desk:sent";
  const WEEK = 7 * 24 * 3600 * 1000;
  const me = document.body.dataset.me || "";
  const LEFT = /(?:^|; )desk_left=(\w+)/;
  const keyOf = (form) => `${PLACE}${me}:${form.id}`;

  const store = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    put(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // no room, or not allowed: the form works without
      }
    },
    drop(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        // as above
      }
    },
  };
  const keptBy = (person) => {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(`${PLACE}${person}:`));
    } catch {
      return [];
    }
  };
  const session = {
    get: () => {
      try {
        return JSON.parse(sessionStorage.getItem(SENT)) || [];
      } catch {
        return [];
      }
    },
    put: (keys) => {
      try {
        if (keys.length) sessionStorage.setItem(SENT, JSON.stringify(keys));
        else sessionStorage.removeItem(SENT);
      } catch {
        // as above
      }
    },
  };

  /* ---- once ---- */

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sending !== undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sending = "";
    event.submitter?.classList.add("pressed");
    // after the browser has read the form: a disabled button's value would not be sent
    setTimeout(() => {
      if (event.defaultPrevented && !form.matches("[hx-post], [hx-get]")) release(form);
      else form.querySelectorAll("[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
    });
  }, true);

  const release = (form) => {
    delete form.dataset.sending;
    form.querySelectorAll(".pressed").forEach((button) => button.classList.remove("pressed"));
    form.querySelectorAll("[type=submit]").forEach((button) => button.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target.closest?.("form[data-sending]");
    if (form) release(form);
  });

  /* ---- Ctrl+Enter, Ctrl+S ---- */

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const button = document.querySelector("[data-ctrl-s]");
    if (!button) return;
    event.preventDefault();
    if (!event.repeat) button.click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const form = event.target.form || event.target.closest?.("form");
    const button = form?.querySelector("[data-ctrl-enter]") || (form?.id && document.querySelector(`[data-ctrl-enter][form="${CSS.escape(form.id)}"]`));
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  /* ---- drafts ---- */

  const kept = (field) => field.name && !field.disabled && !["hidden", "password", "file", "submit", "button", "reset", "image"].includes(field.type);
  const chosen = (select, asSent) => {
    const options = [...select.options].filter((option) => (asSent ? option.defaultSelected : option.selected));
    return options.length || select.type === "select-multiple" ? options : [...select.options].slice(0, 1);
  };
  // what stands in a form; `asSent`: what the page came with
  const snapshot = (form, asSent = false) => {
    const values = {};
    for (const field of form.elements) {
      if (!kept(field)) continue;
      values[field.name] ??= [];
      if (field.type === "checkbox" || field.type === "radio") {
        if (asSent ? field.defaultChecked : field.checked) values[field.name].push(field.value);
      } else if (field.localName === "select") {
        values[field.name].push(...chosen(field, asSent).map((option) => option.value));
      } else {
        values[field.name].push(asSent ? field.defaultValue : field.value);
      }
    }
    return values;
  };
  const same = (one, other) => Object.keys({ ...one, ...other }).every((name) => String(one[name] ?? "").replace(/\r\n?/g, "\n").trim() === String(other[name] ?? "").replace(/\r\n?/g, "\n").trim());

  const putBack = (form, values) => {
    const left = structuredClone(values);
    for (const field of form.elements) {
      if (!kept(field) || !left[field.name]) continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = left[field.name].includes(field.value);
      else if (field.type === "select-multiple") [...field.options].forEach((option) => (option.selected = left[field.name].includes(option.value)));
      else if (left[field.name].length) field.value = left[field.name].shift();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const offer = (form, draft, answered) => {
    const says = form.dataset.draftSays || "Text from {time} that may not have arrived is kept in this browser.";
    const zone = document.body.dataset.zone || undefined;
    let time = "";
    try {
      time = new Intl.DateTimeFormat(document.documentElement.lang || "en", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(draft.at);
    } catch {
      time = new Date(draft.at).toUTCString();
    }
    const box = document.createElement("div");
    box.className = "restore";
    box.setAttribute("role", "status");
    const words = document.createElement("p");
    words.textContent = says.replace("{time}", time);
    const back = Object.assign(document.createElement("button"), { type: "button", className: "btn small", textContent: form.dataset.draftRestore || "Put it back" });
    const away = Object.assign(document.createElement("button"), { type: "button", className: "btn small plain", textContent: form.dataset.draftDrop || "Throw it away" });
    back.addEventListener("click", () => {
      box.remove();
      putBack(form, draft.values);
      answered(draft.earlier);
    });
    away.addEventListener("click", () => {
      box.remove();
      answered(draft.earlier);
    });
    box.append(words, back, away);
    form.prepend(box);
  };

  const watch = (form) => {
    if (!form.id) return;
    const key = keyOf(form);
    let timer = 0;
    const saved = form.dataset.draftUnsaved === undefined ? snapshot(form, true) : null;
    const isSaved = (values) => saved !== null && same(values, saved);
    let earlier = null; // the text on offer: what is typed meanwhile is kept beside it, not over it
    const keep = () => {
      clearTimeout(timer);
      timer = 0;
      const values = snapshot(form);
      if (!isSaved(values)) store.put(key, { at: Date.now(), name: form.dataset.draftName || document.title, values, earlier });
      else if (earlier) store.put(key, earlier);
      else store.drop(key);
    };
    const show = (draft) => {
      earlier = draft && !same(draft.values, snapshot(form)) && !isSaved(draft.values) ? draft : null;
      if (earlier) offer(form, earlier, show);
      else keep();
    };
    show(store.get(key));
    const soon = (event) => {
      if (!kept(event.target)) return;
      clearTimeout(timer);
      timer = setTimeout(keep, 400);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      if (timer) keep();
      if (store.get(key)) session.put([...new Set([...session.get(), key])]);
    });
    const keepNow = () => timer && keep();
    window.addEventListener("pagehide", keepNow);
    document.addEventListener("desk:leaving", keepNow);
  };

  /* ---- signing out ---- */

  document.addEventListener("submit", (event) => {
    const words = event.target.dataset.leaves;
    if (words === undefined) return;
    document.dispatchEvent(new Event("desk:leaving")); // what was typed a moment ago counts as well
    const names = [...new Set(keptBy(me).map((key) => store.get(key)?.name).filter(Boolean))].join(", ");
    if (keptBy(me).length && !window.confirm(words.replace("{names}", names))) event.preventDefault();
  });

  const forgetWhoLeft = () => {
    const left = LEFT.exec(document.cookie)?.[1];
    if (!left) return;
    keptBy(left).forEach((key) => store.drop(key));
    document.cookie = "desk_left=; Max-Age=0; Path=/; SameSite=Lax";
  };

  const clear = () => {
    const arrived = new Set([...document.querySelectorAll("[data-draft-done]")].flatMap((node) => node.dataset.draftDone.split(/\s+/)));
    arrived.forEach((id) => store.drop(`${PLACE}${me}:${id}`));
    if (document.querySelector(".flash.good, .flash.ok")) {
      session.get().forEach((key) => store.drop(key));
      session.put([]);
    }
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(PLACE) && Date.now() - (store.get(key)?.at ?? 0) > WEEK) localStorage.removeItem(key);
      }
    } catch {
      // as above
    }
  };

  forgetWhoLeft();
  clear();
  document.querySelectorAll("form[data-draft]").forEach(watch);
})();
