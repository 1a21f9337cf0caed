/* Databases for tests: a SQLite file in a folder of its own, or a new database on the PostgreSQL of
 * scripts/postgres.sh when that runs the test. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_DATABASE_H
#define CLAIRSCORE_TESTS_SUPPORT_DATABASE_H

#include <postgresql/libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

enum { TEST_DATABASE_URL = 512 };

struct test_database {
    char folder[TEMPORARY_FOLDER]; /* empty on PostgreSQL */
    char url[TEST_DATABASE_URL];
};

/* The address of the test server, or NULL when there is none. */
static inline const char *test_postgres(void)
{
    return getenv("POSTGRES_URL"); /* NOLINT(concurrency-mt-unsafe) */
}

/* Runs SQL on a database that the layer under test does not know of; ends the program when it cannot. */
static inline void test_postgres_run(const char *url, const char *sql)
{
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(connection));
        exit(2); /* NOLINT(concurrency-mt-unsafe) */
    }
    PQclear(result);
    PQfinish(connection);
}

/* A database that is empty, or not even there. */
static inline void test_database_make(struct test_database *out, bool postgres)
{
    static unsigned made;
    out->folder[0] = '\0';
    if (!postgres) {
        temporary_folder_make(out->folder);
        snprintf(out->url, sizeof out->url, "sqlite:%s/deeper/store.db", out->folder);
        return;
    }
    char sql[128];
    snprintf(out->url, sizeof out->url, "%s/postgres", test_postgres());
    snprintf(sql, sizeof sql, "CREATE DATABASE test_%d_%u", (int)getpid(), ++made);
    test_postgres_run(out->url, sql);
    snprintf(out->url, sizeof out->url, "%s/test_%d_%u", test_postgres(), (int)getpid(), made);
}

/* A database on PostgreSQL goes with its server. */
static inline void test_database_remove(const struct test_database *database)
{
    if (database->folder[0])
        temporary_folder_remove(database->folder);
}

#endif
