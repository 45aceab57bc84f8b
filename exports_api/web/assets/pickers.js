// Searches the values of a form while one types; what is chosen stays in sight, and is counted.
const LATER_MS = 400;

for (const each of document.querySelectorAll("[data-plain]")) each.hidden = true;

for (const picker of document.querySelectorAll("[data-picker]")) {
  const values = picker.querySelector(".picked");
  const tell = () => {
    const count = values.querySelectorAll("input:checked").length;
    picker.querySelector("[data-count]").textContent = count ? `${count} chosen` : "";
  };
  values.addEventListener("change", tell);
  tell();
  const search = picker.querySelector("input[type=search]");
  if (!search) continue;
  let timer, asked = 0;
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, LATER_MS);
  });

  async function find() {
    const turn = ++asked;
    const answer = await fetch(`${picker.dataset.picker}?prefix=${encodeURIComponent(search.value)}`).catch(() => null);
    if (turn !== asked || !answer?.ok || answer.redirected) return; // what is shown stays
    const all = await answer.json();
    const chosen = [...values.querySelectorAll("input:checked")].map((each) => each.closest("label"));
    const kept = new Set(chosen.map((each) => each.querySelector("input").value));
    const found = all.filter((value) => !kept.has(value)).map((value) => choice(picker.dataset.field, value));
    values.replaceChildren(...chosen, ...found);
    if (!chosen.length && !found.length) values.append(none());
  }
}

function none() {
  return Object.assign(document.createElement("p"), { className: "small", textContent: "None of yours begins like that." });
}

function choice(name, value) {
  const label = Object.assign(document.createElement("label"), { className: "choice" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name, value });
  const text = Object.assign(document.createElement("bdi"), { textContent: value });
  label.append(box, " ", text);
  return label;
}
