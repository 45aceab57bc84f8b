// Explains the chosen times while they are chosen, and offers time zones to choose from.
const form = document.querySelector("#schedule");
const place = document.querySelector("#explained");
const WHEN = new Set(["cadence", "at", "weekday", "day", "cron", "timezone"]);
const LATER_MS = 300;

let timer, asked = 0;
function later(act) {
  clearTimeout(timer);
  timer = setTimeout(act, LATER_MS);
}

async function explain() {
  const turn = ++asked;
  const fields = [...new FormData(form)].filter(([name]) => WHEN.has(name) || name === "csrf");
  const answer = await fetch(form.dataset.explain, { method: "POST", body: new URLSearchParams(fields) }).catch(() => null);
  if (turn === asked && answer?.ok && !answer.redirected) place.innerHTML = await answer.text(); // else what is shown stays
}
for (const happening of ["input", "change"]) {
  form.addEventListener(happening, (event) => WHEN.has(event.target.name) && later(explain));
}
form.querySelector("[data-look]").hidden = true;

const zones = document.createElement("datalist");
zones.id = "zones";
for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) zones.append(new Option(name, name));
form.append(zones);
form.timezone.setAttribute("list", zones.id);
