// Sends the small forms (progress, theme) with fetch and replaces the parts of the page that their answer changes.
// Scripts that prepare something in a page listen for `page:shown` on document.
const PARTS = ["main", "#progress", ".colophon"];
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const pending = new Set(); // requests without an answer yet

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const response = await fetch(form.action, { method: "POST", body, keepalive: true });
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (PARTS.some((part) => !next.querySelector(part))) throw new Error("The answer is not a page of this site.");
  if (response.redirected) history.replaceState(null, "", response.url);
  const isTheme = form.matches(".theme");
  const update = () => {
    show(next);
    if (isTheme) return showChoice(button);
    scrollTo(0, 0);
    focusHeading();
    if (response.redirected) announce(document.querySelector("#progress p").textContent);
  };
  if (!document.startViewTransition || reducedMotion.matches) update();
  else document.startViewTransition(update).ready.catch(() => {}); // an interrupted transition still shows the page
}

function show(next) {
  document.title = next.title;
  const description = "meta[name=description]"; // may hold a name that is not known any more
  document.querySelector(description).content = next.querySelector(description).content;
  const theme = next.documentElement.dataset.theme;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const element of next.head.querySelectorAll("link[rel=stylesheet], script[src]")) load(element);
  for (const part of PARTS) {
    document.querySelector(part).replaceWith(document.adoptNode(next.querySelector(part)));
  }
  document.querySelector(".offer")?.remove();
  const offer = next.querySelector(".offer");
  if (offer) document.querySelector("main").before(document.adoptNode(offer));
  document.dispatchEvent(new CustomEvent("page:shown"));
}

// What was chosen at the foot of the page keeps the focus, and what it did is said where it cannot be seen.
function showChoice(button) {
  const isAhead = button?.name === "ahead";
  document.querySelector(isAhead ? ".theme [name=ahead]" : ".theme [aria-pressed]").focus({ preventScroll: true });
  if (isAhead) announce(button.value === "hidden" ? "Lists now end with the next one." : "All of them are shown.");
}

// Load a style sheet or script of the next page, unless this page has it already.
function load(element) {
  const attribute = element.localName === "link" ? "href" : "src";
  const address = element.getAttribute(attribute);
  if (document.head.querySelector(`${element.localName}[${attribute}="${CSS.escape(address)}"]`)) return;
  const copy = document.createElement(element.localName); // a script that a parser made would not run
  for (const { name, value } of element.attributes) copy.setAttribute(name, value);
  document.head.append(copy);
}

// Screen readers read what gets the focus, so it has to have a name.
function focusHeading() {
  const heading = document.querySelector("main h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

// A live region has to be there before its text changes, so it stays while parts of the page are replaced.
const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");
document.body.append(status);

function announce(text) {
  status.textContent = text;
}

// A link to pass on becomes a button that copies it, where the browser lets a page do so.
function offerCopying() {
  if (!navigator.clipboard) return;
  for (const link of document.querySelectorAll("a[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.value = link.href;
    button.textContent = link.dataset.copy;
    link.replaceWith(button);
  }
}
offerCopying();
document.addEventListener("page:shown", offerCopying);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.value);
    button.textContent = "Copied";
    announce(`Copied: ${button.value}`);
  } catch {
    const link = document.createElement("a");
    link.href = link.textContent = button.value;
    button.replaceWith(link);
    link.focus();
    announce("The browser did not let it be copied. Copy the link itself.");
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-in-place]")) return;
  event.preventDefault();
  const request = send(form, event.submitter);
  pending.add(request);
  request.finally(() => pending.delete(request)).catch(() => {
    delete form.dataset.inPlace;
    form.requestSubmit(event.submitter);
  });
});

// A link that is followed before the answer arrives would open a page at the old progress, so it waits for the answer.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!pending.size || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  // If a request fails, its form is submitted again as a page, and the link is not followed.
  Promise.all(pending).then(() => location.assign(link.getAttribute("href")), () => {});
});

// The episodes that are behind may be more than the bar has room for: the one that is read is in sight.
function showStop() {
  const stop = document.querySelector(".travel [aria-current]");
  const row = stop?.closest("ol");
  if (row) row.scrollLeft = stop.parentElement.offsetLeft - row.offsetLeft - (row.clientWidth - stop.offsetWidth) / 2;
}
showStop();
document.addEventListener("page:shown", showStop);

// When somebody was here last is kept in this browser alone; a visit ends with hours without a page.
function noteVisit() {
  const [LAST, BEFORE, PAUSE] = ["rougedb.last", "rougedb.before", 12 * 60 * 60 * 1000];
  try {
    const last = localStorage.getItem(LAST);
    if (last && Date.now() - new Date(last) > PAUSE) localStorage.setItem(BEFORE, last);
    localStorage.setItem(LAST, new Date().toISOString());
  } catch {
    // A browser that keeps nothing tells nothing of a last visit.
  }
}
noteVisit();

// The question about the next episode closes as a menu does.
document.addEventListener("keydown", (event) => {
  const question = event.key === "Escape" && document.querySelector("details.step[open]");
  if (!question) return;
  question.open = false;
  question.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  const question = document.querySelector("details.step[open]");
  if (question && !question.contains(event.target)) question.open = false;
});

// A page from the back/forward cache may have been rendered at another progress: load it again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
