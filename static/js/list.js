// Applies a filter of a list as soon as it is chosen. Fetches the page that “Show” leads to and puts its parts in place.
const PARTS = [".page-head", ".narrowed > .list", "#progress", ".colophon"];
let latest = new AbortController();

// A live region has to be there before its text changes.
const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");
document.body.append(status);

async function narrow(form, field) {
  latest.abort(); // who chooses again does not wait for what they chose before
  latest = new AbortController();
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form));
  const response = await fetch(address, { signal: latest.signal });
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  const choices = next.querySelector(".narrowing form");
  if (!response.ok || !choices) throw new Error("The answer is not a list of this site.");
  const top = field.getBoundingClientRect().top;
  history.replaceState(null, "", response.url);
  document.title = next.title;
  for (const part of PARTS) document.querySelector(part).replaceWith(document.adoptNode(next.querySelector(part)));
  const same = replaceChoices(form, choices, field);
  if (same) scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
  const told = document.querySelector(".list > .count-line, .list > p, .page-head .count-line");
  status.textContent = told ? told.textContent : "";
  document.dispatchEvent(new CustomEvent("page:shown"));
}

// Keeps which filters are open, how far they are scrolled, and the focus. Returns what now stands for the field.
function replaceChoices(form, choices, field) {
  const before = new Map([...form.querySelectorAll(".filter")].map((filter) => [nameOf(filter), filter]));
  for (const filter of choices.querySelectorAll(".filter")) {
    filter.open = before.get(nameOf(filter))?.open ?? filter.open;
  }
  const scrolled = new Map([...before].map(([name, filter]) => [name, filter.querySelector("fieldset").scrollTop]));
  const hadFocus = form.contains(document.activeElement);
  form.replaceChildren(...document.adoptNode(choices).childNodes);
  for (const filter of form.querySelectorAll(".filter")) {
    filter.querySelector("fieldset").scrollTop = scrolled.get(nameOf(filter)) ?? 0;
  }
  const same = [...form.elements].find(
    (it) => it.name === field.name && (it.localName === "select" || it.value === field.value),
  );
  if (hadFocus) same?.focus({ preventScroll: true });
  return same;
}

function nameOf(filter) {
  return filter.querySelector("summary").textContent;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest(".narrowing form");
  if (!form) return;
  narrow(form, event.target).catch((error) => {
    if (error.name !== "AbortError") form.requestSubmit();
  });
});

// Who goes to another episode while a list is on its way must not get the list of the one before.
document.addEventListener("page:shown", () => latest.abort());
