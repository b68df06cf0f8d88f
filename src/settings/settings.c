#include "settings/settings.h"

#include <string.h>

#include "base/mem.h"

struct settings_block {
    struct settings_block *before; /* owned */
    void *list;                    /* owned */
};

static void *take(struct settings_lists *lists, size_t count, size_t size, const char *what)
{
    struct settings_block *block = MEM_NEW(struct settings_block, 1);
    *block = (struct settings_block){.before = lists->last, .list = mem_alloc(count, size, what)};
    lists->last = block;
    return block->list;
}

const double *settings_keep_reals(struct settings_lists *lists, const double *value, size_t count)
{
    if (count == 0)
        return NULL;
    double *copy = take(lists, count, sizeof *copy, "numbers of an experiment");
    return memcpy(copy, value, count * sizeof *copy);
}

const char *settings_keep_text(struct settings_lists *lists, const char *text)
{
    const size_t bytes = strlen(text) + 1;
    return memcpy(take(lists, bytes, 1, "text of an experiment"), text, bytes);
}

struct layer_list *settings_new_layers(struct settings_lists *lists)
{
    return take(lists, 1, sizeof(struct layer_list), "layers of an experiment");
}

void settings_free_lists(struct settings_lists *lists)
{
    while (lists->last) {
        struct settings_block *block = lists->last;
        lists->last = block->before;
        mem_free(block->list);
        mem_free(block);
    }
}
