// What browsers are sent is valid HTML, on every page in both languages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HtmlValidate } from 'html-validate';
import { openDashboard } from './support/dashboard.js';
import { pagesOf } from './support/pages.js';

const dashboard = await openDashboard();
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const validator = new HtmlValidate({
    root: true,
    extends: ['html-validate:standard', 'html-validate:document', 'html-validate:a11y'],
    rules: {
        'attr-quotes': ['error', { style: 'double' }],
        'no-trailing-whitespace': 'off', // of templates: costs nothing once compressed
        'long-title': 'off',
        'no-inline-style': 'error',
        'valid-id': ['error', { relaxed: true }], // ids of features begin as they like
        'prefer-native-element': ['error', { exclude: ['region'] }], // what scrolls by itself is no section of the text
        'require-sri': 'off', // all scripts are our own
        'tel-non-breaking': 'off', // long numbers here are amounts and ids
    },
});

/** What is wrong with a page, a line each. */
async function faultsOf(html, path) {
    const { results } = await validator.validateString(html);
    return results.flatMap(({ messages }) => messages).slice(0, 10).map(({ line, column, ruleId, message }) =>
        `${path} ${line}:${column} ${ruleId}: ${message} | ${html.split('\n')[line - 1].trim().slice(0, 120)}`);
}

for (const language of ['fr', 'en']) {
    test(`${language}: every page is valid HTML`, async () => {
        const page = await dashboard.enter({ language, scripts: false });
        const visitor = await dashboard.newPage({ language });
        const faults = await faultsOf(await (await visitor.request.get('/sign-in')).text(), '/sign-in');
        for (const path of pagesOf(granted, refused)) faults.push(...await faultsOf(await (await page.request.get(path)).text(), path));
        assert.deepEqual(faults, []);
    });
}
