/* Clocks that go: <time data-clock="Europe/Brussels">14:37</time> is set again on each minute, in 24 hours.
   The instant is this machine's; deadlines are worded by the server and do not hang on it. */
(() => {
  "use strict";

  const formats = new Map();
  const formatOf = (zone) => {
    if (!formats.has(zone)) {
      formats.set(zone, new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }));
    }
    return formats.get(zone);
  };

  const set = () => {
    const now = new Date();
    for (const clock of document.querySelectorAll("time[data-clock]")) {
      try {
        const words = formatOf(clock.dataset.clock).format(now);
        if (clock.textContent !== words) clock.textContent = words;
      } catch {
        clock.removeAttribute("data-clock"); // a zone this browser does not know keeps the server's time
      }
    }
  };

  const tick = () => {
    set();
    setTimeout(tick, 60000 - (Date.now() % 60000) + 20);
  };

  tick();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && set());
})();
