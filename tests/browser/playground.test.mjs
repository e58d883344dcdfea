// The playground as a person uses it, in Chromium, over the built package and under the headers that README recommends.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { buildIfStale } from "../../scripts/build.mjs";
import { serve } from "../../scripts/serve.mjs";
import { at } from "../../scripts/tools.mjs";
import { launch, openPage } from "./chromium.mjs";

/**
 * @typedef {import("playwright-core").Page} Page
 * @typedef {import("playwright-core").FrameLocator} FrameLocator
 */

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
  const box = page.locator("#trouble .trouble");
  await box.locator(`.code:text-is("${code}")`).waitFor();
  return box;
}

/** The names that the open question says would go. */
async function namesAskedAbout() {
  await page.locator("#ask[open]").waitFor();
  return page.locator("#ask-names li").allTextContents();
}

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

  test("every fixture is offered", async () => {
    const offered = await page.locator("#fixture option").evaluateAll((options) => options.map((option) => option.getAttribute("value")));
    assert.deepEqual(offered.sort(), names.sort());
  });

  for (const name of names) {
    test(`${name} shows its secrets`, async () => {
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

  test("one is not loaded over another without a yes", async () => {
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

  test("the same one again asks nothing", async () => {
    await loadFixture("plain_defaults");
    await row("token").waitFor();
    await page.click("#close");
    await page.click("text=Load and open");
    await row("token").waitFor();
  });
});

describe("errors are told with their code", () => {
  test("a wrong wrap key", async () => {
    await loadFixture("wrapped_iv12");
    await row("token").waitFor();
    await page.click("#close");
    await page.fill("#namespace", "com.example.notes");
    await page.click("#make-keys");
    await page.click("#open");
    await seesError("wrong-key");
    assert.equal(await page.textContent("#status"), "closed");
  });

  test("a wrap key that is none, at its field", async () => {
    await page.fill("#wrap-key", "too short");
    await page.fill("#wrap-key-iv", "AAAA");
    await page.click("#open");
    const box = await seesError("invalid-argument");
    assert.match((await box.textContent()) ?? "", /argument\s*wrapKey/);
    assert.equal(await page.getAttribute("#wrap-key", "aria-invalid"), "true");
  });

  test("a damaged character is corrupt, and its undo is well again", async () => {
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

  test("bytes that are not text are shown as bytes", async () => {
    await page.click("#open");
    await page.check("#entry-hex");
    await set("bytes", "00 ff 10");
    await row("bytes").locator('.fault .code:text-is("not-text")').waitFor();
    assert.equal(await row("bytes").locator(".bytes").textContent(), "00 ff 10");
  });
});

describe("one store", () => {
  test("set, get, contains, edit and remove", async () => {
    await page.click("#open");
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

  test("clear and destroy name what goes, and leave a longer namespace alone", async () => {
    await page.fill("#namespace", "my-app.inner");
    await page.click("#open");
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

  test("the keyboard is enough", async () => {
    await tabTo("namespace");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("typed");
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

describe("two views follow each other", () => {
  test("beside one another", async () => {
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

  test("in a tab of its own, which is given the wrap key and not in its address", async () => {
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

test("everything fits a narrow phone", async () => {
  await page.setViewportSize(NARROW);
  await assertFits();
  await loadFixture("wrapped_iv12");
  await row("token").waitFor();
  await assertFits();
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
