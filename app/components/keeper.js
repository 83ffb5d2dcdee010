// Sees to it that nothing is lost: asks for a new page once the server was restarted, hands over what was typed just
// before a click on another page, and remembers this browser's session.

const ASK = 2500; // milliseconds between two questions whether the server is still the same
const LAST = "captions-session";
const keepers = new WeakMap();

async function runOfServer() {
  try {
    const answer = await fetch("/run-of-the-server", { cache: "no-store" });
    return answer.ok ? await answer.text() : "";
  } catch {
    return "";
  }
}

function makeKeeper(parent) {
  const keeper = { api: null, server: "", page: "", turn: 0 };
  keeper.offer = element("button", "tool wide", { type: "button", hidden: "" });
  keeper.offer.textContent = "Open my last photos again";
  keeper.offer.onclick = () => keeper.api.setTriggerValue("last", localStorage.getItem(LAST));
  parent.append(keeper.offer);
  keeper.timer = setInterval(async () => {
    const server = await runOfServer();
    if (!server) return;
    // Until the page is drawn by the new server, which then knows of the session; a message may be lost on the way.
    if (server !== keeper.server) keeper.api.setStateValue("back", (keeper.turn += 1));
  }, ASK);
  return keeper;
}

export default function (component) {
  const { data, parentElement } = component;
  let keeper = keepers.get(parentElement);
  if (!keeper) keepers.set(parentElement, (keeper = makeKeeper(parentElement)));
  keeper.api = component;
  keeper.server = data.run;
  const last = localStorage.getItem(LAST);
  if (data.full) localStorage.setItem(LAST, data.session);
  keeper.offer.hidden = data.full || !last || last === data.session || data.page !== "Suggest";
  if (keeper.page !== data.page) {
    keeper.page = data.page;
    const left = drafts.all();
    if (Object.keys(left).length) component.setStateValue("drafts", left);
  }
  return () => {
    if (!parentElement.isConnected) clearInterval(keeper.timer);
  };
}
