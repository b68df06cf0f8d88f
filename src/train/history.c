#include "train/history.h"

#include <math.h>

#include "base/mem.h"

void history_create(struct history *history, size_t capacity)
{
    *history = (struct history){.capacity = capacity, .row = MEM_NEW(struct history_row, capacity)};
}

void history_destroy(struct history *history)
{
    mem_free(history->row);
    *history = (struct history){0};
}

struct history_row *history_append(struct history *history)
{
    struct history_row *row = &history->row[history->rows++];
    for (int c = 0; c < HISTORY_COLUMNS; c++)
        row->value[c] = NAN;
    return row;
}
