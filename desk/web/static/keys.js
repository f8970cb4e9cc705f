/* The keyboard. Pages declare their keys; this file presses them.

     <a data-key="g d" href="/">Desk</a>        two keys one after the other
     <button data-key="a">Assign a story</button>
     <input data-key="/">                       a field is focused, everything else is clicked
     data-key-label="…"                         what the list of keys says, if the element's own words will not do
     data-row                                   j and k walk from row to row: they focus its link (.open, else its first link)
     data-open-keys                             a button that opens the list, as "?" does

   Nothing happens while somebody types, nor with Ctrl, Alt or the command key. Keys that are letters are found by their
   place on other alphabets' keyboards. "Switch single keys off" is kept per device (WCAG 2.1.4).
   Open menus (details.menu) close on Escape and on a click elsewhere. */
(() => {
  "use strict";

  const OFF = "desk:keys-off";
  const PAUSE = 1500;
  let prefix = "";
  let timer = 0;

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
  const press = (node) => {
    if (node.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) {
      node.focus();
      node.select?.();
    } else {
      node.click();
    }
  };

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
    if (act(letter(event))) event.preventDefault();
  });

  const act = (key) => {
    const keys = prefix ? `${prefix} ${key}` : key;
    prefix = "";
    clearTimeout(timer);
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
      timer = setTimeout(() => (prefix = ""), PAUSE);
      return true;
    }
    return false;
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
