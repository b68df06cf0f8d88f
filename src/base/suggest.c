#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { WORD = 64, NEAR = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance; one row of the table at a time. */
static size_t distance(const char *a, const char *b)
{
    const size_t m = strlen(a), n = strlen(b);
    if (m >= WORD || n >= WORD)
        return WORD;
    size_t row[WORD];
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t swap = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(swap, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[n];
}

static const char *last_component(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

const char *suggest_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    /* short words: two slips in "name" make any word of four letters */
    size_t best = least(NEAR, strlen(word) / 3) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, names[i]);
        if (strcmp(last_component(word), last_component(names[i])) == 0)
            d = least(d, 1);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

bool suggest_key(const char *key, const char *where, const char *const *names, struct error *err)
{
    char list[512] = "";
    size_t count = 0;
    for (; names[count]; count++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", names[count]);
    }
    const char *nearest = suggest_nearest(key, names, count);
    if (nearest)
        return error_set(err, "unknown key '%.60s' %s (did you mean '%s'?); allowed: %s", key,
                         where, nearest, list);
    return error_set(err, "unknown key '%.60s' %s; allowed: %s", key, where, list);
}
