/* A backend that misbehaves as asked, on a free port of the loopback: the path says how. One thread a
 * connection; connections are kept open. Counts what it gets. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_FAKE_BACKEND_H
#define CLAIRSCORE_TESTS_SUPPORT_FAKE_BACKEND_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAKE_FEATURES "{\"features\": [{\"name\": \"B\", \"label\": \"b\"}, {\"name\": \"A\"}]}"

enum { FAKE_REQUEST = 8192, FAKE_CONNECTIONS = 64 };

struct fake_backend {
    int socket;
    unsigned port;
    pthread_t thread;
    atomic_uint connections, requests;
    atomic_uint failures_left; /* so many more requests fail as if no backend were there */
    atomic_bool closing;
    pthread_mutex_t lock; /* of what follows */
    char last[FAKE_REQUEST];
    pthread_t workers[FAKE_CONNECTIONS];
    int sockets[FAKE_CONNECTIONS];
    size_t worker_count;
    unsigned waiting; /* of the requests that wait for each other */
    pthread_cond_t met;
};

struct fake_connection {
    struct fake_backend *backend;
    int socket;
};

static inline void fake_send(int socket, const char *head, const char *body, size_t promised)
{
    char text[1024];
    int length =
        snprintf(text, sizeof text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head, promised, body);
    if (send(socket, text, (size_t)length, MSG_NOSIGNAL) < 0)
        perror("send");
}

/* Answers only when two requests are there at the same time. */
static inline void fake_meet(struct fake_backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    backend->waiting++;
    pthread_cond_broadcast(&backend->met);
    while (backend->waiting < 2 && !atomic_load(&backend->closing))
        pthread_cond_wait(&backend->met, &backend->lock);
    pthread_mutex_unlock(&backend->lock);
}

/* False: the connection is to be closed. */
static inline bool fake_answer(struct fake_backend *backend, int socket, const char *request)
{
    const char *path = strchr(request, ' ');
    path = path ? path + 1 : "";
    atomic_fetch_add(&backend->requests, 1);
    pthread_mutex_lock(&backend->lock);
    snprintf(backend->last, sizeof backend->last, "%s", request);
    pthread_mutex_unlock(&backend->lock);
    if (atomic_load(&backend->failures_left)) {
        atomic_fetch_sub(&backend->failures_left, 1);
        if (strncmp(path, "/gateway", 8) == 0)
            fake_send(socket, "503 Service Unavailable", "{}", 2);
        else if (strncmp(path, "/cut", 4) == 0)
            fake_send(socket, "200 OK", "{\"half\":", 1000);
        return strncmp(path, "/gateway", 8) == 0;
    }
    if (strncmp(path, "/hang", 5) == 0)
        return recv(socket, &(char){0}, 1, 0) > 0; /* until the caller has had enough */
    if (strncmp(path, "/meet", 5) == 0)
        fake_meet(backend);
    if (strncmp(path, "/500", 4) == 0)
        fake_send(socket, "500 Internal Server Error", "{}", 2);
    else if (strncmp(path, "/404", 4) == 0)
        fake_send(socket, "404 Not Found", "{}", 2);
    else if (strncmp(path, "/422", 4) == 0)
        fake_send(socket, "422 Unprocessable Content", "{\"status\":422}", 14);
    else if (strncmp(path, "/429", 4) == 0)
        fake_send(socket, "429 Too Many Requests", "{}", 2);
    else if (strncmp(path, "/html", 5) == 0)
        fake_send(socket, "200 OK", "<html></html>", 13);
    else if (strncmp(path, "/moved", 6) == 0)
        fake_send(socket, "302 Found\r\nLocation: /ok", "", 0);
    else if (strncmp(path, "/features", 9) == 0)
        fake_send(socket, "200 OK", FAKE_FEATURES, strlen(FAKE_FEATURES));
    else
        fake_send(socket, "200 OK", "{\"ok\":true}", 11);
    return true;
}

static inline void *fake_serve(void *context)
{
    struct fake_connection *connection = context;
    char request[FAKE_REQUEST];
    size_t length = 0;
    for (bool open = true; open;) {
        ssize_t got = recv(connection->socket, request + length, sizeof request - 1 - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
        request[length] = '\0';
        const char *end = strstr(request, "\r\n\r\n");
        const char *body = strcasestr(request, "Content-Length: ");
        size_t wanted = body ? strtoul(body + 16, NULL, 10) : 0;
        if (!end || length < (size_t)(end - request) + 4 + wanted)
            continue;
        open = fake_answer(connection->backend, connection->socket, request);
        length = 0;
    }
    shutdown(connection->socket, SHUT_RDWR);
    free(connection);
    return NULL;
}

static inline void *fake_accept(void *context)
{
    struct fake_backend *backend = context;
    for (;;) {
        int socket = accept(backend->socket, NULL, NULL);
        if (socket < 0)
            return NULL;
        atomic_fetch_add(&backend->connections, 1);
        struct fake_connection *connection = malloc(sizeof *connection);
        if (!connection || backend->worker_count == FAKE_CONNECTIONS)
            abort();
        *connection = (struct fake_connection){backend, socket};
        backend->sockets[backend->worker_count] = socket;
        pthread_create(&backend->workers[backend->worker_count++], NULL, fake_serve, connection);
    }
}

static inline void fake_backend_start(struct fake_backend *backend)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    memset(backend, 0, sizeof *backend);
    pthread_mutex_init(&backend->lock, NULL);
    pthread_cond_init(&backend->met, NULL);
    backend->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(backend->socket, (struct sockaddr *)&address, sizeof address) || listen(backend->socket, 64) ||
        getsockname(backend->socket, (struct sockaddr *)&address, &length)) {
        perror("fake backend");
        exit(2);
    }
    backend->port = ntohs(address.sin_port);
    pthread_create(&backend->thread, NULL, fake_accept, backend);
}

static inline void fake_backend_stop(struct fake_backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    atomic_store(&backend->closing, true);
    pthread_cond_broadcast(&backend->met);
    pthread_mutex_unlock(&backend->lock);
    shutdown(backend->socket, SHUT_RDWR);
    close(backend->socket);
    pthread_join(backend->thread, NULL);
    for (size_t i = 0; i < backend->worker_count; i++) {
        shutdown(backend->sockets[i], SHUT_RDWR);
        pthread_join(backend->workers[i], NULL);
        close(backend->sockets[i]);
    }
    pthread_cond_destroy(&backend->met);
    pthread_mutex_destroy(&backend->lock);
}

#endif
