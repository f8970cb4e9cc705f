/* The keyboard. Pages declare their keys; this file presses them.

     <a data-key="g d" href="/">Desk</a>        two keys one after the other
     <button data-key="a">Assign a story</button>
     <input data-key="/">                       a field is focused, a link or a button that opens something is clicked
     <button type="submit" data-key="p">        what a form sends is sent by no single key: the key leads to the button, says so
                                                beside it, and Enter presses it (the words: data-cue of the list of keys)
     data-key-label="…"                         what the list of keys says, if the element's own words will not do
     data-row                                   j and k walk from row to row: they focus its link (.open, else its first link)
     data-open-keys                             a button that opens the list, as "?" does

   Nothing happens while somebody types, while a key is held down, nor with Ctrl, Alt or the command key (with a letter: nor
   with Shift or AltGr). A key that comes too late after the first of two does nothing. Keys that are letters are found by
   their place on other alphabets' keyboards. "Switch single keys off" is kept per device (WCAG 2.1.4).
   Open menus (details.menu) close on Escape and on a click elsewhere. */
(() => {
  "use strict";

  const OFF = "desk:keys-off";
  const PAUSE = 1500;
  const LATE = 6000;
  let prefix = "";
  let late = false; // the first of two keys was pressed, and the second is overdue
  let timer = 0;
  let led = null; // the button that a key has led to

  const typing = (node) => node.isContentEditable || (node.matches?.("input, textarea, select") && !/^(checkbox|radio|button|submit)$/.test(node.type));
  const letter = (event) => {
    if (event.key.length !== 1 || event.key < "\u0080") return event.key;
    return /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key;
  };
  const off = () => {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  };

  const declared = () => [...document.querySelectorAll("[data-key]")].filter((node) => node.checkVisibility?.() ?? true);
  const sends = (node) => node.matches("[type=submit]") && node.form?.method === "post";
  const press = (node) => {
    if (sends(node)) {
      leadTo(node);
    } else if (node.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
      node.focus();
      node.select?.();
    } else {
      node.click();
    }
  };

  // a slipped key must not publish: it puts the focus on the button, in sight, and says what presses it
  const leadTo = (button) => {
    if (document.activeElement === button) return;
    led = button;
    sayEnter();
    button.focus();
    button.scrollIntoView({ block: "nearest" });
    button.addEventListener("blur", () => {
      led = null;
      button.removeAttribute("aria-describedby");
      document.getElementById("key-cue")?.remove();
    }, { once: true });
  };
  const sayEnter = () => {
    if (!led?.isConnected || document.getElementById("key-cue")) return;
    const cue = document.createElement("small");
    cue.id = "key-cue";
    cue.textContent = document.getElementById("keys")?.dataset.cue || "Enter presses it";
    led.after(cue);
    led.setAttribute("aria-describedby", cue.id);
  };
  document.addEventListener("desk:live", sayEnter); // a live page may have taken it away

  /* ---- rows ---- */

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility?.() ?? true);
  const handle = (row) => (row.matches("a, [tabindex]") ? row : row.querySelector(".open, a[href]"));
  const walk = (step) => {
    const all = rows();
    if (!all.length) return false;
    const here = all.indexOf(document.activeElement?.closest?.("[data-row]"));
    const seen = here < 0 && step > 0 ? all.findIndex((row) => row.getBoundingClientRect().top >= 60) - 1 : here;
    const next = all[Math.max(0, Math.min(all.length - 1, seen + step))];
    const target = handle(next);
    target?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return Boolean(target);
  };

  // Keys of the row one is in come before those of the page: `a` on a row assigns that row
  const find = (keys) => {
    const row = document.activeElement?.closest?.("[data-row]");
    const all = declared().filter((node) => node.dataset.key === keys);
    return all.find((node) => row?.contains(node)) ?? all.find((node) => !node.closest("[data-row]")) ?? null;
  };

  /* ---- the list of keys ---- */

  const wordsOf = (node) =>
    node.dataset.keyLabel || node.getAttribute("aria-label") || [...node.childNodes].filter((part) => part.nodeName !== "SMALL" && part.nodeName !== "KBD").map((part) => part.textContent).join(" ").trim() || node.getAttribute("placeholder") || "";

  const openList = () => {
    const dialog = document.getElementById("keys");
    const list = document.getElementById("key-list");
    if (!dialog || !list || dialog.open) return;
    list.querySelectorAll("[data-made]").forEach((line) => line.remove());
    const told = new Set();
    for (const node of declared()) {
      if (told.has(node.dataset.key)) continue;
      told.add(node.dataset.key);
      const line = document.createElement("div");
      line.dataset.made = "";
      const words = document.createElement("dt");
      words.textContent = wordsOf(node);
      const keys = document.createElement("dd");
      node.dataset.key.split(" ").forEach((key, place) => {
        if (place) keys.append(" ");
        keys.append(Object.assign(document.createElement("kbd"), { textContent: key }));
      });
      line.append(words, keys);
      list.append(line);
    }
    document.getElementById("keys-off").checked = off();
    dialog.showModal();
  };

  /* ---- events ---- */

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeMenus(null);
      if (typing(event.target) && event.target.matches("[data-key]")) event.target.blur();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]") || off()) return;
    const key = letter(event);
    if (/^(Shift|AltGraph|CapsLock)$/.test(key)) return;
    if (/^[a-z]$/i.test(key) && (event.shiftKey || event.getModifierState("AltGraph"))) return;
    if (event.repeat && !/^[jk]$/.test(key)) return;
    if (act(key)) event.preventDefault();
  });

  const act = (key) => {
    const keys = prefix ? `${prefix} ${key}` : key;
    const overdue = late;
    prefix = "";
    late = false;
    clearTimeout(timer);
    if (overdue) return true;
    if (keys === "?") return openList() ?? true;
    if (keys === "j") return walk(1);
    if (keys === "k") return walk(-1);
    const node = find(keys);
    if (node) {
      press(node);
      return true;
    }
    if (keys.length === 1 && declared().some((other) => other.dataset.key.startsWith(`${keys} `))) {
      prefix = keys;
      timer = setTimeout(lapse, PAUSE);
      return true;
    }
    return false;
  };

  const lapse = () => {
    prefix = "";
    late = true;
    timer = setTimeout(() => (late = false), LATE - PAUSE);
  };

  const closeMenus = (kept) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (kept && menu.contains(kept)) continue;
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside && !kept) menu.querySelector("summary")?.focus();
    }
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    if (event.target.closest("[data-open-keys]")) {
      closeMenus(null);
      openList();
    }
    const dialog = event.target.closest("dialog");
    if (dialog && event.target === dialog && dialog.id === "keys") dialog.close();
  });

  document.addEventListener("change", (event) => {
    if (event.target.id !== "keys-off") return;
    try {
      if (event.target.checked) localStorage.setItem(OFF, "1");
      else localStorage.removeItem(OFF);
    } catch {
      event.target.checked = false;
    }
  });
})();
