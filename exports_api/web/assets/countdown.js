// Counts down how long a file is kept, by the server's clock; the sentence beside it tells the instant.
const began = performance.now();
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function inWords(seconds) {
  const place = UNITS.findIndex(([, each]) => seconds >= each);
  if (place < 0) return "nothing";
  const [unit, whole] = UNITS[place];
  const parts = [part(Math.floor(seconds / whole), unit)];
  const next = UNITS[place + 1];
  const rest = next ? Math.floor((seconds % whole) / next[1]) : 0;
  if (rest) parts.push(part(rest, next[0]));
  return parts.join(" ");
}

const part = (count, unit) => `${count} ${unit}${count === 1 ? "" : "s"}`;

function tell() {
  for (const each of document.querySelectorAll("[data-until]")) {
    each.dataset.from ??= performance.now() - began; // drawn anew since: counted from then
    const left = Number(each.dataset.until) - (performance.now() - began - Number(each.dataset.from)) / 1000;
    each.textContent = inWords(Math.max(0, Math.floor(left)));
  }
}

tell();
setInterval(tell, 1000);
