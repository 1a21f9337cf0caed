// Every page that somebody who has signed in can open, one address for each thing it can show.

/** The addresses, for a granted and a refused client ({client_id}) of the portfolio. */
export function pagesOf(granted, refused) {
    return [
        '/clients', '/clients?query=zz', '/clients/1', '/nothing', '/glossary', '/glossary?q=zzz', '/account',
        '/batches', '/batches/0123456789abcdef0123456789abcdef', '/monitoring', '/monitoring?of=scorings', '/monitoring?find=zzz', '/monitoring/drift/score',
        '/monitoring/drift/ORGANIZATION_TYPE',
        `/clients/${granted.client_id}`, `/clients/${refused.client_id}?top=25`,
    ];
}

/** Waits until the page is still: fonts and pictures there, charts drawn, nothing asked for any more. */
export async function settle(page) {
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
}

/** Shows what is folded away. */
export async function unfold(page) {
    await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
    });
}
