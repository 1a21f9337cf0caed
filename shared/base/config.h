/* Everything that can be set from outside: the environment, read once into one struct, and the
 * limits, each with its default in one list (config.c). */
#ifndef CLAIRSCORE_BASE_CONFIG_H
#define CLAIRSCORE_BASE_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"

enum { CONFIG_TEXT = 1024 };

struct config {
    char bind[64];                  /* BIND: address to listen on */
    unsigned port;                  /* PORT */
    char model_dir[PATH_MAX];       /* MODEL_DIR: folder of the model artifact */
    char database_url[CONFIG_TEXT]; /* DATABASE_URL: sqlite:PATH or postgres://… */
    char api_key[CONFIG_TEXT]; /* API_KEY: empty when none; the backend accepts it, the frontend sends it */
    char backend_url[CONFIG_TEXT];   /* BACKEND_URL: where the frontend finds the backend */
    char login[CONFIG_TEXT];         /* LOGIN: the dashboard's account */
    char password[CONFIG_TEXT];      /* PASSWORD of that account */
    char accounts_file[PATH_MAX];    /* ACCOUNTS_FILE: local accounts of the dashboard; empty: none */
    char oidc_issuer[CONFIG_TEXT];   /* OIDC_ISSUER: OpenID provider whose tokens are accepted; empty: none */
    char oidc_audience[CONFIG_TEXT]; /* OIDC_AUDIENCE: what such tokens must have as aud */
    char oidc_client_id[CONFIG_TEXT];     /* OIDC_CLIENT_ID: the dashboard's name there */
    char oidc_client_secret[CONFIG_TEXT]; /* OIDC_CLIENT_SECRET */
    char oidc_redirect_url[CONFIG_TEXT];  /* OIDC_REDIRECT_URL: where the provider sends people back to */
    char oidc_role_claim[CONFIG_TEXT];    /* OIDC_ROLE_CLAIM: of the id_token, with the role in it */
    char oidc_name_claim[CONFIG_TEXT];    /* OIDC_NAME_CLAIM: of the id_token, with the name in it */
    char session_key[CONFIG_TEXT]; /* SESSION_KEY: secret that seals session cookies, shared by replicas */
    char asset_dir[PATH_MAX];      /* ASSET_DIR: templates, locales and static files of the frontend */
    char letterhead[CONFIG_TEXT];  /* LETTERHEAD: lines at the head of letters, | between them; empty: none */
    bool cookie_secure;            /* COOKIE_SECURE=1: session cookie over HTTPS only */
    unsigned threads;              /* THREADS: of the server's pool */
    unsigned connections;          /* MAX_CONNECTIONS open at once */
    unsigned timeout_s;            /* REQUEST_TIMEOUT: seconds a connection may be idle or slow */
    size_t body_bytes;             /* MAX_BODY_BYTES of a request */
    unsigned instances;            /* MAX_INSTANCES of one /predict or /explain */
    unsigned page_size;            /* MAX_PAGE_SIZE: entries of one list answer */
    unsigned rate_limit;           /* RATE_LIMIT: requests a minute of one caller; 0: no limit */
    char batch_dir[PATH_MAX];      /* BATCH_DIR: where the files of a batch lie until they are in the store */
    unsigned batch_workers;        /* BATCH_WORKERS: threads that score batches */
    size_t batch_bytes;            /* MAX_BATCH_BYTES of one batch */
    unsigned batch_rows;           /* MAX_BATCH_ROWS of one batch */
    unsigned batches;              /* MAX_BATCHES that are not finished */
    unsigned batch_keep_days;      /* BATCH_KEEP_DAYS: how long results stay */
    unsigned backend_timeout_ms;   /* BACKEND_TIMEOUT_MS: deadline of one call to the backend */
};

/* Which program reads: the two servers differ in default port and pool size. */
enum config_program { CONFIG_BACKEND, CONFIG_FRONTEND };

/* Fills `out` from the environment and the defaults. ERROR_INVALID names the variable, its value and
 * what would be right; then nothing in `out` is to be used. */
int config_read(struct config *out, enum config_program program, struct error *err);

/* Prints every variable with default and meaning to standard output (for --help). */
void config_print_help(enum config_program program);

#endif
