// Starts an export from its form and shows its progress beside it. The address becomes that of its page, so that
// loading again goes on there, and going back leads to the form as it was filled.
import "./countdown.js";
import { follow } from "./progress.js";

const form = document.querySelector("#export");
const started = document.querySelector("#started");
const refused = document.querySelector("#refused");
const FORM = new URL(form.action).pathname;
const NO_ANSWER = "The service did not answer. Look among your exports whether it began before you try again.";
let shown = location.pathname, isAsked = false;

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value !== "export") return;
  event.preventDefault();
  if (isAsked) return;
  isAsked = true;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("do", "export");
  try {
    const answer = await fetch(FORM, { method: "POST", body: fields });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const progress = page.querySelector("#progress");
    if (progress) show(progress, new URL(answer.url));
    else if (answer.redirected) location.assign(answer.url); // as to sign in
    else refuse((page.querySelector("[role=alert]") ?? page.querySelector(".notice.bad"))?.textContent ?? NO_ANSWER);
  } catch {
    refuse(NO_ANSWER);
  }
  isAsked = false;
});

function show(progress, address) {
  refused.hidden = true;
  started.querySelector("[data-here]").replaceChildren(progress);
  started.querySelector("[data-page]").href = address.pathname;
  started.hidden = false;
  history.pushState(null, "", address);
  shown = address.pathname;
  started.querySelector("h2").focus();
  follow(progress);
}

function refuse(sentence) {
  refused.textContent = sentence;
  refused.hidden = false;
  refused.scrollIntoView({ block: "center" });
}

addEventListener("popstate", () => {
  if (location.pathname === shown) return; // a link within the page
  if (location.pathname !== FORM) return location.reload();
  shown = FORM;
  started.hidden = true;
  started.querySelector("[data-here]").replaceChildren();
});
