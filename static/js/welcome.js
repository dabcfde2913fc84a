// What was published since the last visit, for whoever comes back after a while. When that was stays in this browser:
// page.js notes it, and the page of changes tells the rest, as far as its reader has watched.
const MOST_LINES = 3;
const BEFORE = "rougedb.before"; // when the visit before this one ended

async function welcome() {
  const section = document.getElementById("welcome");
  const before = localStorage.getItem(BEFORE);
  if (!section || !before) return;
  section.hidden = false; // at once, so that nothing moves when the lines arrive
  const response = await fetch(section.dataset.changes);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const since = new Date(before);
  const all = [...page.querySelectorAll(".published li[data-at]")];
  const fresh = all.filter((entry) => new Date(entry.dataset.at) > since);
  const day = since.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  const isMore = fresh.length === all.length && page.querySelector(".pages [rel=next]");
  const told = section.querySelector(".news");
  told.textContent = fresh.length
    ? `${fresh.length}${isMore ? " or more" : ""} ${fresh.length === 1 ? "change" : "changes"} since ${day}:`
    : `Nothing has changed since ${day} on the pages you know.`;
  section.querySelector("ul").replaceChildren(...fresh.slice(0, MOST_LINES).map((entry) => {
    const item = document.createElement("li");
    item.append(...document.adoptNode(entry.querySelector("p")).childNodes);
    return item;
  }));
}

function start() {
  welcome().catch(() => {
    const section = document.getElementById("welcome");
    if (section) section.hidden = true; // without storage, or without the page of changes
  });
}
start();
document.addEventListener("page:shown", start);
document.addEventListener("click", (event) => {
  if (!event.target.closest("#welcome .seen")) return;
  localStorage.removeItem(BEFORE);
  document.getElementById("welcome").hidden = true;
});
