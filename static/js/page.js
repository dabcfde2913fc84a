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
  const update = () => {
    show(next);
    if (!response.redirected) scrollTo(0, 0); // the answer is a question, not the page that was shown before
  };
  if (!document.startViewTransition || reducedMotion.matches) update();
  else document.startViewTransition(update).ready.catch(() => {}); // an interrupted transition still shows the page
}

function show(next) {
  const focusedForm = document.activeElement?.closest("form")?.className;
  document.title = next.title;
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
  if (document.activeElement === document.body) restoreFocus(focusedForm);
  document.dispatchEvent(new CustomEvent("page:shown"));
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

function restoreFocus(focusedForm) {
  const main = document.querySelector("main");
  const themeButton = focusedForm === "theme" && document.querySelector(".theme [aria-pressed]");
  if (!themeButton) main.tabIndex = -1;
  (themeButton || main).focus({ preventScroll: true });
}

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

// A page from the back/forward cache may have been rendered at another progress: load it again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
