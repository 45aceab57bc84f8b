// Helps to fill the form of an export: ranges of dates, values that are searched, and an estimate while it changes.
const form = document.querySelector("#export");
const estimate = document.querySelector("#estimate");
const LATER_MS = 400;

function later(act) {
  let timer;
  return (...words) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...words), LATER_MS);
  };
}

let asked = 0;
const ask = later(async () => {
  const turn = ++asked;
  const answer = await fetch(form.dataset.estimate, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (turn === asked && answer.ok && !answer.redirected) estimate.innerHTML = await answer.text();
});
form.addEventListener("change", ask);
ask();

const iso = (day) => `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
const today = new Date();
const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate()];
const RANGES = {
  "today": [today, today],
  "last-7-days": [new Date(year, month, date - 6), today],
  "this-month": [new Date(year, month, 1), today],
  "last-month": [new Date(year, month - 1, 1), new Date(year, month, 0)],
  "this-year": [new Date(year, 0, 1), today],
  "last-year": [new Date(year - 1, 0, 1), new Date(year - 1, 11, 31)],
};
const presets = document.querySelector("[data-presets]");
if (presets) {
  presets.hidden = false;
  presets.querySelector("select").addEventListener("change", (event) => {
    const range = RANGES[event.target.value];
    if (range) [form.start_date.value, form.end_date.value] = range.map(iso);
  });
}

for (const picker of document.querySelectorAll("[data-picker]")) {
  const values = picker.querySelector(".picked");
  const label = document.createElement("label");
  const search = Object.assign(document.createElement("input"), { type: "search", maxLength: 200, autocomplete: "off" });
  label.append(`Search ${picker.querySelector("legend").textContent.toLowerCase()} that begin with`, search);
  values.before(label);
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("input", later(async () => {
    const answer = await fetch(`${picker.dataset.picker}?prefix=${encodeURIComponent(search.value)}`);
    if (!answer.ok || answer.redirected) return;
    const chosen = [...values.querySelectorAll("input:checked")].map((each) => each.closest("label"));
    const kept = new Set(chosen.map((each) => each.querySelector("input").value));
    const found = (await answer.json()).filter((value) => !kept.has(value)).map((value) => choice(picker.dataset.field, value));
    values.replaceChildren(...chosen, ...found);
  }));
}

function choice(name, value) {
  const label = Object.assign(document.createElement("label"), { className: "choice" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name, value });
  const text = Object.assign(document.createElement("bdi"), { textContent: value });
  label.append(box, " ", text);
  return label;
}
