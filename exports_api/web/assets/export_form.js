// Helps to fill the form of an export: ranges of dates, and an estimate while it changes.
const form = document.querySelector("#export");
const estimate = document.querySelector("#estimate");
const said = document.querySelector("#said");
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
  try {
    const answer = await fetch(form.dataset.estimate, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (turn !== asked) return;
    if (answer.ok && !answer.redirected) show(await answer.text());
    else giveUp();
  } catch {
    giveUp();
  }
});

function giveUp() {
  const told = Object.assign(document.createElement("p"), { className: "notice", textContent: "There is no estimate at this moment; the export itself does not need one." });
  estimate.replaceChildren(told);
  said.textContent = told.textContent;
}

function show(drawn) {
  estimate.innerHTML = drawn;
  said.textContent = [...estimate.querySelectorAll(".notice, dl.facts")].map((each) => each.innerText.replace(/\s+/g, " ")).join(" ");
}

form.addEventListener("change", ask);
ask();

const iso = (day) => `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, "0")}-${String(day.getDate()).padStart(2, "0")}`;
const today = new Date();
const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate()];
const RANGES = {
  "today": [today, today],
  "yesterday": [new Date(year, month, date - 1), new Date(year, month, date - 1)],
  "last-7-days": [new Date(year, month, date - 6), today],
  "last-30-days": [new Date(year, month, date - 29), today],
  "this-month": [new Date(year, month, 1), today],
  "last-month": [new Date(year, month - 1, 1), new Date(year, month, 0)],
  "last-quarter": [new Date(year, month - (month % 3) - 3, 1), new Date(year, month - (month % 3), 0)],
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

for (const each of document.querySelectorAll("[data-scripted]")) each.hidden = false;
