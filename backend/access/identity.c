#include "backend/access/identity.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum scope scope;
    const char *name;
} scopes_known[] = {
    {SCOPE_SCORE, "score"},
    {SCOPE_READ, "read"},
    {SCOPE_DECIDE, "decide"},
    {SCOPE_OPERATE, "operate"},
};
enum { SCOPE_COUNT = sizeof scopes_known / sizeof *scopes_known };

/* Control characters would forge lines of a log or a record. */
static void clean(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++)
        if (*at < 0x20 || *at == 0x7f)
            *at = '?';
}

/* Takes away what is left of a UTF-8 character that was cut. */
static void trim_cut_character(char *text)
{
    size_t length = strlen(text), start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[--start];
    size_t needed = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length - start < needed)
        text[start] = '\0';
}

void identity_set(struct identity *out, enum identity_kind kind, unsigned scopes, const char *id,
                  const char *name)
{
    static const char *const prefixes[] = {[IDENTITY_ANYBODY] = "anybody",
                                           [IDENTITY_SETTING] = "setting:API_KEY",
                                           [IDENTITY_KEY] = "key:",
                                           [IDENTITY_TOKEN] = "token:"};
    static const char *const labels[] = {[IDENTITY_ANYBODY] = "anybody",
                                         [IDENTITY_SETTING] = "API_KEY",
                                         [IDENTITY_KEY] = "clsc_",
                                         [IDENTITY_TOKEN] = "token"};
    out->kind = kind;
    out->scopes = scopes;
    int length = snprintf(out->name, sizeof out->name, "%s%s%s%s", prefixes[kind], id ? id : "",
                          id ? ":" : "", name ? name : "");
    if (length >= (int)sizeof out->name)
        trim_cut_character(out->name);
    clean(out->name);
    snprintf(out->label, sizeof out->label, "%s%s", labels[kind], id ? id : "");
}

void scope_write(char out[SCOPE_TEXT], unsigned scopes, const char *separator)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (!(scopes & scopes_known[i].scope))
            continue;
        int wrote =
            snprintf(out + used, SCOPE_TEXT - used, "%s%s", used ? separator : "", scopes_known[i].name);
        if (wrote > 0 && (size_t)wrote < SCOPE_TEXT - used)
            used += (size_t)wrote;
    }
}

static unsigned find_scope(const char *name, size_t length)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++)
        if (strlen(scopes_known[i].name) == length && memcmp(scopes_known[i].name, name, length) == 0)
            return scopes_known[i].scope;
    return 0;
}

bool scope_read(unsigned *out, const char *text, bool strict, char unknown[SCOPE_TEXT])
{
    static const char between[] = " ,";
    *out = 0;
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t length = strcspn(text, between);
        unsigned scope = find_scope(text, length);
        if (!scope && strict) {
            snprintf(unknown, SCOPE_TEXT, "%.*s", (int)(length < SCOPE_TEXT ? length : SCOPE_TEXT - 1), text);
            return false;
        }
        *out |= scope;
        text += length;
    }
    return true;
}
