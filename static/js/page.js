// The small forms (progress, theme) without a new page: what they lead to takes the place of what is shown.
// Scripts that set something up in a page listen for `page:shown` on document.
const PARTS = ["main", "#progress", ".colophon"];
const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const sending = new Set(); // forms without an answer yet

async function follow(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const response = await fetch(form.action, { method: "POST", body, keepalive: true });
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (PARTS.some((part) => !next.querySelector(part))) throw new Error("not one of our pages");
  if (response.redirected) history.replaceState(null, "", response.url);
  const swap = () => {
    show(next);
    if (!response.redirected) scrollTo(0, 0); // a question, not the page they were on
  };
  if (!document.startViewTransition || stillness.matches) swap();
  else document.startViewTransition(swap).ready.catch(() => {}); // broken off, and shown all the same
}

function show(next) {
  const held = document.activeElement?.closest("form")?.className;
  document.title = next.title;
  const theme = next.documentElement.dataset.theme;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const sheet of next.head.querySelectorAll("link[rel=stylesheet], script[src]")) adopt(sheet);
  for (const part of PARTS) {
    document.querySelector(part).replaceWith(document.adoptNode(next.querySelector(part)));
  }
  document.querySelector(".offer")?.remove();
  const offer = next.querySelector(".offer");
  if (offer) document.querySelector("main").before(document.adoptNode(offer));
  if (document.activeElement === document.body) refocus(held);
  document.dispatchEvent(new CustomEvent("page:shown"));
}

// What the new page needs and this one has not loaded yet.
function adopt(element) {
  const attribute = element.localName === "link" ? "href" : "src";
  const address = element.getAttribute(attribute);
  if (document.head.querySelector(`${element.localName}[${attribute}="${CSS.escape(address)}"]`)) return;
  const own = document.createElement(element.localName);
  for (const { name, value } of element.attributes) own.setAttribute(name, value);
  document.head.append(own);
}

function refocus(held) {
  const main = document.querySelector("main");
  const again = held === "theme" && document.querySelector(".theme [aria-pressed]");
  if (!again) main.tabIndex = -1;
  (again || main).focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-in-place]")) return;
  event.preventDefault();
  const sent = follow(form, event.submitter);
  sending.add(sent);
  sent.finally(() => sending.delete(sent)).catch(() => {
    delete form.dataset.inPlace;
    form.requestSubmit(event.submitter);
  });
});

// A link followed before the answer is there would lead to a page at the progress before: it waits.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!sending.size || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  Promise.all(sending).then(() => location.assign(link.getAttribute("href")), () => {}); // else the form is sent anew, as a page
});

// A browser that kept the page would show it as it was at another progress.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
