// Every page that somebody who has signed in can open, one address for each thing it can show.

/** The addresses, for a granted and a refused client ({client_id}) of the portfolio. */
export function pagesOf(granted, refused) {
    return [
        '/clients', '/clients?query=zz', '/clients/1', '/nothing', '/glossary', '/glossary?q=zzz', '/account',
        '/model', '/model/importance', '/model/dependence?feature=DAYS_BIRTH&by=CODE_GENDER', '/model/dependence?feature=OCCUPATION_TYPE&by=EXT_MEAN',
        '/model/dependence?feature=NO', '/model/performance', '/model/costs', '/model/costs?missed_cost=25&refused_cost=x',
        '/batches', '/batches/0123456789abcdef0123456789abcdef', '/monitoring', '/monitoring?of=scorings', '/monitoring?find=zzz', '/monitoring/drift/score',
        '/monitoring/drift/ORGANIZATION_TYPE',
        `/clients/${granted.client_id}`, `/clients/${refused.client_id}?top=25`,
        `/clients/${granted.client_id}/compare`,
        `/clients/${refused.client_id}/compare?group=similar&features=OCCUPATION_TYPE,EXT_SOURCE_1&x=ORGANIZATION_TYPE&y=NAME_EDUCATION_TYPE`,
        `/clients/${refused.client_id}/compare?group=nobody&features=nothing&x=x&y=x&band=1`,
        `/clients/${granted.client_id}/simulate`, `/clients/${refused.client_id}/simulate`,
        `/clients/${refused.client_id}/simulate?AMT_CREDIT=90000&EXT_SOURCE_1=0.9&DAYS_EMPLOYED.years=x&add=OWN_CAR_AGE,CODE_GENDER,FLAG_EMAIL`,
        `/clients/${granted.client_id}/decide`, `/clients/${refused.client_id}/decide?recorded=1`,
        `/clients/${refused.client_id}/letter`, `/clients/${refused.client_id}/letter?in=en&motive=1`, `/clients/1/letter`,
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
