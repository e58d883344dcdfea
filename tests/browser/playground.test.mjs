// The playground as a person uses it, in Chromium, over the built package and under the headers that README recommends.
// The two journeys at the end come by nearly all of it, and are made on every change; the others by `npm run test:thorough`.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { buildIfStale } from "../../scripts/build.mjs";
import { serve } from "../../scripts/serve.mjs";
import { at, isThorough } from "../../scripts/tools.mjs";
import { launch, openPage } from "./helpers/chromium.mjs";

/**
 * @typedef {import("playwright-core").Page} Page
 * @typedef {import("playwright-core").FrameLocator} FrameLocator
 */

/** A test that `npm run test:thorough` makes. */
const seldom = (/** @type {string} */ name, /** @type {() => Promise<void>} */ journey) => test(name, { skip: !isThorough && "npm run test:thorough" }, journey);

const FIXTURES = at("tests/fixtures/flet");
const NARROW = { width: 360, height: 740 };

/** @type {Awaited<ReturnType<typeof serve>>} */
let server;
/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let opened;
/** @type {Page} */
let page;

before(async () => {
  await buildIfStale();
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  opened = await openPage(browser, server.url);
  page = opened.page;
  page.setDefaultTimeout(10_000);
});
afterEach(async () => {
  const { problems } = opened;
  await opened.context.close();
  assert.deepEqual(problems, [], "the page runs without an error in its console and without a CSP violation");
});

/** @param {string} name */
async function loadFixture(name) {
  await page.selectOption("#fixture", name);
  await page.click("text=Load and open");
}

/**
 * @param {string} key
 * @param {string} value
 * @param {Page | FrameLocator} view
 */
async function set(key, value, view = page) {
  await view.locator("#entry-key").fill(key);
  await view.locator("#entry-value").fill(value);
  await view.locator("#entry-form button[type=submit]").click();
}

/**
 * The row of an entry, by its key as the page shows it.
 * @param {string} key
 * @param {Page | FrameLocator} view
 */
function row(key, view = page) {
  const text = `:text-is(${JSON.stringify(key)})`;
  return view.locator(`#rows .row:has(h3${text}, h3 ${text})`);
}

/**
 * What the page shows as an entry's value, all of it.
 * @param {string} key
 */
async function valueOf(key) {
  const value = row(key).locator(".opened .value");
  const more = value.locator("button");
  if ((await more.count()) > 0) await more.click();
  const text = value.locator(".text");
  return (await text.count()) > 0 ? text.textContent() : value.textContent();
}

/** A text as the page shows it: what cannot be seen is written as in code. */
const shown = (/** @type {string} */ text) => text.replaceAll("\0", "\\0").replaceAll("\t", "\\t");

/** @param {string} code */
async function seesError(code) {
  const box = page.locator(".trouble");
  await box.locator(`.code:text-is("${code}")`).waitFor();
  return box;
}

/**
 * The error stands at this field, which refers to it.
 * @param {import("playwright-core").Locator} field
 * @param {string} code
 */
async function seesErrorAt(field, code) {
  const box = await seesError(code);
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  const text = await field.evaluate((field) => (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" "));
  assert.ok(text.includes((await box.locator(".trouble-message").textContent()) ?? "no text"), text);
  const [above, below] = await Promise.all([field.boundingBox(), box.boundingBox()]);
  assert.ok(above && below && below.y >= above.y && below.y - above.y - above.height < 30, "the error stands below the field");
}

/** Puts so many entries into a store that the device opens, by a handle of its own. */
async function fillStore(/** @type {number} */ count) {
  await page.evaluate(async (count) => {
    const { SecureStorage } = await import("/keyfold/index.js");
    const storage = await SecureStorage.open("my-app");
    await storage.setAll(Object.fromEntries(Array.from({ length: count }, (_, index) => [`entry ${String(index).padStart(4, "0")}`, "value"])));
    storage.close();
  }, count);
}

/** The names that the open question says would go. */
async function namesAskedAbout() {
  await page.locator("#ask[open]").waitFor();
  return page.locator("#ask-names li").allTextContents();
}

/** Opens a store of the flutter layout from the form. */
async function openFlutter() {
  await page.getByRole("radio", { name: "Flutter" }).check();
  await button("Open").click();
}

/**
 * Opens a sealed store, by a passphrase if one is given.
 * @param {string} [passphrase]
 */
async function openSealed(passphrase) {
  if (passphrase !== undefined) {
    await page.getByRole("radio", { name: "Passphrase" }).check();
    await page.getByRole("textbox", { name: "The passphrase" }).fill(passphrase);
  }
  await button("Open").click();
  await status("open: my-app, sealed");
}

/** @param {string} name  @param {Page | FrameLocator} view */
const button = (name, view = page) => view.getByRole("button", { name, exact: true });
/** @param {string} name  @param {Page | FrameLocator} view */
const textbox = (name, view = page) => view.getByRole("textbox", { name });

/** Waits until the status line says this, among more. */
const status = (/** @type {string} */ text) => page.locator(`#status:has-text("${text}")`).waitFor();

const records = () => page.getByRole("list", { name: "Records" }).getByRole("listitem");

/** Every record as the page shows it: its hidden name, and its bytes in hex. */
async function shownRecords() {
  const each = await records().all();
  return Promise.all(each.map(async (record) => ({ name: (await record.locator(".name").textContent()) ?? "", bytes: ((await record.locator(".raw").textContent()) ?? "").replaceAll(" ", "") })));
}

/** Waits until the page shows so many records. */
async function seesRecords(/** @type {number} */ count) {
  await page.waitForFunction((count) => document.querySelectorAll("#records .raw").length === count, count);
}

/** What the page says that a change of keys did to the stored bytes. */
async function outcome() {
  const group = page.getByRole("group", { name: "What it changed in storage" });
  await group.waitFor();
  return (await group.textContent()) ?? "";
}

/** The line of a worker. */
const worker = (/** @type {string} */ name) => page.getByRole("group", { name: `${name} worker` });

const stored = (/** @type {string} */ name) => page.evaluate((key) => localStorage.getItem(key), name);

/** Nothing makes the page wider than its window, and nothing is cut off at the side. */
async function assertFits() {
  for (const frame of page.frames()) {
    const tooWide = await frame.evaluate(() => {
      const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1);
      const page = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
      return [...page, ...wide.map((element) => `${element.localName}#${element.id}.${element.className}`)];
    });
    assert.deepEqual(tooWide, []);
  }
}

describe("fixtures", async () => {
  const names = (await readdir(FIXTURES)).filter((file) => file.endsWith(".json")).map((file) => file.replace(".json", ""));

  seldom("every fixture is offered", async () => {
    const offered = await page.locator("#fixture option").evaluateAll((options) => options.map((option) => option.getAttribute("value")));
    assert.deepEqual(offered.sort(), names.sort());
  });

  for (const name of names) {
    seldom(`${name} shows its secrets`, async () => {
      const { expect, web_options: options } = JSON.parse(await readFile(`${FIXTURES}/${name}.json`, "utf8"));
      await loadFixture(name);
      await row("token").waitFor();
      assert.equal(await page.locator("#rows .row:not(.row-key)").count(), Object.keys(expect).length);
      for (const [key, value] of Object.entries(expect)) {
        assert.equal(await valueOf(key || "empty name"), shown(value) || "empty text", key);
      }
      const badge = options.wrap_key ? "data key, wrapped" : "data key, in the clear";
      assert.equal(await page.textContent(".row-key .badge"), badge);
    });
  }

  seldom("one is not loaded over another without a yes", async () => {
    await loadFixture("plain_custom");
    await row("token").waitFor();
    await page.evaluate(() => localStorage.setItem("com.example.other", "mine"));
    const before = await stored("com.example.notes.token");

    await page.click("#another");
    await loadFixture("wrapped_iv12");
    const names = await namesAskedAbout();
    assert.ok(names.includes("com.example.notes.token"), names.join());
    assert.ok(!names.includes("com.example.other"));
    await page.click("text=Leave as it is");
    assert.equal(await stored("com.example.notes.token"), before);

    await page.click("text=Load and open");
    await page.click("text=Replace it");
    await page.locator('.row-key .badge:text-is("data key, wrapped")').waitFor();
    assert.notEqual(await stored("com.example.notes.token"), before);
    assert.equal(await stored("com.example.other"), "mine");
  });

  seldom("the same one again asks nothing", async () => {
    await loadFixture("plain_defaults");
    await row("token").waitFor();
    await page.click("#close");
    await page.click("text=Load and open");
    await row("token").waitFor();
  });
});

describe("errors are told with their code", () => {
  seldom("a wrong wrap key", async () => {
    await loadFixture("wrapped_iv12");
    await row("token").waitFor();
    await page.click("#close");
    await page.fill("#namespace", "com.example.notes");
    await page.getByRole("radio", { name: "Flutter" }).check();
    await page.click("#make-keys");
    await page.click("#open");
    await seesError("wrong-key");
    assert.equal(await page.textContent("#status"), "closed");
  });

  seldom("a wrap key that is none, at its field", async () => {
    await page.getByRole("radio", { name: "Flutter" }).check();
    await page.fill("#wrap-key", "too short");
    await page.fill("#wrap-key-iv", "AAAA");
    await page.click("#open");
    const box = await seesError("invalid-argument");
    assert.match((await box.textContent()) ?? "", /argument\s*wrapKey/);
    assert.equal(await page.getAttribute("#wrap-key", "aria-invalid"), "true");
  });

  seldom("a damaged character is corrupt, and its undo is well again", async () => {
    await loadFixture("plain_defaults");
    await row("token").waitFor();
    const before = await stored("FletSecureStorage.token");
    await row("token").getByRole("button", { name: "Damage one character" }).click();
    await row("token").locator('.fault .code:text-is("corrupt")').waitFor();
    assert.notEqual(await stored("FletSecureStorage.token"), before);

    await page.fill("#entry-key", "token");
    await page.click("#entry-get");
    assert.match((await (await seesError("corrupt")).textContent()) ?? "", /key\s*token/);
    await page.click("#verify");
    assert.match((await page.textContent("#report")) ?? "", /7 readable, 1 unreadable/);

    await row("token").getByRole("button", { name: "Undo the damage" }).click();
    await row("token").locator(".value").waitFor();
    assert.equal(await stored("FletSecureStorage.token"), before);
  });

  seldom("bytes that are not text are shown as bytes", async () => {
    await openFlutter();
    await page.check("#entry-hex");
    await set("bytes", "00 ff 10");
    await row("bytes").locator('.fault .code:text-is("not-text")').waitFor();
    assert.equal(await row("bytes").locator(".bytes").textContent(), "00 ff 10");
  });
});

describe("one store of the flutter layout", () => {
  seldom("set, get, contains, edit and remove", async () => {
    await openFlutter();
    await set("token", "s3cret");
    assert.equal(await valueOf("token"), "s3cret");
    await page.click("#entry-get");
    assert.equal(await page.textContent("#answer q"), "s3cret");
    await page.click("text=Contains?");
    await page.locator('#answer:has-text("true")').waitFor();

    await row("token").getByRole("button", { name: "Edit" }).click();
    await row("token").locator("textarea").fill("changed");
    await page.click("text=Save");
    await row("token").locator('.value:has-text("changed")').waitFor();

    await row("token").getByRole("button", { name: "Remove" }).click();
    await row("token").waitFor({ state: "detached" });
    assert.equal(await stored("my-app.token"), null);
    assert.notEqual(await stored("my-app"), null, "the data key stays");
  });

  seldom("clear and destroy name what goes, and leave a longer namespace alone", async () => {
    await page.fill("#namespace", "my-app.inner");
    await openFlutter();
    await set("token", "inner");
    await row("token").waitFor();
    await page.click("#close");
    await page.fill("#namespace", "my-app");
    await page.click("#open");
    await set("token", "outer");
    await row("token").waitFor();
    assert.match((await page.textContent("#others")) ?? "", /my-app\.inner\.token passed over/);

    await page.click("#clear");
    assert.deepEqual(await namesAskedAbout(), ["token"]);
    await page.keyboard.press("Escape");
    assert.notEqual(await stored("my-app.token"), null, "Escape clears nothing");
    await page.click("#clear");
    await page.click("#ask-yes");
    await row("token").waitFor({ state: "detached" });
    assert.notEqual(await stored("my-app"), null);

    await page.click("#destroy");
    assert.deepEqual(await namesAskedAbout(), ["my-app"]);
    await page.click("#ask-yes");
    await page.locator('.row-key .sealed:has-text("not there yet")').waitFor();
    assert.notEqual(await stored("my-app.inner.token"), null);
  });

  seldom("the keyboard is enough", async () => {
    await tabTo("namespace");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("typed");
    await tabTo("layout-sealed");
    await page.keyboard.press("ArrowRight");
    await tabTo("make-keys");
    await page.keyboard.press("Enter");
    await tabTo("open");
    await page.keyboard.press("Enter");
    await page.locator("#workspace").waitFor();
    await tabTo("entry-key");
    await page.keyboard.type("token");
    await tabTo("entry-value");
    await page.keyboard.type("s3cret");
    await page.keyboard.press("ControlOrMeta+Enter");
    await row("token").waitFor();
    assert.equal(await valueOf("token"), "s3cret");
    assert.equal(await page.textContent("#status"), "open: typed, data key wrapped");

    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("user");
    await tabTo("entry-value");
    await page.keyboard.press("ControlOrMeta+Enter");
    await row("user").waitFor();
    await row("token").getByRole("button", { name: "Remove" }).focus();
    await page.keyboard.press("Enter");
    await row("token").waitFor({ state: "detached" });
    assert.match((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) ?? "", /user/, "the focus goes on to the next row");
  });

  /** Presses Tab until the element with this id has the focus. */
  async function tabTo(/** @type {string} */ id) {
    for (let presses = 0; presses < 60; presses += 1) {
      if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab does not reach #${id}`);
  }
});

describe("a sealed store", () => {
  seldom("is what the first click opens, and nothing of it is readable in storage", async () => {
    await page.getByRole("region", { name: "One entry, in both layouts" }).waitFor();
    assert.equal(await page.locator("#snippet").textContent(), 'await SecureStorage.open("my-app")');
    await openSealed();
    assert.equal(await page.textContent("#status"), "open: my-app, sealed, Device");
    await button("Set three examples").click();
    await row("token").waitFor();
    assert.equal(await valueOf("token"), "s3cret");
    await seesRecords(3);
    for (const { name, bytes } of await shownRecords()) {
      assert.match(name, /^[0-9a-f]{64}$/);
      assert.match(bytes, /^01[0-9a-f]{90,}$/);
    }
    const raw = await page.evaluate(allBytes);
    assert.equal(raw.length, 2 * 3 + 1, "names, records and the ring");
    for (const text of raw) assert.doesNotMatch(text, /token|s3cret|Ada|today/);
    await page.getByRole("group", { name: "The key ring" }).getByText("not extractable · generation 1").waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);

    await page.click("#close");
    await openFlutter();
    await set("token", "s3cret");
    await row("token").waitFor();
    assert.equal(await row("token").locator(".sealed .name").textContent(), "my-app.token", "the contrast: a readable name");
    assert.equal(await page.getByRole("list", { name: "Records" }).count(), 0, "no records are shown with the flutter layout");
    assert.ok(await page.locator("#unlocks").isHidden());
    assert.ok(await button("Lock").isHidden());
  });

  seldom("set, edit, bytes, remove, clear and destroy", async () => {
    await openSealed();
    await set("token", "s3cret");
    await row("token").waitFor();
    const [before] = await shownRecords();
    await button("Edit token").click();
    await textbox("Value of token").fill("changed");
    await button("Save").click();
    await row("token").locator('.value:has-text("changed")').waitFor();
    const [after] = await shownRecords();
    assert.equal(after?.name, before?.name);
    assert.notEqual(after?.bytes, before?.bytes);

    await page.getByRole("checkbox", { name: "the value is bytes" }).check();
    await set("bytes", "00 ff 10");
    await row("bytes").locator('.fault .code:text-is("not-text")').waitFor();
    assert.equal(await row("bytes").locator(".bytes").textContent(), "00 ff 10");

    await button("Remove token").click();
    await row("token").waitFor({ state: "detached" });
    await seesRecords(1);
    await button("Clear…").click();
    assert.deepEqual(await namesAskedAbout(), ["bytes"]);
    await button("Clear").click();
    await records().getByText("No record yet").waitFor();
    await button("Destroy…").click();
    assert.deepEqual(await namesAskedAbout(), []);
    await button("Destroy").click();
    await page.getByText("Not there: this store was destroyed.").waitFor();
  });

  seldom("a passphrase opens it, another one and Device do not", async () => {
    await openSealed("correct horse");
    assert.equal(await page.textContent("#status"), "open: my-app, sealed, a passphrase");
    await set("token", "s3cret");
    await row("token").waitFor();
    assert.ok(!(await page.textContent("#log"))?.includes("correct horse"));
    await button("Close").click();

    await page.getByRole("radio", { name: "Device" }).check();
    await button("Open").click();
    await seesError("locked");
    await page.getByRole("region", { name: "Already in this browser" }).getByRole("button", { name: "my-app sealed, 1 entry, needs its passphrase" }).click();
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await seesError("wrong-key");
    await textbox("The passphrase").fill("");
    await page.keyboard.press("Enter");
    assert.match((await (await seesError("invalid-argument")).textContent()) ?? "", /argument\s*passphrase/);
    assert.equal(await textbox("The passphrase").getAttribute("aria-invalid"), "true");
    await textbox("The passphrase").fill("correct horse");
    await page.keyboard.press("Enter");
    await row("token").waitFor();
    assert.equal(await page.locator(".trouble").count(), 0);
  });

  seldom("what is wrong with a secret is told at its field", async () => {
    await page.evaluate(async () => {
      const { SecureStorage } = await import("/keyfold/index.js");
      (await SecureStorage.open("my-app", { unlock: { passphrase: "correct horse" } })).close();
    });
    await page.getByRole("radio", { name: "Passphrase" }).check();
    await textbox("The passphrase").fill("wrong");
    await button("Open").click();
    await seesErrorAt(textbox("The passphrase"), "wrong-key");
    await openSealed("correct horse");
    assert.equal(await page.locator("[aria-invalid], [aria-describedby~=trouble-message]").count(), 0);
    await button("Lock").click();
    await textbox("Passphrase").fill("wrong");
    await button("Unlock").click();
    await seesErrorAt(textbox("Passphrase"), "wrong-key");
    await button("Close").click();
    await page.getByRole("radio", { name: "Flutter" }).check();
    await page.fill("#wrap-key", "too short");
    await page.fill("#wrap-key-iv", "AAAA");
    await button("Open").click();
    await seesErrorAt(page.locator("#wrap-key"), "invalid-argument");
    assert.equal(await page.inputValue("#wrap-key"), "too short", "what is to be corrected stays");
    await page.click("#make-keys");
    await button("Open").click();
    await page.getByRole("checkbox", { name: "the value is bytes" }).check();
    await set("bytes", "0");
    await seesErrorAt(textbox("Value").first(), "invalid-argument");
  });

  seldom("a call that no field is to blame for tells its error in the form from which it was made", async () => {
    await openFlutter();
    await set("token", "s3cret");
    await row("token").waitFor();
    await page.evaluate(() => localStorage.setItem("my-app", "no key"));
    await button("Get").click();
    await page.locator('#entry-form .trouble .code:text-is("corrupt")').waitFor();
  });

  seldom("no secret stays in a field", async () => {
    const secrets = () => page.locator("[data-secret]").evaluateAll((fields) => fields.map((field) => ("value" in field && field.value) || field.textContent).join(""));
    const typed = async () => {
      await page.fill("#entry-key", "token");
      await button("Get").click();
      await page.locator('#answer:has-text("s3cret")').waitFor();
      await textbox("Value").first().fill("typed");
    };
    await openSealed("correct horse");
    assert.equal(await secrets(), "", "after open");
    await set("token", "s3cret");
    await row("token").waitFor();
    await page.waitForFunction(() => /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#entry-value"))?.value === "");

    await typed();
    await button("Add an unlock…").click();
    await button("Make new").last().click();
    await button("Lock").click();
    await status("locked: my-app");
    assert.equal(await secrets(), "", "after lock");
    await textbox("Passphrase").fill("wrong");
    await button("Unlock").click();
    await seesError("wrong-key");
    assert.equal(await secrets(), "", "after an error");
    await textbox("Passphrase").fill("correct horse");
    await button("Unlock").click();
    await row("token").waitFor();
    assert.equal(await secrets(), "", "after unlock");

    await typed();
    await button("Add an unlock…").click();
    await button("Make new").last().click();
    await page.evaluate(async () => {
      const { SecureStorage } = await import("/keyfold/index.js");
      const unlock = { passphrase: "correct horse" };
      const other = await SecureStorage.open("my-app", { unlock });
      await other.rotate();
      other.close();
    });
    await status("locked: my-app");
    assert.equal(await secrets(), "", "after a lock from elsewhere");
    await textbox("Passphrase").fill("correct horse");
    await button("Unlock").click();
    await row("token").waitFor();

    await typed();
    await button("Close").click();
    assert.equal(await secrets(), "", "after close");
    await openSealed("correct horse");
    await typed();
    await button("Destroy…").click();
    await button("Destroy").click();
    await page.getByText("Not there: this store was destroyed.").waitFor();
    assert.equal(await secrets(), "", "after destroy");
    await button("Close").click();
    await page.getByRole("radio", { name: "Flutter" }).check();
    await page.click("#make-keys");
    await button("Open").click();
    await status("open: my-app, data key wrapped");
    assert.equal(await secrets(), "", "after open with a wrap key");
  });

  seldom("the snippet follows the choice, with a name for the secret that is not typed yet", async () => {
    const snippet = () => page.locator("#snippet").textContent();
    await page.getByRole("radio", { name: "Passphrase" }).check();
    assert.equal(await snippet(), 'await SecureStorage.open("my-app", { unlock: { passphrase } })');
    await page.getByRole("radio", { name: "App key" }).check();
    assert.equal(await snippet(), 'await SecureStorage.open("my-app", { unlock: { appKey } })');
    await page.getByRole("radio", { name: "Device" }).check();
    assert.equal(await snippet(), 'await SecureStorage.open("my-app")');
  });

  seldom("three thousand entries: a few hundred are on the page, and a part of the name finds the others", async () => {
    await fillStore(3000);
    await button("Open").click();
    await page.getByText("Showing 200 of 3000").first().waitFor();
    const rows = page.locator("#rows > li");
    assert.equal(await rows.count(), 200);
    assert.equal(await records().count(), 200);
    assert.ok((await page.evaluate(() => document.querySelectorAll("*").length)) < 6000);
    assert.deepEqual(await page.locator("#rows h3").first().textContent(), "entry 0000");

    const filter = page.getByRole("searchbox", { name: "Show names that contain" });
    await filter.fill("299");
    await page.getByText("13 of 3000 match").waitFor();
    assert.deepEqual((await page.locator("#rows h3").allTextContents()).slice(0, 2), ["entry 0299", "entry 1299"]);
    await filter.fill("1");
    await page.getByText(/Showing 200 of \d+ that match, 3000 in all/).waitFor();
    await filter.fill("");
    await page.getByText("Showing 200 of 3000").first().waitFor();
    await button("Show more").click();
    await page.getByText("Showing 400 of 3000").waitFor();
    assert.equal(await rows.count(), 400);
    await button("Clear…").click();
    assert.equal((await namesAskedAbout()).at(-1), "and 2800 more");
  });

  seldom("three thousand changes at once are drawn a few times", async () => {
    await openSealed();
    await page.evaluate(() => {
      const drawn = { times: 0 };
      Object.assign(globalThis, { drawn });
      new MutationObserver(() => (drawn.times += 1)).observe(document.querySelector("#rows") ?? document, { childList: true });
      new MutationObserver(() => (drawn.times += 1)).observe(document.querySelector("#log") ?? document, { childList: true });
    });
    await fillStore(3000);
    await page.getByText("Showing 200 of 3000").first().waitFor();
    await page.locator("#log li").nth(199).waitFor();
    const { times } = await page.evaluate(() => /** @type {{ drawn: { times: number } }} */ (/** @type {unknown} */ (globalThis)).drawn);
    assert.ok(times < 30, `${times}`);
  });

  seldom("an app key that the page makes opens it again", async () => {
    await page.getByRole("radio", { name: "App key" }).check();
    await button("Make new").click();
    const appKey = await textbox("The app key").inputValue();
    assert.equal(await page.locator("#snippet").textContent(), 'await SecureStorage.open("my-app", { unlock: { appKey } })');
    await button("Open").click();
    await set("token", "s3cret");
    await row("token").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "my-app sealed, 1 entry, needs its app key" }).click();
    await textbox("The app key").fill(appKey);
    await button("Open").click();
    await row("token").waitFor();
  });

  seldom("a database of its own, and only if it is there", async () => {
    await page.getByText("More options").click();
    await textbox("dbName").fill("elsewhere");
    await page.getByRole("checkbox", { name: "only if the store exists" }).check();
    await button("Open").click();
    await seesError("key-missing");
    assert.ok(!(await page.evaluate(() => indexedDB.databases().then((all) => all.map(({ name }) => name)))).includes("keyfold"), "looking makes no database");
    await page.getByRole("checkbox", { name: "only if the store exists" }).uncheck();
    await openSealed();
    await page.getByText("in IndexedDB “elsewhere”").waitFor();
    await set("token", "s3cret");
    await seesRecords(1);
    await button("Close").click();
    await page.getByRole("combobox", { name: "Namespace" }).fill("second");
    await button("Open").click();
    await page.getByText("Other namespaces in the database: 1").click();
    await page.locator('#others-list li:has-text("my-app 1 entry")').waitFor();
  });

  seldom("a damaged byte is corrupt, whose entry it was is not told, and its undo is well again", async () => {
    await openSealed();
    await button("Set three examples").click();
    await row("user").waitFor();
    await seesRecords(3);
    const before = await shownRecords();
    await records().first().getByRole("button", { name: "Damage one byte" }).click();
    const lost = page.getByRole("list", { name: "Entries" }).getByRole("listitem").filter({ hasText: "An entry whose name is sealed with it" });
    await lost.locator('.code:text-is("corrupt")').waitFor();
    const third = page.locator("#rows h3.key").nth(2);
    await third.waitFor({ state: "detached" });
    await button("Verify").click();
    await page.locator('#report:has-text("2 readable, 1 unreadable")').waitFor();
    await records().first().getByRole("button", { name: "Undo the damage" }).click();
    await lost.waitFor({ state: "detached" });
    await third.waitFor();
    assert.deepEqual(await shownRecords(), before);
  });

  seldom("the keyboard is enough", async () => {
    await page.getByRole("radio", { name: "Device" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    await page.keyboard.type("correct horse");
    await page.keyboard.press("Enter");
    await status("open: my-app");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "store-name");
    await button("Lock").focus();
    await page.keyboard.press("Enter");
    await status("locked: my-app");
    await page.locator("#unlock-form input:focus").waitFor();
    await page.keyboard.type("correct horse");
    await page.keyboard.press("Enter");
    await status("open: my-app");
    await page.locator("#lock:focus").waitFor();
    await button("Add an unlock…").focus();
    await page.keyboard.press("Enter");
    await page.locator("#key-form input:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#rotate:focus").waitFor();
    assert.ok(await page.locator("#key-form").isHidden());
  });

  /** Every byte that IndexedDB holds of keyfold, as Latin-1 text. Runs in the page. */
  async function allBytes() {
    const request = indexedDB.open("keyfold");
    await new Promise((resolve) => (request.onsuccess = resolve));
    const transaction = request.result.transaction(["rings", "records"]);
    const [rings, names, values] = await Promise.all(
      [transaction.objectStore("rings").getAll(), transaction.objectStore("records").getAllKeys(), transaction.objectStore("records").getAll()].map(
        (each) => new Promise((resolve) => (each.onsuccess = () => resolve(each.result))),
      ),
    );
    request.result.close();
    const buffers = [...rings.map((/** @type {{ ring: ArrayBuffer }} */ { ring }) => ring), ...names.map((/** @type {[string, ArrayBuffer]} */ [, name]) => name), ...values];
    return buffers.map((buffer) => new TextDecoder("latin1").decode(buffer));
  }
});

describe("lock and unlock", () => {
  seldom("Device: calls are told, the records stay, and unlocking asks for nothing", async () => {
    await openSealed();
    await set("token", "s3cret");
    await row("token").waitFor();
    const before = await shownRecords();
    await button("Lock").click();
    await status("locked: my-app");
    assert.equal(await page.getByRole("list", { name: "Entries" }).getByRole("listitem").count(), 0);
    assert.deepEqual(await shownRecords(), before);
    await button("Get").click();
    assert.match((await (await seesError("locked")).textContent()) ?? "", /unlock/);
    await button("Unlock").click();
    await row("token").waitFor();
    await status("open: my-app, sealed, Device");
    assert.equal(await page.locator(".trouble").count(), 0);
  });

  seldom("a passphrase: a wrong one leaves it locked", async () => {
    await openSealed("correct horse");
    await set("token", "s3cret");
    await row("token").waitFor();
    await button("Lock").click();
    await page.getByRole("form", { name: "Unlock" }).waitFor();
    await textbox("Passphrase").fill("wrong");
    await button("Unlock").click();
    await seesError("wrong-key");
    await status("locked: my-app");
    await textbox("Passphrase").fill("correct horse");
    await button("Unlock").click();
    await row("token").waitFor();
  });
});

describe("what opens it", () => {
  const list = () => page.getByRole("list", { name: "What opens it" }).getByRole("listitem");

  seldom("Device becomes a passphrase, an app key is added, and the passphrase removed", async () => {
    await openSealed();
    await button("Set three examples").click();
    await seesRecords(3);
    const device = await shownRecords();
    assert.deepEqual(await list().locator("strong").allTextContents(), ["Device"]);

    await button("Change Device").click();
    await textbox("The passphrase").fill("correct horse");
    await button("Change").click();
    assert.match(await outcome(), /generation 1 → 2, \d+ → \d+ bytes.*→.*3 of 3 have another name and other bytes/);
    await page.getByText("Sealed again: 3 of 3").waitFor();
    const bar = page.getByRole("progressbar", { name: "Sealed again: 3 of 3" });
    assert.deepEqual(await bar.evaluate((bar) => [/** @type {HTMLProgressElement} */ (bar).value, /** @type {HTMLProgressElement} */ (bar).max]), [3, 3]);
    await status("open: my-app, sealed, a passphrase");
    const phrase = await shownRecords();
    for (const { name } of device) assert.ok(!phrase.some((record) => record.name === name));
    assert.equal(await valueOf("token"), "s3cret");

    await button("Add an unlock…").click();
    const form = page.getByRole("form", { name: "Change what opens it" });
    assert.equal(await form.getByRole("radio").count(), 1, "it has a passphrase already");
    await textbox("Label").fill("x".repeat(65));
    await form.getByRole("button", { name: "Make new" }).click();
    await button("Add").click();
    await seesError("invalid-argument");
    await form.getByRole("button", { name: "Make new" }).click();
    await textbox("Label").fill("recovery");
    await button("Add").click();
    assert.match(await outcome(), /generation 2 → 3.*3 of 3 have another name and other bytes/);
    assert.deepEqual(await list().locator("strong").allTextContents(), ["Passphrase", "App key"]);
    await list().getByText("recovery").waitFor();

    await list().first().getByRole("button", { name: "Remove" }).click();
    await button("Remove it").click();
    assert.match(await outcome(), /generation 3 → 4.*3 of 3/);
    assert.deepEqual(await list().locator("strong").allTextContents(), ["App key"]);
    assert.equal(await page.getByRole("button", { name: /^Remove the app key/ }).count(), 0, "the last one cannot be removed");

    await button("Lock").click();
    await page.getByRole("form", { name: "Unlock" }).getByRole("textbox", { name: "App key" }).waitFor();
  });

  seldom("rotation tells how far it is, and replaces every record", async () => {
    await openSealed();
    await page.evaluate(async () => {
      const { SecureStorage } = await import("/keyfold/index.js");
      const storage = await SecureStorage.open("my-app");
      await storage.setAll(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`entry ${index}`, "value"])));
      storage.close();
      const told = /** @type {string[]} */ ([]);
      Object.assign(globalThis, { told });
      const text = document.querySelector("#progress-text");
      if (text) new MutationObserver(() => told.push(text.textContent)).observe(text, { childList: true });
    });
    await seesRecords(200);
    await button("Rotate the keys").click();
    assert.match(await outcome(), /generation 1 → 2, \d+ → \d+ bytes.*200 of 200 have another name and other bytes/);
    const told = await page.evaluate(() => /** @type {{ told: string[] }} */ (/** @type {unknown} */ (globalThis)).told);
    assert.equal(told.at(-1), "Sealed again: 200 of 200");
    assert.ok(told.length > 1, told.join());
    await status("open: my-app, sealed, Device");
  });

  seldom("a rotation of many entries shows steps on the way", async () => {
    await fillStore(3000);
    await openSealed();
    await page.evaluate(() => {
      const told = /** @type {number[]} */ ([]);
      Object.assign(globalThis, { told });
      const look = () => {
        const bar = /** @type {HTMLProgressElement} */ (document.querySelector("#progress-bar"));
        if (bar.max === 3000 && bar.value !== told.at(-1)) told.push(bar.value);
        requestAnimationFrame(look);
      };
      look();
    });
    await button("Rotate the keys").click();
    assert.match(await outcome(), /generation 1 → 2.*3000 of 3000/);
    const told = await page.evaluate(() => /** @type {{ told: number[] }} */ (/** @type {unknown} */ (globalThis)).told);
    assert.deepEqual([told[0], told.at(-1)], [0, 3000]);
    assert.ok(told.length > 5, told.join());
    assert.deepEqual(told, told.toSorted((a, b) => a - b));
  });

  seldom("several unlocks: none is asked for when the keys are rotated", async () => {
    await openSealed("correct horse");
    await button("Add an unlock…").click();
    await textbox("The app key").last().fill(Buffer.alloc(32, 7).toString("base64"));
    await textbox("Label").fill("second");
    await button("Add").click();
    await page.getByRole("form", { name: "Change what opens it" }).waitFor({ state: "hidden" });
    await button("Rotate the keys").click();
    assert.match(await outcome(), /generation 2 → 3/);
    assert.ok(await page.locator("#key-form").isHidden());
    assert.deepEqual(await list().locator("strong").allTextContents(), ["Passphrase", "App key"]);
  });

  seldom("this device is remembered beside a passphrase, and forgotten", async () => {
    await openSealed("correct horse");
    await set("token", "s3cret");
    await row("token").waitFor();
    await button("Remember this device").click();
    assert.match(await outcome(), /generation 1 → 2/);
    assert.deepEqual(await list().locator("strong").allTextContents(), ["Device", "Passphrase"]);
    await status("open: my-app, sealed, Device");
    await page.getByText("data key, not extractable, and sealed to one unlock · generation 2").waitFor();
    assert.equal(await button("Remember this device").count(), 0);
    await page.reload();
    await page.getByRole("button", { name: "my-app sealed, 1 entry, Device" }).click();
    await row("token").waitFor();

    await button("Forget Device").click();
    await button("Forget it").click();
    assert.match(await outcome(), /generation 2 → 3/);
    await status("open: my-app, sealed, a passphrase");
    await button("Lock").click();
    await textbox("Passphrase").fill("correct horse");
    await button("Unlock").click();
    await row("token").waitFor();
  });
});

describe("moving a Flet app in", () => {
  seldom("one click imports it into a sealed store, and the source is cleared only after a yes", async () => {
    const { expect } = JSON.parse(await readFile(`${FIXTURES}/plain_defaults.json`, "utf8"));
    const count = Object.keys(expect).length;
    await button("Move into a sealed store").click();
    const report = page.locator("#report");
    await report.getByText(`${count} imported, 0 skipped, 0 unreadable`).waitFor();
    await report.getByText("FletSecureStorage.token").waitFor();
    await status("open: FletSecureStorage, sealed, Device");
    await row("token").waitFor();
    for (const [key, value] of Object.entries(expect)) assert.equal(await valueOf(key || "empty name"), shown(value) || "empty text", key);
    await seesRecords(count);

    await button("Clear the source…").click();
    assert.ok((await namesAskedAbout()).includes("FletSecureStorage.token"));
    await button("Leave as it is").click();
    assert.notEqual(await stored("FletSecureStorage.token"), null);
    await button("Clear the source…").click();
    await button("Clear the source").click();
    await report.getByText("only the data key").waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["FletSecureStorage"]);
    assert.equal(await valueOf("token"), shown(expect.token));
  });

  seldom("into the store that is open, whose own names are skipped and told", async () => {
    await openSealed();
    await set("token", "mine");
    await row("token").waitFor();
    await button("Import Flet data").click();
    await page.locator("#report").getByText("7 imported, 1 skipped, 0 unreadable").waitFor();
    await row("user.name").waitFor();
    assert.equal(await valueOf("token"), "mine");
    await status("open: my-app");
    await button("Dismiss").click();
    assert.ok(await page.locator("#report").isHidden());
  });
});

describe("workers", () => {
  const NAMES = ["Dedicated", "Shared", "Service"];

  seldom("all three see the store, are told of changes, and write", async () => {
    await openSealed();
    await set("token", "s3cret");
    await row("token").waitFor();
    await button("Start all three").click();
    for (const name of NAMES) await worker(name).getByText("1 entry, no change yet").waitFor();
    await set("user", "Ada");
    for (const name of NAMES) await worker(name).getByText(/2 entries, last: set user, elsewhere/).waitFor();
    for (const [index, name] of NAMES.entries()) {
      const key = `from the ${name.toLowerCase()} worker`;
      await button(`Write ${key}`).click();
      await row(key).waitFor();
      await page.locator(`#log .remote:has-text("${key}")`).waitFor();
      await worker(name).getByText(`${index + 3} entries, last: set ${key}, by itself`).waitFor();
      for (const other of NAMES.filter((each) => each !== name)) await worker(other).getByText(`${index + 3} entries, last: set ${key}, elsewhere`).waitFor();
    }
    await button("Rotate the keys").click();
    await outcome();
    await button("Remove user").click();
    for (const name of NAMES) await worker(name).getByText("4 entries, last: remove user, elsewhere").waitFor();

    const scopes = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname));
    assert.deepEqual(await scopes(), ["/workers/"], "no page is in its scope");
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
    await button("Stop them").click();
    assert.equal(await page.getByRole("group", { name: "worker" }).count(), 0);
    for (let tries = 0; (await scopes()).length > 0; tries += 1) assert.ok(tries < 50, "the service worker is unregistered");
  });

  seldom("a passphrase store is locked to each until it is given the passphrase", async () => {
    await openSealed("correct horse");
    await set("token", "s3cret");
    await button("Start all three").click();
    for (const name of NAMES) {
      await worker(name).locator('.code:text-is("locked")').waitFor();
      assert.ok(await worker(name).getByRole("button", { name: "Write" }).isDisabled());
    }
    for (const name of NAMES) {
      await button(`Give the ${name.toLowerCase()} worker the passphrase`).click();
      await worker(name).getByText("1 entry").waitFor();
    }
    await button("Write from the shared worker").click();
    await row("from the shared worker").waitFor();

    // A handle of its own stays open when the page locks its own.
    await button("Lock").click();
    await status("locked: my-app");
    await worker("Dedicated").getByText("2 entries").waitFor();
    await button("Stop them").click();
    await button("Start all three").click();
    await worker("Dedicated").getByText("unlock it here first").waitFor();
    await textbox("Passphrase").fill("correct horse");
    await button("Unlock").click();
    await button("Give the dedicated worker the passphrase").click();
    await worker("Dedicated").getByText("2 entries").waitFor();
  });
});

describe("two views follow each other", () => {
  seldom("beside one another", async () => {
    await loadFixture("wrapped_iv16_urlsafe");
    await page.click("#toggle-second");
    const beside = page.frameLocator("iframe");
    await row("token", beside).waitFor();

    await set("from here", "1");
    await row("from here", beside).waitFor();
    await set("from there", "2", beside);
    await row("from there").waitFor();
    assert.equal(await valueOf("from there"), "2");
    await page.locator('#log .remote:has-text("from there")').waitFor();
  });

  seldom("in a tab of its own, which is given the wrap key and not in its address", async () => {
    await page.getByRole("radio", { name: "Flutter" }).check();
    await page.click("#make-keys");
    const wrapKey = await page.inputValue("#wrap-key");
    await page.click("#open");
    const [tab] = await Promise.all([page.waitForEvent("popup"), page.click("#open-tab")]);
    await tab.locator('#status:has-text("open: my-app, data key wrapped")').waitFor();
    assert.ok(!decodeURIComponent(tab.url()).includes(wrapKey));

    await set("from here", "1");
    await row("from here", tab).waitFor();
    await set("from there", "2", tab);
    await row("from there").waitFor();
    await row("from there", tab).getByRole("button", { name: "Remove" }).click();
    await row("from there").waitFor({ state: "detached" });
    await page.locator('#log .remote:has(.kind-remove):has-text("from there")').waitFor();
  });
});

describe("two views of a sealed store", () => {
  seldom("beside one another", async () => {
    await openSealed();
    await button("Second view").click();
    const beside = page.frameLocator("iframe");
    await beside.locator("#entry-key").waitFor();
    await set("from here", "1");
    await row("from here", beside).waitFor();
    await set("from there", "2", beside);
    await row("from there").waitFor();
    await page.locator('#log .remote:has-text("from there")').waitFor();
  });

  seldom("in a tab of its own, which is given the passphrase, and sees new keys", async () => {
    await openSealed("correct horse");
    await set("token", "s3cret");
    await row("token").waitFor();
    const [tab] = await Promise.all([page.waitForEvent("popup"), button("Second tab").click()]);
    await tab.locator('#status:has-text("open: my-app, sealed, a passphrase")').waitFor();
    assert.ok(!decodeURIComponent(tab.url()).includes("horse"));
    await row("token", tab).waitFor();
    await set("from there", "2", tab);
    await row("from there").waitFor();

    await button("Rotate the keys").click();
    await outcome();
    await tab.locator('#status:has-text("locked: my-app")').waitFor();
    await textbox("Passphrase", tab).fill("correct horse");
    await button("Unlock", tab).click();
    await row("token", tab).waitFor();
  });
});

test("everything of a sealed store fits a narrow phone", async () => {
  await page.setViewportSize(NARROW);
  await page.getByRole("radio", { name: "App key" }).check();
  await button("Make new").click();
  await assertFits();
  await button("Open").click();
  await assertFits();
  assert.ok(await button("Destroy…").isHidden(), "a phone shows what is used often, and the rest in groups when asked");
  await button("More").click();
  for (const name of ["Views", "All entries", "Remove"]) await page.getByRole("group", { name, exact: true }).waitFor();
  await button("Import Flet data").click();
  await row("token").waitFor();
  await button("Start all three").click();
  await worker("Service").locator('.code:text-is("locked")').waitFor();
  await button("Rotate the keys").click();
  await outcome();
  await button("Add an unlock…").click();
  await records().first().getByRole("button", { name: "Damage one byte" }).click();
  await page.getByRole("heading", { name: "An entry whose name is sealed with it" }).waitFor();
  await assertFits();
  await textbox("Value").first().fill("typed");
  await button("Lock").click();
  await status("locked");
  assert.equal(await textbox("Value").first().inputValue(), "");
  await button("Get").click();
  await seesError("locked");
  await button("Open another").click();
  await assertFits();
});

test("everything fits a narrow phone", async () => {
  await page.setViewportSize(NARROW);
  await assertFits();
  await loadFixture("wrapped_iv12");
  await row("token").waitFor();
  await assertFits();
  await button("More").click();
  await page.click("#toggle-second");
  await row("token", page.frameLocator("iframe")).waitFor();
  await row("token").getByRole("button", { name: "Damage one character" }).click();
  await page.fill("#entry-key", "token");
  await page.click("#entry-get");
  await seesError("corrupt");
  await page.click("#verify");
  await page.click("#another");
  await assertFits();
});
