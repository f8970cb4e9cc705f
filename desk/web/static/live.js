/* Live pages: an element that keeps itself up to date without getting in anybody's way.

     <div id="board" data-live="/?desk=world" data-etag='"…"'>…</div>
       data-live       the address asked; empty: this page's own address
       data-etag       the ETag the page was sent with, if known: then the first answer can be a 304
       data-live-part  on any other element with an id: it follows too, when the answer is a whole page
       data-live-hold  on an element with an id inside: what it shows, such as a version. It is left alone once the answer shows
                       another, with the buttons in it. Each asking says what is shown (?have=), so the page can say what is new
       data-live-calm  on an element with an id inside: left alone while the pointer or the focus is in it, so that no button
                       turns into another under somebody's hand
       data-live-still on the element itself: its rows stay where they are also while the page stands at its top, where
                       elsewhere new ones push the others down. A screen that nobody has touched for a while shows the top

   The answer is a fragment (the new inside of the element) or a whole page in which the element's id is looked up.
   Asked every second while the page is seen, every thirty seconds while it is not, more seldom while nothing answers.
   What is never touched: a field a person has changed, `open` of details, the focus, the place of the row being read.
   Rows that should move rather than be made anew need an id. */
(() => {
  "use strict";

  const SEEN = 1000;
  const UNSEEN = 30000;
  const SLOWEST = 60000;
  const PATIENCE = 10000;
  const UNATTENDED = 120000;
  const root = document.documentElement;
  const touched = new WeakSet();
  const watches = [];
  let morph = null;

  /* ---- what a person typed stays ---- */

  const touch = (event) => {
    if (event.target.form !== undefined) touched.add(event.target);
  };
  document.addEventListener("input", touch, true);
  document.addEventListener("change", touch, true);
  document.addEventListener("reset", (event) => {
    for (const field of event.target.elements) touched.delete(field);
  }, true);

  const holdsTyping = (field) => touched.has(field) && field.isConnected;

  window.htmx.registerExtension("desk-live", {
    init(api) {
      morph = api.morph;
    },
    htmx_before_morph_node(node, detail) {
      return !(touched.has(node) && node.isConnected) && !isHeld(node, detail.newNode) && !isInHand(node, detail.newNode);
    },
    htmx_before_morph_attr(node, detail) {
      return !(detail.attrName === "open" && (node.localName === "details" || node.localName === "dialog"));
    },
    htmx_before_response(node, detail) {
      const answer = detail.ctx?.response?.raw;
      if (!answer?.redirected || !leadsToTheDoor(answer.url)) return;
      detail.ctx.swap = "none";
      signedOut();
    },
  });

  /* ---- what is being read and acted on stays ---- */

  let inHand = false;

  const isHeld = (node, fresh) => node.dataset?.liveHold !== undefined && node.dataset.liveHold !== fresh.dataset.liveHold;

  const isInHand = (node, fresh) => {
    if (node.dataset?.liveCalm === undefined || node.isEqualNode(fresh) || !node.matches(":hover, :focus-within")) return false;
    inHand = true;
    return true;
  };

  /* ---- notes to the reader ---- */

  const show = (id, shown) => {
    const note = document.getElementById(id);
    if (note && note.hidden === shown) note.hidden = !shown;
  };

  const signedOut = () => {
    show("offline", false);
    show("signed-out", true);
  };

  const leadsToTheDoor = (address) => {
    const door = document.querySelector("#signed-out a");
    return Boolean(door) && new URL(address, location.href).pathname === new URL(door.href).pathname;
  };

  const clockWords = (at) => {
    const zone = document.body.dataset.zone;
    try {
      return new Intl.DateTimeFormat(root.lang || "en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
    } catch {
      return new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
    }
  };

  const sayOffline = (heard) => {
    const time = document.getElementById("last-heard");
    if (time) {
      time.textContent = clockWords(heard);
      time.dateTime = heard.toISOString();
    }
    show("offline", true);
  };

  /* ---- the row being read stays where it is ---- */

  const scrollerOf = (node) => {
    for (let box = node.parentElement; box && box !== document.body; box = box.parentElement) {
      const flow = getComputedStyle(box).overflowY;
      if ((flow === "auto" || flow === "scroll") && box.scrollHeight > box.clientHeight) return box;
    }
    return document.scrollingElement;
  };

  let attended = Date.now();
  for (const sign of ["pointermove", "pointerdown", "wheel", "touchmove", "keydown"]) {
    document.addEventListener(sign, () => { attended = Date.now(); }, { capture: true, passive: true });
  }

  const topOf = (row) => row.getBoundingClientRect().top;

  const rowInHand = (area) =>
    (area.contains(document.activeElement) && document.activeElement.closest("[data-row]")) || area.querySelector("[data-row]:hover");

  const rowsInView = (area) => {
    const top = document.querySelector(".masthead")?.offsetHeight ?? 0;
    return [...area.querySelectorAll("[data-row]")].filter((row) => topOf(row) >= top && topOf(row) < window.innerHeight);
  };

  // How far most of these rows have moved: rows that come in above the middle of the screen move most of those below, and
  // one row that leaves its place moves none with it.
  const moveOfMost = (rows) => {
    const times = new Map([[0, 0]]);
    for (const [row, before] of rows) {
      if (!row.isConnected) continue;
      const moved = Math.round(topOf(row) - before);
      times.set(moved, (times.get(moved) ?? 0) + 1);
    }
    return [...times].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
  };

  // how far down a scroller stands by our doing alone: that still counts as its top
  const pushed = new WeakMap();

  const isAtTop = (scroller) => {
    if (scroller.scrollTop !== pushed.get(scroller)) pushed.set(scroller, 0);
    return scroller.scrollTop === pushed.get(scroller);
  };

  const keepingPlace = (area, change) => {
    const scroller = scrollerOf(area);
    const atTop = isAtTop(scroller);
    const held = rowInHand(area);
    const left = atTop && Date.now() - attended > UNATTENDED;
    const still = !atTop || ("liveStill" in area.dataset && !left);
    const places = (rows) => rows.map((row) => [row, topOf(row)]);
    const [inHand, inView] = [places(held ? [held] : []), places(still ? rowsInView(area) : [])];
    const active = document.activeElement;
    const caret = caretOf(active);
    change();
    if (active !== document.body && active !== document.activeElement && active.isConnected) {
      active.focus({ preventScroll: true });
      if (caret) active.setSelectionRange(...caret);
    }
    const moved = held?.isConnected ? moveOfMost(inHand) : left ? -scroller.scrollTop : moveOfMost(inView);
    if (moved) scroller.scrollBy({ top: moved, behavior: "instant" });
    if (atTop) pushed.set(scroller, scroller.scrollTop);
  };

  const caretOf = (field) => {
    try {
      return typeof field.selectionStart === "number" ? [field.selectionStart, field.selectionEnd, field.selectionDirection] : null;
    } catch {
      return null;
    }
  };

  /* ---- one watch: an element, its address, its ETag ---- */

  const read = (watch, text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const own = watch.area.id && page.getElementById(watch.area.id);
    const whole = /^\s*(<!doctype|<html)/i.test(text);
    if (whole && !own) return null;
    return { inside: own || page.body, page: whole ? page : null };
  };

  // A field with text in it may stand in a row that is gone from the answer: then nothing is changed until it is sent or cleared.
  const wouldLose = (area, inside) =>
    [...area.querySelectorAll("input, textarea, select")].some((field) => {
      if (!holdsTyping(field) || field.value === "") return false;
      const anchor = field.closest("[id]:is([data-row], form, section, article, li, details)") || (field.id && field);
      return Boolean(anchor) && area.contains(anchor) && anchor !== area && !inside.querySelector(`[id="${CSS.escape(anchor.id)}"]`);
    });

  const take = (area, inside) => {
    const fragment = document.createDocumentFragment();
    fragment.append(...document.importNode(inside, true).childNodes);
    keepingPlace(area, () => morph(area, fragment, true));
    window.htmx.process(area);
    area.dispatchEvent(new CustomEvent("desk:live", { bubbles: true }));
  };

  const apply = (watch, text) => {
    const found = read(watch, text);
    if (!found) return false;
    watch.wait = 0;
    inHand = false;
    if (wouldLose(watch.area, found.inside)) {
      watch.wait = 5000;
      show("held-back", true);
      return false;
    }
    show("held-back", false);
    if (!watch.area.isEqualNode(found.inside)) take(watch.area, found.inside);
    const all = !inHand;
    if (!all) watch.wait = 3000;
    if (!found.page) return all;
    if (found.page.title && found.page.title !== document.title) document.title = found.page.title;
    for (const part of document.querySelectorAll("[data-live-part][id]")) {
      const fresh = found.page.getElementById(part.id);
      if (fresh && !part.contains(watch.area) && !wouldLose(part, fresh) && !part.isEqualNode(fresh)) take(part, fresh);
    }
    return all;
  };

  const addressOf = (area) => {
    const address = new URL(area.dataset.live || location.href.split("#")[0], location.href);
    const shown = area.querySelector("[data-live-hold]")?.dataset.liveHold;
    if (shown) address.searchParams.set("have", shown);
    return address;
  };

  const ask = async (watch) => {
    const headers = { "HX-Request": "true", Accept: "text/html" };
    if (watch.etag) headers["If-None-Match"] = watch.etag;
    // `no-store` keeps the browser's own cache out of it: it would answer a 304 as a 200
    const answer = await fetch(addressOf(watch.area), {
      headers, redirect: "manual", cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.type === "opaqueredirect" || answer.status === 401) return "signed out";
    if (answer.status === 304) return "same";
    if (!answer.ok) {
      watch.wait = 1000 * Number(answer.headers.get("Retry-After")) || 0;
      return "failed";
    }
    const text = await answer.text();
    if (apply(watch, text)) watch.etag = answer.headers.get("ETag");
    return "new";
  };

  const turn = async (watch) => {
    if (watch.busy || !watch.area.isConnected) return;
    watch.busy = true;
    clearTimeout(watch.timer);
    let outcome = "failed";
    try {
      outcome = await ask(watch);
    } catch (error) {
      if (!["AbortError", "TimeoutError", "TypeError"].includes(error.name)) console.error(error);
    }
    watch.busy = false;
    settle(watch, outcome);
  };

  const settle = (watch, outcome) => {
    if (outcome === "signed out") {
      signedOut();
      return;
    }
    if (outcome === "failed") {
      watch.misses += 1;
      if (watch.misses > 1) sayOffline(watch.heard);
    } else {
      watch.misses = 0;
      if (outcome === "same") watch.wait = 0;
      watch.heard = new Date();
      show("signed-out", false);
      if (!watches.some((other) => other.misses > 1)) show("offline", false);
    }
    arm(watch);
  };

  const arm = (watch) => {
    const calm = document.visibilityState === "visible" ? SEEN : UNSEEN;
    const back = watch.misses ? Math.min(SLOWEST, SEEN * 2 ** watch.misses) : 0;
    const spread = watch.misses ? 0.75 + Math.random() / 2 : 1;
    watch.timer = setTimeout(() => turn(watch), Math.max(calm, back * spread, watch.wait));
  };

  const start = () => {
    for (const area of document.querySelectorAll("[data-live]")) {
      const watch = { area, etag: area.dataset.etag || null, heard: new Date(), misses: 0, wait: 0, busy: false, timer: 0 };
      watches.push(watch);
      arm(watch);
    }
    if (!watches.length) return;
    const hurry = () => watches.forEach((watch) => turn(watch));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") hurry();
    });
    window.addEventListener("online", hurry);
    window.addEventListener("offline", () => watches.forEach((watch) => settle(Object.assign(watch, { misses: Math.max(1, watch.misses) }), "failed")));
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) hurry();
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
