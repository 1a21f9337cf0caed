#include "frontend/openid.h"

#include <iddawc.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared/base/progress.h"
#include "shared/http/fetch.h"

const char OPENID_DONE[] = "/sign-in/openid/done";
static const char DISCOVERY[] = "/.well-known/openid-configuration";
enum { BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING, LEEWAY_S = 60, FORM_BYTES = 8192 };

struct openid {
    const struct config *config;
    pthread_mutex_t lock; /* of what follows */
    json_t *provider;     /* its discovery document; NULL before it was fetched */
    json_t *keys;
    double fetched_s, failed_s; /* when that was last tried with each outcome */
};

/* ---- Life -------------------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

int openid_new(struct openid **out, const struct config *config, struct error *err)
{
    *out = NULL;
    if (!*config->oidc_issuer)
        return 0;
    if (!fetch_is_safe(config->oidc_issuer))
        return error_set(err, ERROR_INVALID,
                         "OIDC_ISSUER: \"%s\" is not an https:// address (http:// is for this machine only)",
                         config->oidc_issuer);
    if (!*config->oidc_client_id)
        return error_set(err, ERROR_INVALID, "OIDC_CLIENT_ID: set the id that the provider gave");
    if (!ends_with(config->oidc_redirect_url, OPENID_DONE))
        return error_set(err, ERROR_INVALID, "OIDC_REDIRECT_URL: set the dashboard's address with %s",
                         OPENID_DONE);
    struct openid *openid = calloc(1, sizeof *openid);
    if (!openid || i_global_init() != I_OK) {
        free(openid);
        return error_set(err, ERROR_INTERNAL, "no memory for the OpenID provider");
    }
    openid->config = config;
    openid->fetched_s = openid->failed_s = -1e9;
    pthread_mutex_init(&openid->lock, NULL);
    *out = openid;
    return 0;
}

void openid_free(struct openid *openid)
{
    if (!openid)
        return;
    json_decref(openid->provider);
    json_decref(openid->keys);
    pthread_mutex_destroy(&openid->lock);
    free(openid);
    i_global_close();
}

/* ---- The provider ------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int fetch_document(json_t **out, const char *address, struct error *err)
{
    long status = 0;
    const struct fetch fetch = {
        .address = address, .timeout_ms = OPENID_TIMEOUT_MS, .bytes = OPENID_ANSWER_BYTES};
    if (fetch_json(out, &status, &fetch, err))
        return -1;
    if (status == 200 && json_is_object(*out))
        return 0;
    json_decref(*out);
    return error_set(err, ERROR_UNAVAILABLE, "%s answers %ld without a JSON object", address, status);
}

static int fetch_provider(json_t **provider, json_t **keys, const struct config *config, struct error *err)
{
    char address[CONFIG_TEXT + sizeof DISCOVERY];
    size_t length = strlen(config->oidc_issuer);
    while (config->oidc_issuer[length - 1] == '/')
        length--;
    snprintf(address, sizeof address, "%.*s%s", (int)length, config->oidc_issuer, DISCOVERY);
    if (fetch_document(provider, address, err))
        return -1;
    int status =
        strcmp(text_of(*provider, "issuer"), config->oidc_issuer) == 0
            ? fetch_document(keys, text_of(*provider, "jwks_uri"), err)
            : error_set(err, ERROR_INVALID, "%s names the issuer \"%s\": OIDC_ISSUER must be exactly that",
                        address, text_of(*provider, "issuer"));
    if (status)
        json_decref(*provider);
    return status;
}

/* Fills `provider` and `keys`, which the caller releases, with what is known that is not older than
 * `oldest_s` seconds; fetches it otherwise. Who comes meanwhile waits for the same answer. */
static int know_provider(json_t **provider, json_t **keys, struct openid *openid, double oldest_s,
                         struct error *err)
{
    int status = 0;
    pthread_mutex_lock(&openid->lock);
    double now_s = progress_clock_s();
    if (now_s - openid->fetched_s > oldest_s) {
        json_t *fresh = NULL, *fresh_keys = NULL;
        if (now_s - openid->failed_s < OPENID_RETRY_S)
            status = error_set(err, ERROR_UNAVAILABLE, "%s failed a moment ago", openid->config->oidc_issuer);
        else
            status = fetch_provider(&fresh, &fresh_keys, openid->config, err);
        if (status == 0) {
            json_decref(openid->provider);
            json_decref(openid->keys);
            openid->provider = fresh;
            openid->keys = fresh_keys;
            openid->fetched_s = progress_clock_s();
        } else if (now_s - openid->failed_s >= OPENID_RETRY_S) {
            openid->failed_s = progress_clock_s();
        }
    }
    if (status == 0) {
        *provider = json_incref(openid->provider);
        *keys = json_incref(openid->keys);
    }
    pthread_mutex_unlock(&openid->lock);
    return status;
}

/* ---- Beginning --------------------------------------------------------------------------------------- */

static void make_secret(char out[OPENID_SECRET])
{
    unsigned char random[32];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(out, OPENID_SECRET, random, sizeof random, BASE64);
}

/* The caller releases it with i_clean_session. */
static int begin_session(struct _i_session *session, const struct openid *openid, const json_t *provider,
                         const struct openid_flow *flow, struct error *err)
{
    const struct config *config = openid->config;
    if (i_init_session(session) != I_OK)
        return error_set(err, ERROR_INTERNAL, "no memory to sign in");
    if (i_set_parameter_list(
            session, I_OPT_RESPONSE_TYPE, I_RESPONSE_TYPE_CODE, I_OPT_SCOPE, "openid profile email",
            I_OPT_ISSUER, config->oidc_issuer, I_OPT_CLIENT_ID, config->oidc_client_id, I_OPT_REDIRECT_URI,
            config->oidc_redirect_url, I_OPT_AUTH_ENDPOINT, text_of(provider, "authorization_endpoint"),
            I_OPT_TOKEN_ENDPOINT, text_of(provider, "token_endpoint"), I_OPT_AUTH_METHOD, I_AUTH_METHOD_GET,
            I_OPT_STATE, flow->state, I_OPT_NONCE, flow->nonce, I_OPT_PKCE_CODE_VERIFIER, flow->verifier,
            I_OPT_PKCE_METHOD, I_PKCE_METHOD_S256, I_OPT_NONE) == I_OK)
        return 0;
    i_clean_session(session);
    return error_set(err, ERROR_INVALID, "%s: its discovery document lacks an endpoint", config->oidc_issuer);
}

int openid_begin(struct openid_flow *flow, char address[OPENID_ADDRESS], struct openid *openid,
                 struct error *err)
{
    struct _i_session session;
    json_t *provider = NULL, *keys = NULL;
    make_secret(flow->state);
    make_secret(flow->nonce);
    make_secret(flow->verifier);
    if (know_provider(&provider, &keys, openid, OPENID_KEEP_S, err))
        return -1;
    int status = begin_session(&session, openid, provider, flow, err);
    if (status == 0) {
        const char *built = NULL;
        if (i_build_auth_url_get(&session) == I_OK)
            built = i_get_str_parameter(&session, I_OPT_REDIRECT_TO);
        if (!built || !fetch_is_safe(built) ||
            snprintf(address, OPENID_ADDRESS, "%s", built) >= OPENID_ADDRESS)
            status = error_set(err, ERROR_INVALID, "%s: its authorization_endpoint is no good address",
                               openid->config->oidc_issuer);
        i_clean_session(&session);
    }
    json_decref(provider);
    json_decref(keys);
    return status;
}

/* ---- Finishing --------------------------------------------------------------------------------------- */

static bool add_field(char *form, const char *name, const char *value)
{
    size_t length = strlen(form);
    char *encoded = ulfius_url_encode(value);
    int wrote =
        encoded ? snprintf(form + length, FORM_BYTES - length, "%s%s=%s", length ? "&" : "", name, encoded)
                : -1;
    o_free(encoded);
    return wrote >= 0 && (size_t)wrote < FORM_BYTES - length;
}

/* "Basic " and id and secret, each encoded as in a form first (RFC 6749, 2.3.1). */
static bool authorise(char *out, size_t size, const struct config *config)
{
    char both[2 * CONFIG_TEXT * 3 + 2];
    char *id = ulfius_url_encode(config->oidc_client_id);
    char *secret = ulfius_url_encode(config->oidc_client_secret);
    int length = id && secret ? snprintf(both, sizeof both, "%s:%s", id, secret) : -1;
    o_free(id);
    o_free(secret);
    if (length < 0 || sodium_base64_encoded_len((size_t)length, sodium_base64_VARIANT_ORIGINAL) + 6 > size)
        return false;
    memcpy(out, "Basic ", 7);
    sodium_bin2base64(out + 6, size - 6, (const unsigned char *)both, (size_t)length,
                      sodium_base64_VARIANT_ORIGINAL);
    return true;
}

/* With HTTP Basic, which is what a provider that says nothing takes, unless it takes the form only. */
static bool takes_secret_in_form(const json_t *provider)
{
    const json_t *methods = json_object_get(provider, "token_endpoint_auth_methods_supported");
    size_t i;
    json_t *method;
    bool form = false;
    json_array_foreach(methods, i, method)
    {
        const char *name = json_is_string(method) ? json_string_value(method) : "";
        if (strcmp(name, "client_secret_basic") == 0)
            return false;
        form = form || strcmp(name, "client_secret_post") == 0;
    }
    return form;
}

/* Says who we are: in the form, in `basic`, or without a secret by name alone. */
static bool add_credentials(char form[FORM_BYTES], char basic[FORM_BYTES], const struct config *config,
                            const json_t *provider)
{
    bool secret = *config->oidc_client_secret != '\0', in_form = takes_secret_in_form(provider);
    if (secret && !in_form)
        return authorise(basic, FORM_BYTES, config);
    return add_field(form, "client_id", config->oidc_client_id) &&
           (!secret || add_field(form, "client_secret", config->oidc_client_secret));
}

/* The provider's answer to the code. */
static int ask_for_token(json_t **out, const struct config *config, const json_t *provider,
                         const struct openid_flow *flow, const char *code, struct error *err)
{
    char form[FORM_BYTES] = "", basic[FORM_BYTES] = "";
    long status = 0;
    if (strlen(code) >= OPENID_CODE || !add_field(form, "grant_type", "authorization_code") ||
        !add_field(form, "code", code) || !add_field(form, "redirect_uri", config->oidc_redirect_url) ||
        !add_field(form, "code_verifier", flow->verifier) || !add_credentials(form, basic, config, provider))
        return error_set(err, ERROR_INVALID, "the provider's code is too long");
    const struct fetch fetch = {.address = text_of(provider, "token_endpoint"),
                                .form = form,
                                .authorisation = *basic ? basic : NULL,
                                .timeout_ms = OPENID_TIMEOUT_MS,
                                .bytes = OPENID_ANSWER_BYTES};
    int failed = fetch_json(out, &status, &fetch, err);
    sodium_memzero(basic, sizeof basic);
    sodium_memzero(form, sizeof form);
    if (failed)
        return -1;
    if (status == 200 && *text_of(*out, "id_token"))
        return 0;
    error_set(err, status >= 500 ? ERROR_UNAVAILABLE : ERROR_INVALID, "%s answers %ld, %s", fetch.address,
              status, *text_of(*out, "error") ? text_of(*out, "error") : "without an id_token");
    json_decref(*out);
    *out = NULL;
    return -1;
}

/* Signed with a key of the provider's own: a secret that both know proves less, and none nothing. */
static bool is_asymmetric(jwa_alg alg)
{
    return alg == R_JWA_ALG_RS256 || alg == R_JWA_ALG_RS384 || alg == R_JWA_ALG_RS512 ||
           alg == R_JWA_ALG_PS256 || alg == R_JWA_ALG_PS384 || alg == R_JWA_ALG_PS512 ||
           alg == R_JWA_ALG_ES256 || alg == R_JWA_ALG_ES384 || alg == R_JWA_ALG_ES512 ||
           alg == R_JWA_ALG_EDDSA;
}

/* The claims of a token that one of `keys` signed; NULL when none did. iddawc's own check knows no token for
 * several audiences. A key that the token itself brings along, or names an address of, counts for nothing. */
static json_t *read_claims(const char *token, const json_t *keys)
{
    jwt_t *jwt = NULL;
    jwks_t *known = NULL;
    jwk_t *key = NULL;
    json_t *claims = NULL;
    if (r_jwt_init(&jwt) != RHN_OK || r_jwks_init(&known) != RHN_OK ||
        r_jwks_import_from_json_t(known, (json_t *)keys) != RHN_OK ||
        r_jwt_parse(jwt, token, R_FLAG_IGNORE_REMOTE) != RHN_OK || !is_asymmetric(r_jwt_get_sign_alg(jwt)))
        goto done;
    const char *kid = r_jwt_get_header_str_value(jwt, "kid");
    if (kid)
        key = r_jwks_get_by_kid(known, kid);
    else if (r_jwks_size(known) == 1)
        key = r_jwks_get_at(known, 0);
    if (key && r_jwt_verify_signature(jwt, key, R_FLAG_IGNORE_REMOTE) == RHN_OK)
        claims = r_jwt_get_full_claims_json_t(jwt);
done:
    r_jwk_free(key);
    r_jwks_free(known);
    r_jwt_free(jwt);
    return claims;
}

static bool is_for(const json_t *claims, const char *client)
{
    const json_t *audience = json_object_get(claims, "aud"), *party = json_object_get(claims, "azp");
    size_t i;
    json_t *one;
    bool named = json_is_string(audience) && strcmp(json_string_value(audience), client) == 0;
    json_array_foreach(audience, i, one) named =
        named || (json_is_string(one) && strcmp(json_string_value(one), client) == 0);
    bool several = json_array_size(audience) > 1;
    if (party ? !json_is_string(party) || strcmp(json_string_value(party), client) != 0 : several)
        return false;
    return named;
}

/* OpenID Connect Core 1.0, 3.1.3.7; what is absent fails. */
static int check_claims(const json_t *claims, const struct config *config, const struct openid_flow *flow,
                        struct error *err)
{
    const json_t *expiry = json_object_get(claims, "exp"), *issued = json_object_get(claims, "iat");
    time_t now = time(NULL);
    if (strcmp(text_of(claims, "iss"), config->oidc_issuer) != 0)
        return error_set(err, ERROR_INVALID, "the id_token is of another issuer");
    if (!is_for(claims, config->oidc_client_id))
        return error_set(err, ERROR_INVALID, "the id_token is for another client");
    if (!json_is_integer(expiry) || json_integer_value(expiry) + LEEWAY_S <= now ||
        !json_is_integer(issued) || json_integer_value(issued) - LEEWAY_S > now)
        return error_set(err, ERROR_INVALID, "the id_token has expired or is not valid yet");
    if (strcmp(text_of(claims, "nonce"), flow->nonce) != 0)
        return error_set(err, ERROR_INVALID, "the id_token is not the answer to this signing in");
    if (!*text_of(claims, "sub"))
        return error_set(err, ERROR_INVALID, "the id_token names nobody");
    return 0;
}

/* ---- Name and role ----------------------------------------------------------------------------------- */

/* The claim at "realm_access.roles": itself, or through objects. */
static const json_t *find_claim(const json_t *claims, const char *path)
{
    const json_t *whole = json_object_get(claims, path);
    const char *dot = strchr(path, '.');
    if (whole || !dot)
        return whole;
    return find_claim(json_object_getn(claims, path, (size_t)(dot - path)), dot + 1);
}

/* Of several roles the one that may most. Other words in the claim are other programs' roles. */
static bool read_role(enum account_role *out, const json_t *claim)
{
    bool any = false;
    enum account_role role;
    size_t i;
    json_t *one;
    if (json_is_string(claim))
        return account_role_read(out, json_string_value(claim));
    json_array_foreach(claim, i, one) if (json_is_string(one) &&
                                          account_role_read(&role, json_string_value(one)) &&
                                          (!any || role > *out))
    {
        *out = role;
        any = true;
    }
    return any;
}

static int read_person(char login[ACCOUNT_LOGIN], enum account_role *role, const json_t *claims,
                       const struct config *config, struct error *err)
{
    const char *name = json_string_value(find_claim(claims, config->oidc_name_claim));
    if (!name || !account_login_fits(name))
        return error_set(err, ERROR_NOT_FOUND, "the claim %s is no name", config->oidc_name_claim);
    if (!read_role(role, find_claim(claims, config->oidc_role_claim)))
        return error_set(err, ERROR_NOT_FOUND, "the claim %s names no role", config->oidc_role_claim);
    snprintf(login, ACCOUNT_LOGIN, "%s", name);
    return 0;
}

int openid_finish(char login[ACCOUNT_LOGIN], enum account_role *role, struct openid *openid,
                  const struct openid_flow *flow, const char *code, struct error *err)
{
    json_t *provider = NULL, *keys = NULL, *answer = NULL, *claims = NULL;
    int status = -1;
    if (know_provider(&provider, &keys, openid, OPENID_KEEP_S, err) ||
        ask_for_token(&answer, openid->config, provider, flow, code, err))
        goto done;
    claims = read_claims(text_of(answer, "id_token"), keys);
    if (!claims) { /* the provider may have a new key */
        json_decref(provider);
        json_decref(keys);
        provider = keys = NULL;
        if (know_provider(&provider, &keys, openid, OPENID_RETRY_S, err))
            goto done;
        claims = read_claims(text_of(answer, "id_token"), keys);
    }
    if (!claims)
        error_set(err, ERROR_INVALID, "the id_token is not signed with a key of the provider");
    else if (check_claims(claims, openid->config, flow, err) == 0 &&
             read_person(login, role, claims, openid->config, err) == 0)
        status = 0;
done:
    json_decref(claims);
    json_decref(answer);
    json_decref(provider);
    json_decref(keys);
    return status;
}
