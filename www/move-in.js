// Moves what a Flet app stored into a sealed store: puts a fixture where the app would have put it, imports it, shows
// the report, and offers to clear the source.

/** @import { SecureStorage } from "/keyfold/index.js" */
/** @import { Fixture } from "./fixtures.js" */
import { SecureStorage as Storage } from "/keyfold/index.js";
import { ask } from "./ask.js";
import { button, byId, el, nameNodes, visible } from "./dom.js";
import { call } from "./log.js";
import { openCall } from "./open-form.js";
import { areaName, areaOf, rawEntries } from "./raw-flutter.js";
import { faultNode } from "./row-parts.js";

const notice = byId("report", HTMLElement);

/**
 * @param {Fixture} fixture that lies in its storage area
 * @param {SecureStorage} sealed
 */
export async function moveIn(fixture, sealed) {
  const choice = { namespace: fixture.namespace, options: { ...fixture.options, mustExist: true } };
  const source = await call(openCall(choice), () => Storage.open(choice.namespace, choice.options));
  if (source === undefined) return;
  const report = await call("sealed.importFrom(flet)", () => sealed.importFrom(source));
  if (report === undefined) return source.close();
  const { imported, skipped, unreadable } = report;
  const left = skipped.length + unreadable.length;
  notice.replaceChildren(
    el("h3", {}, "Moved in from ", el("code", {}, fixture.namespace)),
    el("p", {}, el("strong", {}, `${imported.length} imported, ${skipped.length} skipped, ${unreadable.length} unreadable`), left === 0 ? "." : ". Skipped names were already here. Skipped and unreadable entries are still only in the source."),
    ...unreadable.map(({ key = "", ...fault }) => el("div", {}, el("strong", { class: "key" }, ...nameNodes(key)), faultNode(fault))),
    sourceNode(fixture),
    el("div", { class: "buttons" }, button("Clear the source…", () => clearSource(fixture, source)), button("Dismiss", () => (notice.hidden = true))),
  );
  notice.hidden = false;
}

/** @param {Fixture} fixture  what still lies in the clear: names */
function sourceNode(fixture) {
  const names = namesOf(fixture);
  const area = areaName(areaOf(fixture.options));
  const words = names.length === 1 ? "only the data key" : "still the names, for anyone to read";
  return el("p", { class: "source", id: "source" }, `The source, in ${area}: ${words}: `, ...names.flatMap((name, index) => [...(index === 0 ? [] : [", "]), el("code", {}, ...visible(name))]));
}

/** @param {Fixture} fixture */
function namesOf({ namespace, options }) {
  return rawEntries(areaOf(options)).map(({ name }) => name).filter((name) => name === namespace || name.startsWith(`${namespace}.`));
}

/**
 * @param {Fixture} fixture
 * @param {SecureStorage} source
 */
async function clearSource(fixture, source) {
  const agreed = await ask({
    title: `Clear ${fixture.namespace} in ${areaName(areaOf(fixture.options))}?`,
    text: "This removes these entries of the Flet app. Its data key stays, and so does the sealed store:",
    names: namesOf(fixture).filter((name) => name !== fixture.namespace),
    action: "Clear the source",
  });
  if (!agreed) return;
  await call("flet.clear()", () => source.clear());
  byId("source", HTMLElement).replaceWith(sourceNode(fixture));
  notice.querySelector("button")?.remove();
  notice.querySelector("button")?.focus();
}
