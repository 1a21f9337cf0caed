/* The dashboard's pages: one handler each, all declared here for the table of routes in frontend.c. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_H
#define CLAIRSCORE_FRONTEND_PAGES_H

#include "shared/http/server.h"

void home_show(struct http_exchange *exchange);              /* GET / */
void sign_in_show(struct http_exchange *exchange);           /* GET /sign-in?next= */
void sign_in_submit(struct http_exchange *exchange);         /* POST /sign-in */
void sign_in_openid_begin(struct http_exchange *exchange);   /* GET /sign-in/openid?next= */
void sign_in_openid_finish(struct http_exchange *exchange);  /* GET /sign-in/openid/done?code=&state= */
void account_show(struct http_exchange *exchange);           /* GET /account */
void glossary_show(struct http_exchange *exchange);          /* GET /glossary?q= */
void sign_out_submit(struct http_exchange *exchange);        /* POST /sign-out */
void clients_show(struct http_exchange *exchange);           /* GET /clients?query=&cursor= */
void client_show(struct http_exchange *exchange);            /* GET /clients/:id?top=&view=&group= */
void compare_show(struct http_exchange *exchange);           /* GET /clients/:id/compare?group=… */
void simulate_show(struct http_exchange *exchange);          /* GET /clients/:id/simulate?FIELD=&add= */
void decide_show(struct http_exchange *exchange);            /* GET /clients/:id/decide?recorded=&fresh= */
void decide_submit(struct http_exchange *exchange);          /* POST /clients/:id/decide */
void letter_show(struct http_exchange *exchange);            /* GET /clients/:id/letter?decision=&in= */
void model_show(struct http_exchange *exchange);             /* GET /model */
void model_importance_show(struct http_exchange *exchange);  /* GET /model/importance */
void model_dependence_show(struct http_exchange *exchange);  /* GET /model/dependence?feature=&by= */
void model_performance_show(struct http_exchange *exchange); /* GET /model/performance */
void model_costs_show(struct http_exchange *exchange);       /* GET /model/costs?missed_cost=&refused_cost= */
void health_show(struct http_exchange *exchange);            /* GET /health */
void static_file_show(struct http_exchange *exchange);       /* GET /static/:version/:folder/:name */
void batches_show(struct http_exchange *exchange);           /* GET /batches?cursor= */
void batch_upload_submit(struct http_exchange *exchange);    /* POST /batches?token=&key= */
void batch_show(struct http_exchange *exchange);             /* GET /batches/:id */
void batch_cancel_submit(struct http_exchange *exchange);    /* POST /batches/:id/cancel */
void batch_results_show(struct http_exchange *exchange);     /* GET /batches/:id/results?format= */
void monitoring_show(struct http_exchange *exchange);        /* GET /monitoring?of=&find=&show=&sort=&all= */
void monitoring_drift_show(struct http_exchange *exchange);  /* GET /monitoring/drift/:name?of= */

/* Lets who has signed in and has the rights of the route pass, and changes only from our own pages; sends
 * visitors to the sign-in page: the server's `authorise`. */
bool sign_in_required(struct http_exchange *exchange);

/* The page of a failure found before a handler ran: the server's `fail`. */
void failure_show(struct http_exchange *exchange, unsigned status, const char *detail);

#endif
