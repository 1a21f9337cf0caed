// Shows openapi.json. Nothing leaves this server, and a key that is typed in is forgotten with the page.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

SwaggerUIBundle({
    url: 'openapi.json',
    dom_id: '#contract',
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    docExpansion: 'list',
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
});
