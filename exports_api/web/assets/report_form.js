// Shows the columns of another dataset as soon as it is chosen.
for (const select of document.querySelectorAll("[data-turns]")) {
  const button = select.parentElement.querySelector("[data-turn]");
  button.hidden = true;
  select.addEventListener("change", () => select.form.requestSubmit(button));
}
