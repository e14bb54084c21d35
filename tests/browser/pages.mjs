// Opens Buildbot's own pages in a real browser, looks at them, and says what it saw.
//
//   node pages.mjs FOLDER CHROMIUM URL      FOLDER holds node_modules/playwright-core and takes the screenshots
//
// Talks in lines of JSON: {"stage": NAME} when it waits for a line on its input, a report at the end.

import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [folder, executablePath, url] = process.argv.slice(2);
const { chromium } = createRequire(join(folder, "package.json"))("playwright-core");
const PATIENCE_MS = 60_000;

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const report = { requests: [], failed: [], errors: [], frames: { sent: [], received: [] }, seen: {} };

/** Lets the other side do something before we go on. */
async function stage(name) {
    say({ stage: name });
    await input.next();
}

function watch(page) {
    const path = (address) => address.replace(url, "");
    page.on("response", (answer) => {
        const line = `${answer.status()} ${path(answer.url())}`;
        report.requests.push(line);
        if (answer.status() >= 400) report.failed.push(line);
    });
    page.on("requestfailed", (request) => {
        // A page that is left takes its open requests with it.
        const why = request.failure()?.errorText ?? "";
        if (why !== "net::ERR_ABORTED") report.failed.push(`${why} ${path(request.url())}`);
    });
    page.on("pageerror", (error) => report.errors.push(String(error)));
    page.on("websocket", (socket) => {
        socket.on("framesent", (frame) => report.frames.sent.push(String(frame.payload)));
        socket.on("framereceived", (frame) => report.frames.received.push(String(frame.payload)));
        socket.on("socketerror", (error) => report.errors.push(`WebSocket: ${error}`));
    });
}

async function look(page, name, ...texts) {
    for (const text of texts) {
        try {
            await page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: PATIENCE_MS });
        } catch (error) {
            await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
            const shown = await page.locator("body").innerText();
            throw new Error(`${name}: ${text} does not show: ${shown}\n${JSON.stringify(report, null, 1)}`);
        }
    }
    report.seen[name] = await page.locator("body").innerText();
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

const profile = mkdtempSync(join(tmpdir(), "campanile-browser-"));
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
flags.push("--disable-component-update", "--disable-sync", "--no-proxy-server");
const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
    viewport: { width: 1280, height: 900 },
});
try {
    const page = await browser.newPage();
    watch(page);
    await page.goto(`${url}/`);
    await look(page, "home", "Welcome to buildbot");
    await page.goto(`${url}/#/builders`);
    await look(page, "builders", "linux", "windows");
    await page.goto(`${url}/#/builders/1/builds/1`);
    await look(page, "running", "compile", "building");
    await stage("running");
    await look(page, "live", "link objects", "linking");
    await stage("live");
    await look(page, "finished", "build successful", "SUCCESS");
    await page.goto(`${url}/#/builders/1`);
    await look(page, "builder", "build successful");
    for (const [name, ...texts] of [
        ["workers", "wrk"],
        ["changes", "ring"],
        ["masters", "master"],
        ["schedulers", "nightly"],
        ["pendingbuildrequests", "None"],
        ["projects", "Projects"],
        ["about", "Campanile"],
    ]) {
        await page.goto(`${url}/#/${name}`);
        await look(page, name, ...texts);
    }
    say(report);
} finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
}
process.exit(0);
